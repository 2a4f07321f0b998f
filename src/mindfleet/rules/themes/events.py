"""What happens on a day: appointments, concerts, trips, journeys; what was won, passed and made."""

import re
from collections.abc import Iterator

from mindfleet.rules.clauses import Clause
from mindfleet.rules.lexicon import any_of, groups, head_known, known
from mindfleet.rules.phrase import phrase, phrases, unwrapped
from mindfleet.rules.statement import Statement
from mindfleet.rules.subjects import USER
from mindfleet.rules.themes.facts import Rules, day, denied, done, fact, happening


def _event(clause: Clause) -> Iterator[Statement]:
    """I have a job interview on Tuesday; I went to a concert last night; I am hosting a party."""
    head = clause.head
    if not clause.about_user or denied(clause) or head.tense == "used":
        return
    rest = re.sub(r"^(?:together |tickets? (?:for|to) )", "", clause.complement)
    if head.lemma in {"go", "be"}:
        match = _TO_EVENT.match(rest)
        if not match or (head.tense == "present" and not head.progressive):
            return
        rest = match["what"]
    dated = clause.when is not None and clause.when.kind == "point"
    if not dated and (head.lemma in _DATED_ONLY or (head.tense == "present" and not head.progressive)):
        return
    found = phrase(rest, keep="of for", longest=9)
    if found and not _POINTING.match(rest) and _is_event(found):
        yield from happening(clause, "HAS_EVENT", [_shortened(found)])


def _outing(clause: Clause) -> Iterator[Statement]:
    """We went camping last week; I went on a hike yesterday; I took my family camping."""
    match = _OUTING.match(clause.complement)
    if not match or not clause.when or clause.when.kind != "point" or not clause.about_user or denied(clause):
        return
    if clause.when.first == clause.when.last == clause.said_on:  # a walk of today is no event to remember
        return
    things = phrases(match["what"], longest=3)
    if done(clause) or clause.head.progressive or clause.head.tense == "future":
        yield from happening(
            clause,
            "HAS_EVENT",
            [
                thing
                for thing in things
                if (thing.lower().endswith("ing") and known(thing, "outings", "hobbies")) or _is_trip(thing)
            ],
        )


def _took_part(clause: Clause) -> Iterator[Statement]:
    """I ran a half marathon; I took part in a parade; I signed up for a class."""
    if not clause.about_user or not done(clause):
        return
    race = _RACE.match(clause.complement) if clause.head.lemma == "run" else None
    part = (
        re.match(r"(?:part )?(?:in|up for|for) (?P<what>.+)", clause.complement) if clause.head.lemma != "run" else None
    )
    found = phrase(race["what"] if race else part["what"] if part else "", keep="of for", longest=9)
    if found and (race or _is_event(found) or found.lower().endswith(("class", "course", "lessons"))):
        yield fact(clause, "HAS_EVENT", _shortened(found), since=day(clause))


def _my_event(clause: Clause) -> Iterator[Statement]:
    """My wedding is on 5 May."""
    found = unwrapped(clause.subject.name, longest=4)
    if not found or not clause.subject.thing or denied(clause) or not clause.when or clause.when.kind != "point":
        return
    if head_known(found, "events") and not re.search(
        r"birthday$|'s (?!wedding|graduation|funeral|birthday party)", found.lower()
    ):
        yield fact(clause, "HAS_EVENT", found, subject=USER, since=clause.when.first)


def _achieved(clause: Clause) -> Iterator[Statement]:
    """I won first prize; I passed my driving test; I got a promotion."""
    if not clause.about_being or not done(clause) or _POINTING.match(clause.complement):
        return
    found = phrase(clause.complement, keep="of in at for", longest=7)
    if found and _FEATS[clause.head.lemma].search(found):
        yield fact(clause, "ACHIEVED", _ACHIEVED.get(clause.head.lemma, "") + _shortened(found), since=day(clause))


def _awarded(clause: Clause) -> Iterator[Statement]:
    """I was awarded a scholarship; I came first in the spelling bee."""
    match = re.match(r"awarded (?P<what>.+)", clause.complement)
    found = phrase(match["what"], longest=5) if match else None
    if found and clause.head.tense in {"past", "perfect"} and not denied(clause):
        yield fact(clause, "ACHIEVED", found, since=day(clause))
    ranked = re.match(r"(?P<place>first|second|third|last) in (?P<what>.+)", clause.complement)
    contest = phrase(ranked["what"], longest=5) if ranked else None
    if ranked and contest and done(clause) and clause.head.lemma == "come":
        yield fact(clause, "ACHIEVED", f"came {ranked['place']} in {contest}", since=day(clause))


