"""Where somebody lives, comes from, has been and will go."""

import re
from collections.abc import Iterator

from mindfleet.rules.clauses import Clause
from mindfleet.rules.lexicon import head_known, pattern, words
from mindfleet.rules.people import NAME, is_given_name, kind_of, mentions
from mindfleet.rules.phrase import phrase, phrases
from mindfleet.rules.statement import Statement
from mindfleet.rules.subjects import USER
from mindfleet.rules.themes.facts import Rules, ahead, day, denied, done, ended_on, fact, happening, lasting, now, still


def place(text: str) -> str | None:
    """The place that `text` begins with: a proper name, or one known in lower case."""
    text = _WRAPPING.sub("", text)
    match = _PROPER.match(text)
    return _proper(match.group()) if match else _lower_case(text)


def inner_place(text: str) -> str | None:
    """The place that `text` begins with, or the one it lies in ("a small town near Munich")."""
    found = place(text)
    nested = _NESTED.search(text)
    return found or (place(nested["where"]) if nested else None)


def _proper(name: str) -> str | None:
    first, whole = name.split(maxsplit=1)[0].lower(), name.lower()
    listed = whole in words("places")
    if first in words("not_places") or (is_given_name(first) and not listed):
        return None
    return name if listed or not name.isupper() else None


def _lower_case(text: str) -> str | None:
    tokens = re.split(r"[^\w. ]", text, maxsplit=1)[0].split()
    for length in (4, 3, 2, 1):
        candidate = " ".join(tokens[:length])
        if candidate.lower() in words("places") and candidate.lower() not in _WORDS_TOO:
            return candidate
    return None


def _live(clause: Clause) -> Iterator[Statement]:
    rest = clause.complement
    match = _LIVING.match(rest)
    if match:
        dwelling = _dwelling(match["where"])
        where = inner_place(match["where"])
        area = pattern("areas").match(re.sub(r"^(?:an?|the) ", "", match["where"]))
        if where or (area and not dwelling):
            yield from lasting(clause, "LIVES_IN", [where or (area.group() if area else "")])
        if dwelling:
            yield from lasting(clause, "HAS_HOME", [dwelling])
    afloat = re.match(r"on (?:an?|the) (.+)", rest)
    if afloat and (dwelling := _dwelling(afloat[1])):
        yield from lasting(clause, "HAS_HOME", [dwelling])
    yield from _live_with(clause, rest)


def _live_with(clause: Clause, rest: str) -> Iterator[Statement]:
    match = re.search(r"\bwith (?P<who>(?:my|our|two|three|four) .+|[A-Z]\w+.*)", rest)
    if not match or not clause.about_user:
        return
    with_whom: list[str] = []
    for mention in mentions(match["who"]):
        with_whom += mention.names or (mention.noun + "s" * (mention.plural and mention.noun != "child"),)
    if family := re.match(r"my (parents|family|grandparents|folks|in-laws)\b", match["who"]):
        with_whom.append(family[1])
    if re.match(r"(?:two|three|four) ", match["who"]):
        with_whom += [item for item in phrases(match["who"], longest=3) if kind_of(item.split()[-1])]
    first = re.split(r"[\s,.]", match["who"], maxsplit=1)[0]
    if first[:1].isupper() and is_given_name(first):
        with_whom.append(first)
    yield from lasting(clause, "LIVES_WITH", with_whom)


def _move(clause: Clause) -> Iterator[Statement]:
    match = re.match(r"(?:[\w ]{0,20}?\b)?(?:to|into)\s+(?P<where>.+)", clause.complement)
    left = re.match(r"(?:here |away |back )?from (?P<where>[^|]+)", clause.complement)
    where = place(match["where"]) if match else None
    if done(clause) and where:
        yield fact(clause, "LIVES_IN", where, since=day(clause))
    elif done(clause) and match and (dwelling := _dwelling(match["where"])):
        yield fact(clause, "HAS_HOME", dwelling, since=day(clause))
    elif done(clause) and left and (origin := place(left["where"])):
        yield fact(clause, "LIVES_IN", origin, holds=False, until=ended_on(clause))
    elif ahead(clause) and where and clause.about_user:
        yield fact(clause, "PLANS_TO", f"move to {where}", since=day(clause))


def _from(clause: Clause) -> Iterator[Statement]:
    """I am from Oslo; I was born in Oslo; I am based in Oslo."""
    match = re.match(r"(?:\w+ly )?from (?P<where>.+)", clause.rest)
    where = (inner_place if match and _SMALL_TOWN.match(match["where"]) else place)(match["where"]) if match else None
    if where and still(clause) is not None:
        yield fact(clause, "COMES_FROM", where)
    raised = re.match(r"raised in (?P<where>.+)", clause.rest)
    if raised and not denied(clause) and (where := inner_place(raised["where"])):
        yield fact(clause, "COMES_FROM", where)
    born = re.match(r"born (?:and raised )?(?:\| )?(?:in|at|near) (?P<where>.+)", clause.rest)
    if born and not denied(clause) and (where := inner_place(born["where"])):
        yield fact(clause, "BORN_IN", where)
    based = re.match(r"(?:based|located) in (?P<where>.+)", clause.rest)
    if based and now(clause) and (where := place(based["where"])):
        yield fact(clause, "LIVES_IN", where)


