"""Likes, dislikes, favourites, hobbies, games, groups, books and films."""

import re
from collections.abc import Iterator

from mindfleet.rules.clauses import USER, Clause, before_second_verb
from mindfleet.rules.lexicon import known, words
from mindfleet.rules.phrase import phrase, phrases
from mindfleet.rules.statement import Statement
from mindfleet.rules.themes.facts import Rules, fact, lasting, now, still
from mindfleet.rules.themes.taste import liked
from mindfleet.rules.verbs import gerund


def _like(clause: Clause) -> Iterator[Statement]:
    head = clause.head
    rest = before_second_verb(clause)
    if head.modal or head.tense in {"past", "future"} or (head.progressive and head.lemma not in {"enjoy", "love", "like"}):
        return
    if head.progressive and not re.match(r"\w+ing\b", rest):
        return
    rest = re.sub(r"^(?:a lot of |both |all kinds of |all sorts of |all types of |anything |everything )?(?:related to )?", "", rest)
    if not clause.about_being or (clause.elided and not re.match(r"\w+ing", rest)):
        return
    things = liked(rest)
    if head.ended or head.tense == "used":
        if not (head.negated and head.tense == "used"):
            for thing in things:
                yield fact(clause, "LIKES", thing, holds=False)
        return
    if head.negated:
        if head.lemma in {"like", "love", "enjoy"} and not _TOO_MILD.search(clause.text):
            yield from _each(clause, "DISLIKES", things)
        return
    if _MOST.search(clause.rest) and head.lemma in {"like", "love"} and len(things) > 1:
        things = things[:1]
    yield from _each(clause, "LIKES", things)


def _each(clause: Clause, predicate: str, things: list[str]) -> Iterator[Statement]:
    for thing in things:
        yield fact(clause, predicate, thing)


def _hate(clause: Clause) -> Iterator[Statement]:
    head = clause.head
    if head.modal or head.tense in {"past", "future"} or not clause.about_being or head.progressive or clause.elided:
        return
    things = [thing for thing in liked(before_second_verb(clause)) if not re.match(r"(?:to |being |having to)", thing)]
    if head.ended or head.tense == "used":
        for thing in things:
            yield fact(clause, "DISLIKES", thing, holds=False)
    elif not head.negated:
        yield from _each(clause, "DISLIKES", things)


def _stand(clause: Clause) -> Iterator[Statement]:
    """I can't stand cilantro."""
    if clause.head.negated and clause.head.modal in {"can", "could"}:
        yield from _each(clause, "DISLIKES", liked(clause.rest))


def _prefer(clause: Clause) -> Iterator[Statement]:
    match = re.match(r"(.+?) (?:to|over|rather than|than) .+", clause.rest)
    if now(clause) and clause.about_being:
        things = liked(match[1] if match else clause.rest)
        yield from _each(clause, "LIKES", things[:1])


def _favourite(clause: Clause) -> Iterator[Statement]:
    """My favourite colour is green; sushi is my favourite food."""
    if not clause.mine or clause.relation or clause.head.negated or clause.head.modal:
        return
    match = re.match(r"(?:absolute |all-time |all time |current |very )*favourite (?P<kind>[\w' -]{2,40})$", clause.subject, re.IGNORECASE)
    if not match or clause.head.tense not in {"present", "used", "perfect"} or match["kind"].lower() in {"part", "thing", "one", "moment", "memory", "person"}:
        return
    rest = re.sub(r"^(?:probably|definitely|by far|still|always|currently) ", "", clause.rest)
    if re.match(r"(?:when|that|how|the (?:one|way|fact|part)|to )", rest):
        return
    things = phrases(rest, keep="of in on the and to for with from", longest=7)
    for thing in things:
        kind = re.sub(r"\bcolor\b", "colour", match["kind"].lower())
        yield fact(clause, "HAS_FAVOURITE", f"{_one(kind, len(things))}: {thing}", subject=USER, holds=still(clause) is not False)


def _one(kind: str, count: int) -> str:
    if count > 1 and kind.endswith("s") and not kind.endswith(("ss", "series", "sports")):
        return kind.removesuffix("s")
    return kind


def _fan(clause: Clause) -> Iterator[Statement]:
    if not clause.about_being or not now(clause):
        return
    match = re.match(r"(?:an? |such an? )?(?:really |very )?(?:huge |big |massive |great |lifelong |die-hard |diehard |total |avid )*(?:fans?|supporter|admirer) of (.+)", clause.rest)
    if match:
        for thing in liked(re.sub(r"^both ", "", match[1])):
            yield fact(clause, "FAN_OF", thing)
    compound = re.match(r"(?:an? )(?:huge |big |massive |lifelong |die-hard |total )*([A-Z][\w' ]+?|[\w -]+?) (?:fan|nerd|geek|enthusiast|buff|fanatic|addict|aficionado)s?$", before_second_verb(clause).strip(" |,"))
    if compound and not match and (thing := phrase(compound[1], longest=3)) and thing.lower() not in {"big", "huge", "total"}:
        yield fact(clause, "FAN_OF", thing)


