"""Businesses, projects, and help without pay."""

import re
from collections.abc import Iterator

from mindfleet.rules.clauses import Clause
from mindfleet.rules.lexicon import head_known
from mindfleet.rules.phrase import phrase
from mindfleet.rules.statement import Statement
from mindfleet.rules.themes.facts import Rules, day, done, fact, lasting, now
from mindfleet.rules.themes.work import PROPER


def _business(clause: Clause) -> Iterator[Statement]:
    """I run a bakery; we opened a coffee shop last month; I have my own studio."""
    match = re.match(
        r"(?:an?|my|our|the|two|three) (?P<own>own )?(?:little |small |new |very own )*(?P<what>.+)", clause.complement
    )
    found = phrase(match["what"], keep="of for", longest=5) if match else None
    if not match or not found or not head_known(re.split(r" (?:of|for) ", found)[0], "businesses"):
        return
    lemma = clause.head.lemma
    if lemma in {"open", "start", "launch", "found"}:
        if done(clause):
            yield fact(clause, "OWNS_BUSINESS", found, since=day(clause))
    elif lemma in {"run", "own"} or match["own"]:
        yield from lasting(clause, "OWNS_BUSINESS", [found])


def _project(clause: Clause) -> Iterator[Statement]:
    """I am working on a novel; I am writing a book."""
    text = clause.complement
    if clause.head.lemma in {"run", "host"}:
        match = re.match(
            r"(?:an?|my|our) (?P<what>[\w -]*(?:blog|podcast|newsletter|youtube channel|channel))\b",
            text,
            re.IGNORECASE,
        )
        if match and clause.head.tense == "present" and (run := phrase(match["what"])):
            yield from lasting(clause, "WORKS_ON", [run])
        return
    if clause.head.lemma == "work":
        match = re.match(r"on (?P<what>(?:an?|my|our|the) .+)", text)
        text = match["what"] if match else ""
    found = phrase(text, keep="of about on for", longest=7) if re.match(r"(?:an?|my|our|the) ", text) else None
    if (
        found
        and clause.head.progressive
        and now(clause)
        and head_known(re.split(r" (?:of|about|on|for) ", found)[0], "projects")
    ):
        yield from lasting(clause, "WORKS_ON", [re.sub(r"^(?:first|new|next|second|latest) ", "", found)])


def _volunteer(clause: Clause) -> Iterator[Statement]:
    lead = "out (?:at|with|in) " if clause.head.lemma == "help" else r"(?:\w+ly |as [\w ]+? )?(?:at|for|with|in) "
    match = re.match(rf"{lead}(?P<where>.+)", clause.complement)
    found = phrase(match["where"], keep="of for", longest=6) if match else None
    if not match or not found or (clause.head.tense == "past" and not clause.head.ended):
        return
    if head_known(found, "causes") or PROPER.match(match["where"]):
        yield from lasting(clause, "VOLUNTEERS_AT", [found])


BY_VERB: Rules = {
    "run": (_business, _project), "host": (_project,), "own": (_business,), "open": (_business,),
    "launch": (_business,), "found": (_business,),
    "start": (_business,), "have": (_business,), "work": (_project,), "write": (_project,), "finish": (_project,),
    "make": (_project,),
    "create": (_project,), "build": (_project,), "record": (_project,), "volunteer": (_volunteer,),
    "help": (_volunteer,),
}  # fmt: skip