def _come(clause: Clause) -> Iterator[Statement]:
    if clause.head.tense == "present" and not clause.head.progressive:
        yield from _from(clause)


def _grow(clause: Clause) -> Iterator[Statement]:
    match = re.match(r"up (?:mostly |partly )?(?:in|on|near|outside) (?P<where>.+)", clause.rest)
    if match and done(clause) and (where := inner_place(match["where"])):
        yield fact(clause, "COMES_FROM", where)


def _home_country(clause: Clause) -> Iterator[Statement]:
    """As in "… back in my home country, Peru"; "my hometown is Oslo"."""
    match = _HOME.search(clause.text)
    if match and (where := place(match["where"])):
        yield fact(clause, "COMES_FROM", where, subject=USER)


def _my_place(clause: Clause) -> Iterator[Statement]:
    """My home is in Vermont; my flight to Delhi is tomorrow."""
    home = re.match(r"in (?P<where>.+)", clause.complement) if clause.subject.name.lower() == "home" else None
    if home and clause.subject.thing and now(clause) and (where := place(home["where"])):
        yield fact(clause, "LIVES_IN", where, subject=USER)
    trip = re.match(r"(?:flight|trip|train|vacation|holiday|journey) to (?P<where>.+)", clause.subject.name)
    dated = clause.when is not None and clause.when.first >= clause.said_on
    if trip and clause.subject.thing and dated and (where := place(trip["where"])):
        yield fact(clause, "TRAVELS_TO", where, subject=USER, since=day(clause))


def _move_in(clause: Clause) -> Iterator[Statement]:
    """I am moving in with my boyfriend; I moved out of my parents' house."""
    out = re.match(r"out of (?:my|our) (?P<whose>parents|family|mom|dad)\b", clause.complement)
    if out and done(clause):
        yield fact(clause, "LIVES_WITH", out["whose"], holds=False, until=ended_on(clause))
    together = re.match(rf"in with (?P<who>(?:my [a-z]+|{NAME}))(?=$|[ ,|])", clause.complement)
    if together and done(clause):
        yield fact(clause, "LIVES_WITH", together["who"].removeprefix("my "), since=day(clause))
    elif together and ahead(clause) and clause.about_user:
        yield fact(clause, "PLANS_TO", f"move in with {together['who']}", since=day(clause))


def _look_forward(clause: Clause) -> Iterator[Statement]:
    """I look forward to our trip to Iceland; I can't wait to visit Peru in July; I am leaving for Australia."""
    rest, lemma = clause.complement, clause.head.lemma
    match = {
        "look": re.match(r"forward to (?:my|our) (?:\w+ )?(?:trip|vacation|holiday|visit) to (?P<where>.+)", rest),
        "wait": re.match(r"to (?:visit|go to|travel to|fly to|see|explore) (?P<where>[A-Z].+)", rest),
        "leave": re.match(r"for (?P<where>[A-Z].+)", rest),
    }.get(lemma)
    where = place(match["where"]) if match else None
    eager = lemma == "wait" and clause.head.negated and clause.head.modal == "can" and clause.when is not None
    if where and (eager or (lemma != "wait" and clause.head.progressive and now(clause))):
        yield fact(clause, "TRAVELS_TO", where, since=day(clause))


def _stay(clause: Clause) -> Iterator[Statement]:
    """I was in Paris last summer; I will be in Oslo next week."""
    match = re.match(r"(?:\| )?in (?P<where>.+)", clause.complement)
    where = place(match["where"]) if match else None
    predicate = {"past": "VISITED", "future": "TRAVELS_TO"}.get(clause.head.tense)
    if where and predicate and clause.when and clause.when.kind == "point" and not denied(clause):
        yield fact(clause, predicate, where, since=day(clause))


def _spend(clause: Clause) -> Iterator[Statement]:
    """I spent a week in Rome."""
    match = re.match(r"(?:(?:an?|two|three|\d|some|my|the|our) [\w |]{2,25}?|\|) in (?P<where>.+)", clause.complement)
    where = place(match["where"]) if match else None
    young = re.match(r"(?:most of )?my (?:childhood|youth|early years)", clause.complement) is not None
    if where and done(clause):
        yield fact(clause, "COMES_FROM" if young else "VISITED", where, since=None if young else day(clause))


def _return(clause: Clause) -> Iterator[Statement]:
    """I just got back from Italy; I returned from Italy."""
    match = re.match(r"(?:just )?(?P<back>back )?from (?P<where>.+)", clause.complement)
    where = place(match["where"]) if match else None
    if match and where and (match["back"] or clause.head.lemma == "return") and (done(clause) or now(clause)):
        yield fact(clause, "VISITED", where)