def _interested(clause: Clause) -> Iterator[Statement]:
    if not clause.about_being or not now(clause):
        return
    match = re.match(r"(?:really |very |super |so |quite |always |deeply |also |genuinely )*(?:interested in|fascinated (?:by|with)|passionate about|into|obsessed with|keen on|curious about|crazy about|hooked on|addicted to|fond of) (.+)", clause.rest)
    if not match:
        return
    into = re.search(r"\b(?:into|crazy about|hooked on|addicted to|fond of|keen on)\b", match.group()[: match.start(1) - match.start()])
    for thing in liked(match[1]):
        yield fact(clause, "LIKES" if into else "INTERESTED_IN", thing, sure=0.85)


def _have_interest(clause: Clause) -> Iterator[Statement]:
    match = re.match(r"(?:an? |my )?(?:\w+ )?(?:interest|passion|love|fascination) (?:in|for|of|with) (.+)", clause.rest)
    if match and now(clause):
        for thing in liked(match[1]):
            yield fact(clause, "INTERESTED_IN", thing, sure=0.85)


def _hobby(clause: Clause) -> Iterator[Statement]:
    """My hobbies are chess and hiking; I like … as a hobby; X is my hobby."""
    if not clause.mine or clause.relation or not now(clause):
        return
    if re.fullmatch(r"(?:main |biggest |favourite |other |new |latest |only )*(?:hobby|hobbies|pastimes?|interests|passions?)(?: (?:is|are))?", clause.subject.lower()):
        rest = re.sub(r"^(?:include|including) ", "", clause.rest)
        for thing in liked(rest):
            yield fact(clause, "HAS_HOBBY", thing, subject=USER)


def _play(clause: Clause) -> Iterator[Statement]:
    if not clause.about_being:
        return
    rest = re.sub(r"\b(?:a lot of|lots of|a bit of|a little|some|loads of|competitive|amateur|professional|semi-pro|indoor|my|the|a) (?=\w)", "", before_second_verb(clause))
    things = [thing for thing in phrases(rest, longest=4) if _playable(thing)]
    if clause.head.tense == "past" and not clause.head.ended:
        if clause.when is None and re.search(r"\bin (?:college|high school|school|university)\b|\bas a (?:kid|child|teenager)\b|\bfor \w+ years\b", clause.rest):
            yield from lasting(clause, "PLAYS", things)
        return
    if clause.head.progressive and clause.head.tense == "present" and clause.when and clause.when.kind == "point":
        return
    if clause.head.modal == "can" and not clause.head.negated:
        for thing in things:
            yield fact(clause, "PLAYS", thing)
        return
    yield from lasting(clause, "PLAYS", things)


def _playable(thing: str) -> bool:
    return any(known(thing, name) for name in ("instruments", "sports", "games")) or (
        thing[:1].isupper() and len(thing) > 3 and thing.split()[0].lower() not in words("first_names")  # noqa: PLR2004 - "I", "DJ"
    )


def _practise(clause: Clause) -> Iterator[Statement]:
    """I go hiking, do yoga, collect stamps, practise judo: what is done regularly."""
    head = clause.head
    if not clause.about_being or head.progressive or head.tense not in {"present", "used", "perfect"}:
        return
    rest = before_second_verb(clause)
    if head.lemma == "go":
        match = re.match(r"(?:for )?(\w+ing\b[^|]*)", rest)
        regular = _REGULAR.search(clause.text)
        things = [item for item in phrases(match[1], longest=3) if known(item, "hobbies")] if match and regular else []
    elif head.lemma == "collect":
        things = ["collecting " + item for item in phrases(rest, longest=4) if item.endswith("s") or known(item, "hobbies")]
    else:
        things = [item for item in phrases(rest, longest=3) if known(item, "hobbies") or known(item, "sports")]
    yield from lasting(clause, "HAS_HOBBY", things)


def _member(clause: Clause) -> Iterator[Statement]:
    match = re.match(r"(?:an? (?:\w+ )?member of|part of|in|on) (?P<art>an? |the |my |our )(?P<group>.+)", clause.rest)
    if match and now(clause) and clause.about_being:
        found = phrase(match["group"], keep="of for", longest=5)
        if found and _CLUB.search(found) and not re.search(r"\b(?:same|right|wrong|first|whole)\b", found):
            yield fact(clause, "MEMBER_OF", found)
    sings = re.match(r"(?:in|with) (?:a|an|the|my|our) (.+)", clause.rest) if clause.head.lemma in {"sing", "play", "dance"} else None
    if sings and (found := phrase(sings[1], longest=4)) and _CLUB.search(found):
        yield from lasting(clause, "MEMBER_OF", [found])