def _created(clause: Clause) -> Iterator[Statement]:
    """I wrote a novel; I painted that sunrise last year; I built an app."""
    rest = re.sub(r"^(?:that|this) (?=\w+ \w)", "a ", clause.complement)
    if not clause.about_being or not done(clause) or not re.match(r"(?:an?|my|two|three|some|several|\d+|the) ", rest):
        return
    found = phrase(rest, keep="of about for", longest=7)
    if not found:
        return
    if _is_work(found):
        yield fact(clause, "CREATED", found, since=day(clause))
    elif clause.head.lemma == "paint" and clause.when and not _HOUSEWORK.search(found):
        yield fact(clause, "CREATED", f"{found} painting", since=day(clause))


def _is_work(found: str) -> bool:
    head = re.split(r" (?:of|about|for) ", found)[0]
    return head_known(head, "works") and not re.search(r"\b(?:new friend|mistake|plan|decision)\b", found)


def _is_event(found: str) -> bool:
    bare = re.split(r" (?:for|of) ", found)[0]
    if bare.lower() in _TOO_GENERAL:
        return False
    return (head_known(bare, "events") or head_known(found, "events")) and not _PLEASANTRY.match(found)


def _is_trip(found: str) -> bool:
    return (
        re.search(r"\b(?:hike|road ?trip|trip|bike ride|cruise|safari|retreat|date|picnic|boat ride|vacation)$", found)
        is not None
    )


def _shortened(found: str) -> str:
    if len(found.split()) > _LONGEST:
        found = re.split(r" (?:for|of) ", found, maxsplit=1)[0]
    return _PRAISE.sub("", found)


_TOO_GENERAL = frozenset(
    {
        "event",
        "events",
        "group",
        "session",
        "show",
        "shows",
        "trip",
        "camp",
        "talk",
        "test",
        "tests",
        "play",
        "run",
        "meeting",
        "meetings",
        "match",
        "ball",
    }
)
_LONGEST = 6
_DATED_ONLY = frozenset({"have"})
_TO_EVENT = re.compile(r"(?:off |back |over |out )?to (?:see |watch )?(?P<what>(?:an? |the |my |our |[A-Z]).+)")
_POINTING = re.compile(r"(?:this|that|your|his|her|their)\b")
_PLEASANTRY = re.compile(
    r"(?:great|good|nice|fun|long|big|amazing|wonderful|blast)\b.*\b(?:time|show|talk|play|meeting)$"
)
_PRAISE = re.compile(
    r"^(?:(?:really|big|great|super|cool|amazing|awesome|fun|wonderful|nice|local|important|new|upcoming|huge|small"
    r"|little|own) )+"
)
_OUTING = re.compile(
    r"(?:on (?:an?|our|my) |my (?:fam|family|kids|son|daughter|wife|husband) (?:on (?:an?|our) )?"
    r"|the kids )?(?P<what>[\w -]+)"
)
_RACE = re.compile(
    r"(?:an?|the|my|my first|our) (?P<what>(?:[\w-]+ ){0,3}(?:race|marathon|half[- ]marathon|ultramarathon|5k|10k"
    r"|relay))\b"
)
_HOUSEWORK = re.compile(r"\b(?:nails|room|wall|house|fence|face|picture|door|kitchen|bathroom|bedroom)s?\b")


_FEATS = {
    lemma: re.compile(rf"\b{any_of(frozenset(feats))}s?\b", re.IGNORECASE) for lemma, feats in groups("feats").items()
}
_ACHIEVED = {"win": "won ", "pass": "passed ", "finish": "finished ", "complete": "completed ", "climb": "climbed "}

_MAKING = frozenset(
    {"write", "paint", "make", "build", "create", "compose", "record", "design", "draw", "knit", "sew", "direct"}
    | {"publish", "sculpt", "crochet", "quilt", "carve", "code", "develop", "illustrate"}
)
BY_VERB: Rules = {
    "have": (_event,), "attend": (_event,), "go": (_event, _outing), "host": (_event,), "organize": (_event,),
    "organise": (_event,),
    "throw": (_event,), "put": (_event,), "hold": (_event,), "be": (_my_event, _event, _awarded),
    "come": (_awarded,), "start": (_my_event,),
    "take": (_took_part, _outing),
    "run": (_took_part,), "participate": (_took_part,), "compete": (_took_part,), "perform": (_took_part,),
    "sign": (_took_part,), "register": (_took_part,), "do": (_event,), "celebrate": (_event,),
    "enroll": (_took_part,), "win": (_achieved,), "pass": (_achieved,), "finish": (_achieved, _created),
    "complete": (_achieved,),
    "get": (_achieved,), "earn": (_achieved,), "receive": (_achieved,), "climb": (_achieved,),
    **dict.fromkeys(_MAKING, (_created,)),
}  # fmt: skip
