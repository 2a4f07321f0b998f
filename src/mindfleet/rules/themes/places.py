"""Where somebody lives, comes from, has been and will go."""

import re
from collections.abc import Iterator

from mindfleet.rules.clauses import Clause, before_second_verb
from mindfleet.rules.lexicon import head_known, words
from mindfleet.rules.people import is_given_name, mentions
from mindfleet.rules.phrase import phrase
from mindfleet.rules.statement import Statement
from mindfleet.rules.themes.facts import Rules, fact, happening, lasting, now, still


def place(text: str) -> str | None:
    """The place that `text` begins with: a proper name, or one known in lower case."""
    text = re.sub(r"^(?:the )?(?:city|town|village|state|country|island|suburbs|outskirts|middle|heart|centre|center) of ", "", text)
    text = re.sub(r"^(?:beautiful|sunny|rainy|good old|downtown|central|lovely|cold|northern|southern|eastern|western) ", "", text)
    match = _PROPER.match(text)
    if match:
        found = match.group()
        first = found.split()[0].lower()
        if first in _NOT_PLACES or (is_given_name(first) and found.lower() not in words("places")):
            return None
        return found if not found.isupper() or found.lower() in words("places") else None
    tokens = re.split(r"[^\w. ]", text, maxsplit=1)[0].lower().split()
    for length in (4, 3, 2, 1):
        candidate = " ".join(tokens[:length])
        if candidate in words("places") and candidate not in {"us", "nice", "split", "la"}:
            return " ".join(text.split()[:length])
    return None


def _live(clause: Clause) -> Iterator[Statement]:
    rest = before_second_verb(clause)
    match = re.match(r"(?:\w+ly |here |out |abroad |alone |together )?(?:in|near|outside|at)\s+(.+)", rest)
    if match:
        where = place(match[1])
        dwelling = _dwelling(match[1])
        nested = re.search(r"\b(?:in|near|outside)\s+((?:the )?[A-Z].+)", match[1])
        if where is None and nested:
            where = place(nested[1])
        if where:
            yield from lasting(clause, "LIVES_IN", [where])
        elif dwelling is None and (area := _AREA.match(match[1])):
            yield from lasting(clause, "LIVES_IN", [area["area"]])
        if dwelling and still(clause):
            yield from lasting(clause, "HAS_HOME", [dwelling])
    yield from _with(clause, rest)
    on = re.match(r"on (?:a|an|the) (.+)", rest)
    if on and (dwelling := _dwelling(on[1])):
        yield from lasting(clause, "HAS_HOME", [dwelling])


def _with(clause: Clause, rest: str) -> Iterator[Statement]:
    match = re.search(r"\bwith (?P<who>(?:my|our|his|her|two|three|four) .+|[A-Z]\w+.*)", rest)
    if not match or not clause.about_user:
        return
    found = mentions(match["who"])
    names = [name for mention in found for name in mention.names]
    plain = [m.noun + "s" * (m.plural and m.noun != "child") for m in found if not m.names]
    family = re.match(r"my (parents|family|grandparents|folks|in-laws)\b", match["who"])
    first = match["who"].split()[0].strip(",.")
    yield from lasting(clause, "LIVES_WITH", [*names, *plain, *([family[1]] if family else [])])
    if is_given_name(first) and first[0].isupper():
        yield from lasting(clause, "LIVES_WITH", [first])


def _move(clause: Clause) -> Iterator[Statement]:
    rest = before_second_verb(clause)
    head = clause.head
    match = re.match(r"(?:[\w ]{0,20}?)?(?:\b(?:to|into)\b)\s+(.+)", rest)
    if not match or head.negated or head.modal:
        return
    where = place(match[1])
    since = clause.when.first if clause.when else None
    if head.tense in {"past", "perfect"} and not head.progressive:
        if where:
            yield fact(clause, "LIVES_IN", where, since=since)
        elif dwelling := _dwelling(match[1]):
            yield fact(clause, "HAS_HOME", dwelling, since=since)
    elif where and (head.progressive or head.tense == "future") and clause.about_user:
        yield fact(clause, "PLANS_TO", f"move to {where}", since=since)