def _read(clause: Clause) -> Iterator[Statement]:
    if not clause.about_user or clause.head.negated or clause.head.modal or clause.head.tense == "future":
        return
    rest = re.sub(r"^(?:the book |a book called |the novel |the |a novel called )(?=[\"A-Z])", "", clause.rest)
    predicate = "READS" if clause.head.lemma == "read" else "WATCHES"
    if clause.head.lemma == "listen":
        return
    title = re.match(r'"([^"]{2,60})"', rest) or _TITLE.match(rest)
    if title:
        name = title[1] if title.lastindex else title.group()
        by = re.search(r"\bby ([A-Z][\w.'-]+(?: [A-Z][\w.'-]+)*)", rest)
        if name.lower() not in words("first_names") and not known(name, "languages") and not re.fullmatch(r"I|God|DMs?", name):
            yield fact(clause, predicate, name.strip(), sure=0.85)
        if by and predicate == "READS":
            return


def _skill(clause: Clause) -> Iterator[Statement]:
    match = re.match(r"(?:really |very |pretty |quite |also |so |particularly )*(?:good|great|talented|skilled|excellent|amazing|decent|pretty good) at (.+)", clause.rest)
    if match and clause.head.lemma == "be" and now(clause) and clause.about_being:
        for thing in phrases(match[1], longest=4):
            if known(thing, "skills") or known(thing, "hobbies") or known(thing, "sports"):
                yield fact(clause, "HAS_SKILL", thing)


def _learn(clause: Clause) -> Iterator[Statement]:
    head = clause.head
    if head.negated or head.modal or head.tense in {"future", "past", "used"} or not clause.about_being or (head.tense == "present" and not head.progressive):
        return
    match = re.match(r"(?:how )?to (?P<verb>\w+)(?P<rest>.*)", clause.rest)
    if match:
        found = phrase(match["verb"] + match["rest"], longest=5)
        if found and (known(match["verb"], "skills") or known(found, "skills")):
            verb, _, rest = found.partition(" ")
            yield fact(clause, "LEARNS", f"{gerund(verb)} {rest}".strip())
        return
    rest = re.sub(r"^(?:the basics of |the |some |a bit of |a new (?:skill|language|hobby),? )", "", clause.rest)
    for thing in phrases(rest, longest=4):
        if any(known(thing, name) for name in ("languages", "instruments", "hobbies", "fields", "skills", "sports", "games")):
            yield fact(clause, "LEARNS", thing)


def _is_favourite(clause: Clause) -> Iterator[Statement]:
    if clause.mine and clause.relation is None and clause.subject.lower().startswith("favourite"):
        yield from _favourite(clause)


_TOO_MILD = re.compile(r"\b(?:not (?:only|just|always|particularly|exactly|necessarily|really know)|not like it|don't love it)\b", re.IGNORECASE)
_MOST = re.compile(r"\bmore than\b|\bbetter than\b|\bover\b")
_REGULAR = re.compile(r"\b(?:every|each|weekly|daily|often|usually|always|regularly|twice|once a|weekends?|mornings|evenings|sundays|saturdays|most|a lot|all the time|frequently|sometimes)\b", re.IGNORECASE)
_CLUB = re.compile(r"\b(?:club|team|band|choir|society|league|orchestra|association|troupe|union|committee|council|squad|quartet|trio|ensemble|book club|sorority|fraternity|guild|crew|community garden|support group|activist group|writers? group|hiking group|running group|church group)\b", re.IGNORECASE)
_TITLE = re.compile(r"(?:The |A |An )?(?!I\b)[A-Z][\w'-]+(?:(?: (?:of|the|and|in|to|a|for|with|on))* (?!I\b)(?:[A-Z][\w'-]+|\d+))*")

BY_VERB: Rules = {
    "like": (_like,), "love": (_like,), "enjoy": (_like,), "adore": (_like,), "hate": (_hate,), "dislike": (_hate,),
    "detest": (_hate,), "despise": (_hate,), "loathe": (_hate,), "stand": (_stand,), "prefer": (_prefer,),
    "be": (_is_favourite, _fan, _interested, _hobby, _member, _skill), "include": (_hobby,), "have": (_have_interest,),
    "play": (_play, _member), "sing": (_member,), "dance": (_member,), "go": (_practise,), "do": (_practise,), "practice": (_practise,),
    "practise": (_practise,), "collect": (_practise,), "read": (_read,), "watch": (_read,), "learn": (_learn,),
}  # fmt: skip
