"""Hobbies, games, instruments, groups, books, films and skills."""

import re
from collections.abc import Iterator

from mindfleet.rules.clauses import Clause
from mindfleet.rules.lexicon import head_known, known, pattern
from mindfleet.rules.people import is_given_name
from mindfleet.rules.phrase import phrase, phrases
from mindfleet.rules.statement import Statement
from mindfleet.rules.subjects import USER
from mindfleet.rules.themes.facts import Rules, day, done, fact, facts, lasting, now, still
from mindfleet.rules.themes.taste import liked
from mindfleet.rules.verbs import form_of, gerund, lemma_of


def _my_hobby(clause: Clause) -> Iterator[Statement]:
    """My hobbies are (include) chess and hiking; one of my hobbies is chess."""
    if clause.subject.thing and now(clause) and _HOBBY.fullmatch(clause.subject.name):
        for thing in liked(re.sub(r"^(?:include|including) ", "", clause.rest)):
            yield fact(clause, "HAS_HOBBY", thing, subject=USER)


def _play(clause: Clause) -> Iterator[Statement]:
    head = clause.head
    if not clause.about_being or (head.tense == "past" and not head.ended and not _PLAYED.search(clause.rest)):
        return
    if head.progressive and head.tense == "present" and clause.when and clause.when.kind == "point":
        return
    things = _playable(clause.complement)
    if head.modal == "can" and not head.negated:
        yield from facts(clause, "PLAYS", things)
    else:
        yield from lasting(clause, "PLAYS", things)


def _playable(text: str) -> list[str]:
    """Instruments, sports and games; a capitalised name counts as a game."""
    found = phrases(_AMOUNT.sub("", text), longest=4)
    return [
        item
        for item in found
        if known(item, "instruments", "sports", "games") or (_is_title(item) and not is_given_name(item.split()[0]))
    ]


def _spend(clause: Clause) -> Iterator[Statement]:
    """I spend my weekends hiking; I spend a lot of time gardening."""
    match = _SPENDING.match(clause.complement)
    listed = phrases(match["what"], longest=3) if match and now(clause) and not clause.head.progressive else []
    yield from facts(clause, "HAS_HOBBY", [item for item in listed if known(item, "hobbies")], sure=0.85)


def _my_instrument(clause: Clause) -> Iterator[Statement]:
    """As in "… baking, or playing my cello"."""
    match = _INSTRUMENT.search(clause.text)
    found = phrase(match["what"], longest=3) if match else None
    if found and known(found, "instruments") and clause.about_user and not clause.head.negated:
        yield fact(clause, "PLAYS", found, sure=0.85)


def _begin(clause: Clause) -> Iterator[Statement]:
    """I took up knitting; I got into pottery last year."""
    match = re.match(r"(?:up|into) (?P<what>.+)", clause.complement)
    if match and done(clause):
        for thing in phrases(match["what"], longest=3):
            if known(thing, "hobbies"):
                yield fact(clause, "HAS_HOBBY", thing, since=day(clause))


def _practise(clause: Clause) -> Iterator[Statement]:
    """I go hiking every weekend, do yoga, collect stamps, practise judo."""
    head = clause.head
    doing = head.lemma == "do" and head.progressive and (clause.when is None or clause.when.kind == "since")
    if not clause.about_being or (head.progressive and not doing) or head.tense not in {"present", "used", "perfect"}:
        return
    if head.lemma == "collect":
        things = [
            f"collecting {item}"
            for item in phrases(clause.complement, longest=4)
            if item.endswith("s") or known(item, "hobbies")
        ]
    elif head.lemma == "go":
        match = re.match(r"(?:for )?(?P<what>\w+ing\b[^|]*)", clause.complement)
        listed = phrases(match["what"], longest=3) if match and pattern("regularly").search(clause.text) else []
        things = [item for item in listed if known(item, "hobbies")]
    else:
        things = [item for item in phrases(clause.complement, longest=3) if known(item, "hobbies", "sports")]
    yield from lasting(clause, "HAS_HOBBY", [thing for thing in things if thing.lower() not in _TRAINING])


def _craft(clause: Clause) -> Iterator[Statement]:
    """In my free time I paint; I knit sweaters."""
    if not clause.about_being or not now(clause) or not known(gerund(clause.head.lemma), "hobbies"):
        return
    head = clause.head
    alone = _ALONE.match(clause.complement) is not None
    lately = head.progressive and head.tense == "perfect" and clause.when is not None
    habit = head.tense == "present" and not head.progressive and pattern("regularly").search(clause.text)
    if head.lemma in _CRAFTS or (alone and (lately or habit)):
        yield fact(clause, "HAS_HOBBY", gerund(head.lemma), since=day(clause) if lately else None, sure=0.85)
    elif habit and head.lemma in _MADE and (what := phrase(clause.complement, longest=3)):
        yield fact(clause, "HAS_HOBBY", f"{gerund(head.lemma)} {what}", sure=0.85)


def _member(clause: Clause) -> Iterator[Statement]:
    """I am a member of a book club; I sing in a choir."""
    lead = r"(?:in|with|for|to)" if clause.head.lemma != "be" else r"(?:an? (?:\w+ )?member of|part of|in|on)"
    match = re.match(rf"(?:[\w ]+? )?{lead} (?:an?|the|my|our) (?P<group>.+)", clause.complement)
    found = phrase(match["group"], keep="of for", longest=5) if match else None
    if (
        not found
        or still(clause) is None
        or not clause.about_being
        or re.search(r"\b(?:same|right|wrong|first|whole|good|bad)\b", found)
    ):
        return
    if head_known(re.split(r" (?:of|for) ", found)[0], "groups") and not found.endswith(
        ("school", "gym", "community", "program", "church")
    ):
        yield from lasting(clause, "MEMBER_OF", [found])