def _from(clause: Clause) -> Iterator[Statement]:
    """I am from, I come from, I was born in, I am based in."""
    rest, tense = clause.rest, clause.head.tense
    match = re.match(r"(?:\w+ly )?from ([A-Z].+|\w+.*)", rest)
    if match and now(clause) and (where := place(match[1])) and "originally" not in clause.head.adverbs:
        yield fact(clause, "COMES_FROM", where)
    elif match and (where := place(match[1])) and still(clause) is not None:
        yield fact(clause, "COMES_FROM", where)
    born = re.match(r"born (?:and raised )?(?:\| )?(?:in|at|near) (.+)", rest)
    if born and not clause.head.negated and (where := place(born[1])):
        yield fact(clause, "BORN_IN", where)
    based = re.match(r"(?:based|living|located) in (.+)", rest)
    if based and tense == "present" and now(clause) and (where := place(based[1])):
        yield fact(clause, "LIVES_IN", where)


def _grow(clause: Clause) -> Iterator[Statement]:
    match = re.match(r"up (?:mostly |partly )?(?:in|on|near|outside) (.+)", clause.rest)
    if match and clause.head.tense in {"past", "perfect"} and not clause.head.negated and (where := _nested(match[1])):
        yield fact(clause, "COMES_FROM", where)


def _come(clause: Clause) -> Iterator[Statement]:
    if clause.head.tense == "present" and not clause.head.progressive:
        yield from _from(clause)


def _visit(clause: Clause) -> Iterator[Statement]:
    where = place(clause.rest)
    if not where:
        return
    if clause.head.tense in {"past", "perfect"} and not clause.head.progressive:
        yield from happening(clause, "VISITED", [where])
    elif clause.head.progressive or clause.head.tense == "future":
        yield from happening(clause, "TRAVELS_TO", [where])


def _go(clause: Clause) -> Iterator[Statement]:
    match = re.match(r"(?:on (?:a |my |our )?(?:\w+ )?(?:trip|vacation|holiday|honeymoon) |back |over |down |up |out |off )?(?:to|in) (.+)", clause.rest)
    if match and (where := place(match[1])):
        yield from _visit_of(clause, where)


def _been(clause: Clause) -> Iterator[Statement]:
    match = re.match(r"(?:\w+ )?to ([A-Z].+|the [A-Z].+)", clause.rest)
    if match and clause.head.tense == "perfect" and not clause.head.negated and (where := place(match[1])):
        yield fact(clause, "VISITED", where, since=clause.when.first if clause.when and clause.when.kind == "point" else None)
    trip = re.match(r"(?:off|flying|heading|travell?ing|going) to (.+)", clause.rest)
    if trip and clause.head.tense == "present" and (where := place(trip[1])):
        yield from happening(clause, "TRAVELS_TO", [where])


def _visit_of(clause: Clause, where: str) -> Iterator[Statement]:
    head = clause.head
    if head.tense in {"past", "perfect"} and not head.progressive:
        yield from happening(clause, "VISITED", [where])
    elif head.progressive and head.tense == "present" or head.tense == "future":
        yield from happening(clause, "TRAVELS_TO", [where])


def _dwelling(text: str) -> str | None:
    found = phrase(text, longest=4)
    return found if found and head_known(found, "homes") and not found[0].isupper() else None


def _nested(text: str) -> str | None:
    found = place(text)
    inner = re.search(r"\b(?:in|near|outside|of)\s+((?:the )?[A-Z].+)", text)
    return found or (place(inner[1]) if inner else None)


_PROPER = re.compile(
    r"(?:the )?(?:[A-Z][\w'.-]*[\w])(?:(?: (?:of|de|la|del|do|da|upon|am|an der|the|los|las))? [A-Z][\w'-]+| City| \d+)*"
    r"(?:, [A-Z][\w-]+(?: [A-Z][\w-]+)?)?"
)
_NOT_PLACES = frozenset(
    "i monday tuesday wednesday thursday friday saturday sunday january february march april may june july august september"
    " october november december god english spanish french german instagram facebook youtube twitter tiktok reddit discord zoom"
    " netflix slack whatsapp heaven hell mom mum dad grandma grandpa ikea mcdonald's starbucks walmart target costco".split()
)
_AREA = re.compile(
    r"(?:a |an |the )?(?P<area>(?:(?:small|tiny|big|quiet|little|remote|coastal|rural|busy|large|college|mountain|fishing|beach) )*"
    r"(?:town|village|city|countryside|suburbs|suburb|island|mountains|city centre|city center|downtown))\b(?! (?:of|called|named))"
)

BY_VERB: Rules = {
    "live": (_live,), "reside": (_live,), "move": (_move,), "relocate": (_move,), "settle": (_live,),
    "be": (_from, _been), "come": (_come,), "grow": (_grow,), "visit": (_visit,), "explore": (_visit,),
    "go": (_go,), "travel": (_go,), "fly": (_go,), "drive": (_go,), "head": (_go,), "leave": (), "tour": (_visit,),
}  # fmt: skip
