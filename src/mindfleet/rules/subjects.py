"""Who a clause is about: the speaker, somebody of theirs, somebody named, or something of theirs."""

import re
from dataclasses import dataclass

from mindfleet.rules.heads import AUXILIARIES
from mindfleet.rules.lexicon import pattern, words
from mindfleet.rules.people import NAME, is_given_name, is_name, kind_of, mentions
from mindfleet.rules.verbs import form_of

USER = "user"
"""The speaker of the turn."""


@dataclass(frozen=True, kw_only=True)
class Subject:
    """Who or what, and the tokens that follow."""

    name: str
    """`user`, a name, a relation ("sister"), or what else is the speaker's ("favourite colour")."""

    predicate: list[str]
    thing: bool = False
    """Not a person or an animal, but something of the speaker's."""

    relation: str | None = None
    """What ties it to the speaker (`SIBLING_OF`), where the clause says so."""

    others: tuple[str, ...] = ()
    """Further names: "my cats Luna and Max"."""

    together: bool = False
    """The speaker says "we"."""

    elided: bool = False
    """The speaker left out "I"."""


def subject_of(text: str, names: frozenset[str], *, first: bool) -> Subject | None:
    """The subject that `text` (spelt out) begins with, or None when it is nobody's business here.

    Args:
        text: a clause without its time words.
        names: names that are known to be somebody's, besides common given names.
        first: the clause begins its sentence, so that "I" may have been left out.
    """
    tokens = text.split()
    if not tokens:
        return None
    word = tokens[0].lower()
    if word in {"i", "we"}:
        itself = len(tokens) > 1 and tokens[1].lower() in {"all", "both", "ourselves", "myself"}
        return Subject(name=USER, predicate=tokens[1 + itself :], together=word == "we")
    if word in {"my", "our"}:
        return _relative(text) or _thing(text, tokens)
    if with_me := _AND_ME.match(text) or _ME_AND.match(text):
        return Subject(name=USER, predicate=text[with_me.end() :].split(), together=True)
    found = _named(text, names) or _favourite(text)
    if found is None and first and pattern("elided").match(text):
        return Subject(name=USER, predicate=tokens, elided=True)
    return found


def _relative(text: str) -> Subject | None:
    """As in "My cats Luna and Max …"."""
    mention = next(iter(mentions(text)), None)
    former = mention is not None and mention.former and not mention.names and "late" not in mention.adjectives
    if mention is None or former or not _ONLY_MINE.match(text[: mention.end]):
        return None
    after = _WHO.sub("", text[mention.end :])
    predicate = after.split()
    if not after.startswith(" ") or predicate[0] in {"and", "or"}:
        return None
    if not mention.names and not _is_finite(predicate):
        return None
    noun = mention.noun + ("s" if mention.plural and mention.noun != "child" else "")
    name, *others = mention.names or (noun,)
    return Subject(name=name, predicate=predicate, relation=mention.predicate, others=tuple(others))


def _thing(text: str, tokens: list[str]) -> Subject | None:
    """As in "My favourite colour …"."""
    if _AND_I.match(text):
        return None
    for place, token in enumerate(tokens[2:8], start=2):
        if token.lower() in AUXILIARIES or form_of(token.lower()) in {"s", "past"}:
            return Subject(name=" ".join(tokens[1:place]), predicate=tokens[place:], thing=True)
    return None


def _favourite(text: str) -> Subject | None:
    """Read "blue is my favourite colour" the other way round."""
    match = _FAVOURITE_LAST.fullmatch(text)
    if match is None:
        return None
    return Subject(name=match["kind"], predicate=[match["be"], *match["what"].split()], thing=True)


def _named(text: str, names: frozenset[str]) -> Subject | None:
    match = _NAMED.match(text)
    if match is None or not is_name(match["name"]):
        return None
    name, predicate = match["name"], text[match.end() :].split()
    if not _is_finite(predicate):
        return None
    if match["kin"]:
        relation = kind_of(match["kin"])
        return Subject(name=name, predicate=predicate, relation=relation) if relation else None
    return Subject(name=name, predicate=predicate) if name in names or is_given_name(name) else None


def _is_finite(predicate: list[str]) -> bool:
    for token in predicate:
        word = token.lower()
        if word not in words("adverbs"):
            return word in AUXILIARIES or form_of(word) in {"s", "past", "base"}
    return False


_ONLY_MINE = re.compile(r"(?:my|our)\b(?!.*\b(?:my|our)\b)", re.IGNORECASE)
_WHO = re.compile(r"^,? (?:who|that|which)(?= )")
_AND_I = re.compile(r"(?:my|our) [\w -]+? and (?:I|me)\b", re.IGNORECASE)
_ME_AND = re.compile(
    r"me and (?:my|our) [\w' -]{2,30}? (?=(?:(?:just|both|also|recently) )*(?:got|have|are|live|moved|adopted|went)\b)",
    re.IGNORECASE,
)
_AND_ME = re.compile(rf"{NAME} and I ")
_NAMED = re.compile(
    rf"(?P<name>{NAME}),? {{1,3}}(?:(?:\()?(?:my|our) (?:[\w-]+ )??(?P<kin>[\w-]+)[,)]? {{1,3}})?(?:who |that )?(?=\w)"
)
_FAVOURITE_LAST = re.compile(
    r"(?P<what>(?:the )?[\w' -]{2,40}?) (?P<be>is|are) (?:probably |definitely )?my "
    r"(?P<kind>(?:absolute |all-time )?favourite [\w -]{2,30}|(?:main |biggest |true |only )?(?:hobby|passion))",
    re.IGNORECASE,
)