def _share_home(clause: Clause) -> Iterator[Statement]:
    """I share a flat with two friends."""
    match = re.match(r"(?:an?|my|our) (?P<home>[\w -]+?) with (?P<who>.+)", clause.complement)
    if match and _dwelling(match["home"]) and (whom := phrase(match["who"], longest=3)):
        yield from lasting(clause, "LIVES_WITH", [whom])


def _visit(clause: Clause) -> Iterator[Statement]:
    where = place(clause.rest)
    if where:
        yield from _journey(clause, where)


def _go(clause: Clause) -> Iterator[Statement]:
    match = _GOING.match(clause.rest)
    if match and (where := place(match["where"])):
        yield from _journey(clause, where)


def _journey(clause: Clause, where: str) -> Iterator[Statement]:
    if done(clause):
        yield from happening(clause, "VISITED", [where])
    elif ahead(clause):
        yield from happening(clause, "TRAVELS_TO", [where])


def _been(clause: Clause) -> Iterator[Statement]:
    match = re.match(r"(?:\w+ )?to (?P<where>(?:the )?[A-Z].+)", clause.rest)
    if match and done(clause) and clause.head.tense == "perfect" and (where := place(match["where"])):
        yield from happening(clause, "VISITED", [where])
    off = re.match(r"off to (?P<where>.+)", clause.rest)
    if off and now(clause) and (where := place(off["where"])):
        yield from happening(clause, "TRAVELS_TO", [where])


def _trip(clause: Clause) -> Iterator[Statement]:
    """I am planning a trip to Greece; we took a trip to Rome."""
    match = re.match(
        r"(?:an? |my |our )?(?:\w+ )*?(?:trip|vacation|holiday|honeymoon|visit|journey|flights?"
        r"|tickets?) (?:\| )?to (?P<where>.+)",
        clause.rest,
    )
    where = place(match["where"]) if match else None
    if where and done(clause) and clause.head.lemma == "take":
        yield from happening(clause, "VISITED", [where])
    elif where and (ahead(clause) or clause.head.lemma == "book" or (clause.head.progressive and now(clause))):
        yield from happening(clause, "TRAVELS_TO", [where])


def _dwelling(text: str) -> str | None:
    found = phrase(text, longest=4)
    return found if found and head_known(found, "homes") and not found[0].isupper() else None


_SMALL_TOWN = re.compile(r"(?:an?|the) (?:[\w-]+ ){0,3}(?:town|village|city|island|region|suburb|part|farm)\b")
_WORDS_TOO = frozenset({"us", "nice", "split", "la", "cork", "reading", "turkey", "china"})
"""Places that are also words, and are meant as words in lower case."""

_WRAPPING = re.compile(
    r"^(?:the )?(?:(?:city|town|village|state|country|island|suburbs|outskirts|middle|heart|cent(?:re|er)) of )?"
    r"(?:(?:beautiful|sunny|rainy|good old|downtown|central|lovely|cold|northern|southern|eastern"
    r"|western) )?(?=[a-zA-Z])"
)
_PROPER = re.compile(
    r"(?:the )?(?:[A-Z][\w'.-]*[\w])(?:(?: (?:of|de|la|del|do|da|upon|am|an der|the|los|las))? [A-Z][\w'-]+| City"
    r"| \d+)*"
    r"(?:, [A-Z][\w-]+(?: [A-Z][\w-]+)?)?"
)
_NESTED = re.compile(r"\b(?:in|near|outside|of)\s+(?P<where>(?:the )?[A-Z].+)")
_LIVING = re.compile(
    r"(?:(?:\w+ly|just|here|out|abroad|alone|together|back|right) )*(?:in|near|outside|at)\s+(?P<where>.+)"
)
_HOME = re.compile(r"\b[Mm]y home ?(?:country|town|city|state|village)(?:,| is| of) ?(?P<where>[A-Z][\w ]+)")
_GOING = re.compile(
    r"(?:on (?:a |an |my |our )?(?:\w+ )?(?:trip|vacation|holiday|honeymoon) |back |over |down |up |out |off )?(?:to"
    r"|in) (?P<where>.+)"
)

BY_VERB: Rules = {
    "live": (_live,), "reside": (_live,), "settle": (_live,), "move": (_move, _move_in), "look": (_look_forward,),
    "wait": (_look_forward,), "leave": (_look_forward,), "relocate": (_move,),
    "be": (_from, _been, _stay, _return, _my_place), "spend": (_spend,), "return": (_return,), "get": (_return,),
    "share": (_share_home,), "come": (_come,), "grow": (_grow,), "visit": (_visit,), "explore": (_visit,),
    "tour": (_visit,),
    "go": (_go,), "travel": (_go,), "fly": (_go,), "drive": (_go,), "head": (_go,), "plan": (_trip,),
    "book": (_trip,), "take": (_trip,),
}  # fmt: skip
ANY_VERB = (_home_country,)
"""Rules that are asked whatever the verb is."""