def _read_or_watch(clause: Clause) -> Iterator[Statement]:
    """I am reading "The Hobbit"."""
    head = clause.head
    if not clause.about_user or head.negated or head.modal or head.tense == "future":
        return
    called = re.search(r'\b(?:called|named|titled) (?=")', clause.rest)
    rest = clause.rest[called.end() :] if called else _WORK_OF.sub("", clause.rest)
    match = _QUOTED_TITLE.match(rest) or _TITLE.match(rest)
    title = (match["title"] if match else "").strip(' "')
    if _is_title(title) and not is_given_name(title) and not known(title, "languages"):
        yield fact(clause, "READS" if head.lemma == "read" else "WATCHES", title, sure=0.85)


def _skill(clause: Clause) -> Iterator[Statement]:
    """I am good at drawing."""
    match = _GOOD_AT.match(clause.rest)
    if match and now(clause) and clause.about_being:
        yield from facts(
            clause,
            "HAS_SKILL",
            [item for item in phrases(match["what"], longest=4) if known(item, "skills", "hobbies", "sports")],
        )


def _can(clause: Clause) -> Iterator[Statement]:
    """I can juggle; I know how to weld."""
    head = clause.head
    able = head.modal == "can" and not head.negated
    how = re.match(r"how to (?P<what>.+)", clause.complement) if head.lemma == "know" and now(clause) else None
    said = (
        how["what"] if how else f"{head.lemma} {clause.complement}".strip() if able and not clause.subject.thing else ""
    )
    found = phrase(said, longest=4) if said else None
    if (
        found
        and known(found, "skills")
        and form_of(found.split()[0].lower()) != "ing"
        and lemma_of(found) not in {"type", "write", "drive"}
    ):
        verb, _, rest = found.partition(" ")
        yield fact(clause, "HAS_SKILL", f"{gerund(verb)} {rest}".strip(), sure=0.85)


def _is_title(name: str) -> bool:
    return name[:1].isupper() and len(name) > len("DMs") and name not in {"Instagram", "Facebook"}


_TRAINING = frozenset({"yoga", "pilates", "zumba", "tai chi", "running", "jogging", "swimming", "cycling"})
"""What counts as training, and is told in `habits`."""

_WORK_OF = re.compile(r"^(?:a lot of |lots of )?(?:(?:the|a) (?:book|novel|show|series|movie) |the )?(?=[\"A-Z])")
_SPENDING = re.compile(
    r"(?:my|a lot of|most of my|all my|every) (?:\w+ )?(?:time|weekends?|evenings?|mornings?|days|summers?"
    r"|winters?) (?P<what>\w+ing\b.*)"
)
_HOBBY = re.compile(
    r"(?:(?:main|biggest|favourite|other|new|latest|only|true) )*(?:hobby|hobbies|pastimes?|interests|passions?)",
    re.IGNORECASE,
)
_PLAYED = re.compile(
    r"\bin (?:college|high school|school|university)\b|\bas a (?:kid|child|teenager)\b|\bfor \w+ years\b"
)
_AMOUNT = re.compile(
    r"\b(?:a lot of|lots of|a bit of|a little|some|loads of|competitive|amateur|professional|semi-pro|indoor|my|the"
    r"|a) (?=\w)"
)
_INSTRUMENT = re.compile(r"\bplay(?:ing)? my (?P<what>[\w -]+)")
_ALONE = re.compile(r"(?:$|\||in |on |at |every |as |for fun|a lot|with |most )")
_PASTIMES = frozenset(
    {
        "paint",
        "draw",
        "bake",
        "cook",
        "write",
        "hike",
        "garden",
        "climb",
        "surf",
        "ski",
        "sail",
        "camp",
        "sketch",
        "meditate",
        "brew",
    }
)
_MADE = frozenset({"paint", "bake", "draw", "write", "brew"})
_CRAFTS = frozenset({"knit", "crochet", "sew", "quilt", "whittle", "sculpt", "embroider"})
_QUOTED_TITLE = re.compile(r'"(?P<title>[^"]{2,60})"?')
_TITLE = re.compile(
    r"(?P<title>(?:The |A |An )?(?!I\b)[A-Z][\w'-]+(?:(?: (?:of|the|and|in|to|a|for|with"
    r"|on))* (?!I\b)(?:[A-Z][\w'-]+|\d+))*)"
)
_GOOD_AT = re.compile(
    r"(?:(?:really|very|pretty|quite|also|so|particularly) )*(?:good|great|talented|skilled|excellent|amazing"
    r"|decent) at (?P<what>.+)"
)

BY_VERB: Rules = {
    "be": (_my_hobby, _member, _skill), "include": (_my_hobby,), "play": (_play, _member), "sing": (_member, _craft),
    "dance": (_member, _craft), "take": (_begin,), "get": (_begin,), "go": (_practise,), "do": (_practise,),
    "practice": (_practise,), "practise": (_practise,), "collect": (_practise,), "read": (_read_or_watch, _craft),
    "watch": (_read_or_watch,), "binge-watch": (_read_or_watch,), "spend": (_spend,), "know": (_can,),
    "coach": (_member,), "belong": (_member,),
    **dict.fromkeys(_CRAFTS | _PASTIMES, (_craft,)),
}  # fmt: skip
ANY_VERB = (_my_instrument, _can)
"""Rules that are asked whatever the verb is."""
