"""Likes, dislikes, favourites, interests."""

import re
from collections.abc import Iterator

from mindfleet.rules.clauses import Clause
from mindfleet.rules.lexicon import singular, words
from mindfleet.rules.people import is_given_name
from mindfleet.rules.phrase import phrase, phrases
from mindfleet.rules.statement import Statement
from mindfleet.rules.subjects import USER
from mindfleet.rules.themes.facts import Rules, denied, fact, facts, now, still
from mindfleet.rules.themes.taste import liked


def _like(clause: Clause) -> Iterator[Statement]:
    head = clause.head
    if not _tells_taste(clause) or (clause.subject.elided and not re.match(r"\w+ing\b", clause.complement)):
        return
    things = liked(_ALL_KINDS.sub("", clause.complement))
    if head.ended or head.tense == "used":
        for thing in things if not head.negated or head.ended else []:
            yield fact(clause, "LIKES", thing, holds=False)
    elif not head.negated:
        compared = re.search(r"\b(?:more|better) than\b|\bover\b", clause.rest) is not None
        yield from facts(clause, "LIKES", things[:1] if compared else things)
    elif head.lemma in {"like", "enjoy"} and not _MILD.search(clause.text):
        yield from facts(clause, "DISLIKES", things)


def _loved(clause: Clause) -> Iterator[Statement]:
    """I loved "Persuasion"; I enjoyed reading "Dune": a title only."""
    match = _LOVED_TITLE.match(clause.complement)
    if match and clause.head.tense == "past" and not clause.head.negated and not clause.head.modal:
        yield fact(clause, "LIKES", match["title"], sure=0.85)


def _support(clause: Clause) -> Iterator[Statement]:
    """I support Arsenal."""
    match = re.match(r"(?P<team>[A-Z][\w-]+(?: [A-Z][\w-]+){0,2})(?=$|[,.|]| and\b)", clause.complement)
    if match and now(clause) and not clause.head.progressive and not is_given_name(match["team"]):
        yield fact(clause, "FAN_OF", match["team"], sure=0.85)


def _hate(clause: Clause) -> Iterator[Statement]:
    head = clause.head
    if not _tells_taste(clause) or head.progressive or clause.subject.elided:
        return
    things = [thing for thing in liked(clause.complement) if not re.match(r"(?:to|being|having to)\b", thing)]
    if head.ended or head.tense == "used":
        for thing in things:
            yield fact(clause, "DISLIKES", thing, holds=False)
    elif not head.negated:
        yield from facts(clause, "DISLIKES", things)


def _tells_taste(clause: Clause) -> bool:
    head = clause.head
    never = head.tense == "past" and "never" in head.adverbs
    if head.modal or (head.tense in {"past", "future"} and not never) or not clause.about_being:
        return False
    return not head.progressive or re.match(r"\w+ing\b", clause.complement) is not None


def _stand(clause: Clause) -> Iterator[Statement]:
    """I can't stand cilantro."""
    if clause.head.negated and clause.head.modal in {"can", "could"}:
        yield from facts(clause, "DISLIKES", liked(clause.rest))


def _prefer(clause: Clause) -> Iterator[Statement]:
    match = re.match(r"(.+?) (?:to|over|rather than|than) .+", clause.rest)
    if now(clause) and clause.about_being:
        yield from facts(clause, "LIKES", liked(match[1] if match else clause.rest)[:1])


def _favourite(clause: Clause) -> Iterator[Statement]:
    """My favourite colour is green; sushi is my favourite food."""
    head = clause.head
    match = _FAVOURITE.fullmatch(clause.subject.name)
    if (
        not match
        or not clause.subject.thing
        or head.negated
        or head.modal
        or head.tense not in {"present", "used", "perfect"}
    ):
        return
    kind = match["kind"].lower()
    rest = re.sub(r"^(?:probably|definitely|by far|still|always|currently) ", "", clause.rest)
    if (
        kind in _NO_KIND
        or re.match(r"an? .+ (?:in|from|who|that) ", rest)
        or re.match(r"(?:when|that|how|the (?:one|way|fact|part)|to )", rest)
    ):
        return
    things = phrases(rest, keep="of in on the and to for with from", longest=7)
    if len(things) > 1 and kind.endswith("s") and not kind.endswith(("ss", "series", "sports")):
        kind = f"{kind.rpartition(' ')[0]} {singular(kind.rpartition(' ')[2])}".strip()
    for thing in things:
        yield fact(clause, "HAS_FAVOURITE", f"{kind}: {thing}", subject=USER, holds=still(clause) is not False)


def _fan(clause: Clause) -> Iterator[Statement]:
    """I am a big fan of Radiohead; I am a Liverpool fan."""
    match = _FAN_OF.match(clause.rest)
    if match and clause.about_being and clause.head.negated and clause.head.tense == "present":
        yield from facts(clause, "DISLIKES", liked(match["what"]), sure=0.85)
    if not clause.about_being or not now(clause):
        return
    compound = _FAN.match(clause.complement.strip(" |,"))
    if match:
        yield from facts(clause, "FAN_OF", liked(re.sub(r"^both ", "", match["what"])))
    elif compound and (thing := phrase(compound["what"], longest=3)) and thing.lower() not in words("judgements"):
        yield fact(clause, "FAN_OF", thing)


