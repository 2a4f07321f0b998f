"""What is owned, driven and used."""

import re
from collections.abc import Iterator

from mindfleet.rules.clauses import Clause
from mindfleet.rules.lexicon import alternatives, head_known, known
from mindfleet.rules.phrase import phrase, phrases
from mindfleet.rules.statement import Statement
from mindfleet.rules.subjects import USER
from mindfleet.rules.themes.facts import Rules, day, done, ended_on, fact, lasting, now


def _own(clause: Clause) -> Iterator[Statement]:
    """I own a sailboat; I bought a house last year; I have a motorcycle."""
    got = clause.head.lemma in {"buy", "get", "inherit", "purchase"}
    rest = clause.complement
    if (
        not clause.about_being
        or (got and not done(clause))
        or not re.match(r"(?:an?|my|two|three|four|several|some|\d+|our|one) ", rest)
    ):
        return
    for item in phrases(rest, longest=5):
        thing = _NEW.sub("", item)
        home = head_known(thing, "homes") and clause.head.lemma in {"own", "buy", "purchase", "inherit"}
        branded = clause.head.lemma == "own" and thing[0].isupper() and len(thing.split()) > 1
        if not (home or branded or head_known(thing, "valuables", "vehicles", "instruments")) or known(
            thing, "animals"
        ):
            continue
        if got:
            yield fact(clause, "OWNS", thing, since=day(clause))
        else:
            yield from lasting(clause, "OWNS", [thing])


def _my_car(clause: Clause) -> Iterator[Statement]:
    """My car is a Toyota Corolla; I am a Linux user."""
    match = re.match(r"an? (?P<what>[^|]+)", clause.complement)
    found = phrase(match["what"], longest=4) if match and now(clause) else None
    if found and clause.subject.thing and clause.subject.name.lower() == "car" and _is_vehicle(found):
        yield fact(clause, "DRIVES", found, subject=USER)
    tool = found.removesuffix(" user") if found and found.endswith(" user") and clause.about_user else None
    if tool and _TOOL.fullmatch(tool):
        yield fact(clause, "USES", tool)


def _sell(clause: Clause) -> Iterator[Statement]:
    """I sold my car."""
    match = re.match(r"(?:my|our) (?P<what>[^|]+)", clause.complement)
    found = phrase(match["what"], longest=4) if match else None
    if found and done(clause) and head_known(_NEW.sub("", found), "valuables", "vehicles", "instruments"):
        yield fact(clause, "OWNS", _NEW.sub("", found), holds=False, until=ended_on(clause))


def _drive(clause: Clause) -> Iterator[Statement]:
    head = clause.head
    match = re.match(r"(?:an?|my) (?P<what>[^|]+)", clause.rest)
    found = phrase(match["what"], longest=5) if match else None
    if found and clause.about_being and not head.progressive and head.tense != "past" and _is_vehicle(found):
        yield from lasting(clause, "DRIVES", [found])


def _is_vehicle(found: str) -> bool:
    return any(known(word, "vehicles") for word in found.split()) or head_known(found, "vehicles")


def _use(clause: Clause) -> Iterator[Statement]:
    coding = re.match(r"in (?P<what>.+)", clause.complement) if clause.head.lemma in {"code", "program"} else None
    language = phrase(coding["what"], longest=2) if coding else None
    if language and now(clause) and _TOOL.fullmatch(language):
        yield fact(clause, "USES", language)
    elif clause.about_user and clause.head.tense != "past" and clause.head.lemma == "use":
        used = phrases(re.split(r"\b(?:to|for|as|at|when)\b", clause.complement, maxsplit=1)[0], longest=3)
        yield from lasting(clause, "USES", [item for item in used if _TOOL.fullmatch(item)])


_NEW = re.compile(
    r"^(?:(?:new|used|second-hand|secondhand|brand[- ]new|old|first|own|beautiful|small|little|nice|really|lovely"
    r"|huge|big) )+"
)
_TOOL = re.compile(alternatives("tools"))

BY_VERB: Rules = {
    "own": (_own,), "be": (_my_car,), "have": (_own,), "buy": (_own,), "get": (_own,), "inherit": (_own,),
    "purchase": (_own,),
    "drive": (_drive,),
    "ride": (_drive,), "use": (_use,), "code": (_use,), "program": (_use,), "sell": (_sell,),
}  # fmt: skip