def _interested(clause: Clause) -> Iterator[Statement]:
    """I am interested in astronomy, passionate about dance, into photography."""
    match = _INTERESTED.match(clause.rest)
    if match and match["how"] in {"into", "big on"} and clause.head.negated and clause.head.tense == "present":
        yield from facts(clause, "DISLIKES", liked(match["what"]), sure=0.8)
    ever_since = clause.head.tense == "perfect" and not denied(clause)
    if match and clause.about_being and (now(clause) or ever_since):
        predicate = "LIKES" if match["how"] in _FOND else "INTERESTED_IN"
        yield from facts(clause, predicate, liked(match["what"]), sure=0.85)


def _enough(clause: Clause) -> Iterator[Statement]:
    """I can't get enough of true crime podcasts."""
    match = re.match(r"enough of (?P<what>.+)", clause.complement)
    if match and clause.head.modal == "can" and clause.head.negated:
        yield from facts(clause, "LIKES", liked(match["what"]), sure=0.85)


def _follow(clause: Clause) -> Iterator[Statement]:
    """I follow Formula 1 closely; I listen to a lot of jazz."""
    if not now(clause) or not clause.about_user:
        return
    closely = re.match(r"(?P<what>.+?) (?:closely|religiously|avidly)\b", clause.complement)
    music = re.match(r"to (?:a lot of|lots of|mostly) (?P<what>.+)", clause.complement)
    if clause.head.lemma == "follow" and closely:
        yield from facts(clause, "INTERESTED_IN", liked(closely["what"]), sure=0.85)
    elif clause.head.lemma == "listen" and music:
        yield from facts(clause, "LISTENS_TO", liked(music["what"]), sure=0.85)


def _look_into(clause: Clause) -> Iterator[Statement]:
    """I have been looking into bookbinding as a trade."""
    match = re.match(r"into (?P<what>.+?)(?: as .+)?$", clause.complement)
    if match and clause.head.progressive and clause.head.tense == "perfect" and now(clause):
        yield from facts(clause, "INTERESTED_IN", liked(re.sub(r"\bmore$", "", match["what"])), sure=0.8)


def _has_interest(clause: Clause) -> Iterator[Statement]:
    """I have a passion for astronomy; I have a soft spot for old dogs."""
    soft = re.match(r"an? (?:\w+ )?(?:thing|soft spot|weakness) for (?P<what>.+)", clause.rest)
    if soft and now(clause):
        yield from facts(clause, "LIKES", liked(soft["what"]), sure=0.85)
    match = re.match(
        r"(?:an? |my )?(?:\w+ )?(?:interest|passion|love|fascination) (?:in|for|of|with) (?P<what>.+)", clause.rest
    )
    if match and now(clause):
        yield from facts(clause, "INTERESTED_IN", liked(match["what"]), sure=0.85)


_LOVED_TITLE = re.compile(
    r'(?:reading |watching )?(?:the (?:book|movie|film|show) )?"(?P<title>[A-Z][^"]{1,60})"?(?=$|[ ,|])'
)
_ALL_KINDS = re.compile(
    r"^(?:a lot of |both |all kinds of |all sorts of |all types of |anything |everything )?(?:related to )?"
)
_MILD = re.compile(r"\bnot (?:only|just|always|particularly|exactly|necessarily|really)\b", re.IGNORECASE)
_FAVOURITE = re.compile(
    r"(?:absolute |all-time |all time |current |very )*favourite (?P<kind>[\w' -]{2,40})", re.IGNORECASE
)
_NO_KIND = frozenset({"part", "thing", "one", "moment", "memory", "person", "time", "way", "place", "spot"})
_FAN_OF = re.compile(
    r"(?:an? |such an? )?(?:(?:really|very|huge|big|massive|great|lifelong|die-hard|diehard|total|avid) )*(?:fans?"
    r"|supporter|admirer) of (?P<what>.+)"
)
_FAN = re.compile(
    r"an? (?:(?:huge|big|massive|lifelong|die-hard|total) )*(?P<what>[A-Z][\w' ]+?|[\w -]+?) (?:fan|supporter|nerd|geek"
    r"|enthusiast|buff|fanatic|aficionado)s?$"
)
_INTERESTED = re.compile(
    r"(?:(?:really|very|super|so|quite|always|deeply|also|genuinely) )*"
    r"(?P<how>interested in|fascinated (?:by|with)|passionate about|into|obsessed with|keen on|curious about"
    r"|crazy about|hooked on"
    r"|addicted to|fond of|big on) (?P<what>.+)"
)
_FOND = frozenset({"into", "crazy about", "hooked on", "addicted to", "fond of", "keen on", "big on"})

BY_VERB: Rules = {
    "like": (_like, _loved), "love": (_like, _loved), "enjoy": (_like, _loved), "support": (_support,),
    "adore": (_like,), "hate": (_hate,), "dislike": (_hate,),
    "detest": (_hate,), "despise": (_hate,), "loathe": (_hate,), "stand": (_stand,), "prefer": (_prefer,),
    "look": (_look_into,), "get": (_enough,), "follow": (_follow,), "listen": (_follow,),
    "be": (_favourite, _fan, _interested), "have": (_has_interest,),
}  # fmt: skip
