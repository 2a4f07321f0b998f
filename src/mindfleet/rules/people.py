"""Relatives, friends and pets: which relation a word names, and who is called what."""

import re
from dataclasses import dataclass
from functools import cache

from mindfleet.rules.heads import AUXILIARIES
from mindfleet.rules.lexicon import any_of, groups, known, singular, words
from mindfleet.rules.verbs import form_of

NAME = r"(?-i:[A-Z][a-z\u00e0-\u00f6\u00f8-\u00ff]+(?:[-'][A-Z][a-z]+)?)"
"""A given name as written: never in capitals, never a single letter."""

NAMES = rf"{NAME}(?:(?:, {NAME})*,? and {NAME})?"
"""One or several of them: "Luna, Max and Bella"."""


@dataclass(frozen=True, kw_only=True)
class Mention:
    """Somebody who belongs to the speaker: "my older sister Anna"."""

    noun: str
    """In the singular, lower case: sister, cat."""

    predicate: str
    """What ties them to the speaker: `SIBLING_OF`, `HAS_PET`."""

    names: tuple[str, ...]
    adjectives: tuple[str, ...]
    plural: bool
    ours: bool
    """Said with "our", which may be everybody's."""

    end: int
    """Where the mention ends in the text."""

    @property
    def is_pet(self) -> bool:
        return self.predicate == "HAS_PET"

    @property
    def former(self) -> bool:
        """An ex or a late one."""
        return bool({"ex", "late", "former"} & set(self.adjectives))


def mentions(text: str) -> list[Mention]:
    """Every relative, friend or pet that `text` (spelt out) calls the speaker's own."""
    if not _MINE.search(text):
        return []
    return [mention for match in _MENTION.finditer(text) if (mention := _mention(match, text))]


def names_in(text: str) -> tuple[str, ...]:
    """The names that a list such as "Luna, Max and Bella" begins with."""
    match = re.match(NAMES, text)
    return tuple(name for name in re.split(r", and | and |, ", match.group()) if is_name(name)) if match else ()


def is_name(word: str) -> bool:
    """Whether a capitalised word can be the name of a person or an animal."""
    spelt = re.fullmatch(NAME, word) is not None
    return spelt and word.lower() not in words("not_names") and not known(word, "nationalities")


def is_given_name(word: str) -> bool:
    """Whether the word is a common given name."""
    return word.lower() in words("first_names")


def kind_of(noun: str) -> str | None:
    """The predicate for a relation noun in either number, `HAS_PET` for animals, None for other words."""
    relation = _relations().get(singular(noun.lower()))
    if relation:
        return relation
    return "HAS_PET" if known(noun, "animals") else None


@cache
def _relations() -> dict[str, str]:
    return {noun: predicate for predicate, nouns in groups("kin").items() for noun in nouns}


def _mention(match: re.Match[str], text: str) -> Mention | None:
    noun = match["noun"].lower()
    predicate = kind_of(noun)
    names = names_in(match["names"] or "")
    if predicate is None or (not names and _is_compound(text[match.end("noun") :])):
        return None
    return Mention(
        noun=singular(noun),
        predicate=predicate,
        names=names,
        adjectives=tuple(match["adjectives"].lower().replace("-", " ").split()),
        plural=noun != singular(noun),
        ours=match["whose"].lower() == "our",
        end=match.end("names") if names else match.end("noun"),
    )


def _is_compound(after: str) -> bool:
    """Whether the noun only describes the next one: "my cat sitter", "my horse painting"."""
    match = re.match(r"(?P<whose>['\u2019]s?)? ?(?P<word>[\w'-]*)", after)
    word = match["word"].lower() if match else ""
    if not match or not after.startswith((" ", "'", "\u2019")) or word in {"", "name", "called", "named"}:
        return False
    grammatical = word in AUXILIARIES or any(word in words(name) for name in ("phrase_ends", "prepositions", "adverbs"))
    verb = form_of(word) in {"s", "past", "base", "part"}
    return not (
        match["whose"]
        or grammatical
        or verb
        or word in {"also", "to", "too", "there", "here", "back", "down", "up", "out", "off", "away", "over", "home"}
    )


_PLURALS = frozenset({"children", "grandchildren", "puppies", "kitties"})
NOUN = rf"{any_of(frozenset(_relations()) | words('animals') | _PLURALS)}(?:e?s)?\b"
"""A relation or a pet, in either number."""

_MINE = re.compile(r"\b(?:my|our)\b", re.IGNORECASE)
_ADJECTIVES = rf"(?:(?:{any_of(words('kin_adjectives'))}|\d+[- ]year[- ]old|\w+[- ](?:month|year)s?[- ]old)[ -])*"
_CALLED = r"(?:'s name is|'s called|,? (?:who is |that is |is )?(?:named|called)|,)?"
_MENTION = re.compile(
    rf"\b(?P<whose>my|our)\s+(?P<adjectives>{_ADJECTIVES})(?P<noun>{NOUN})"
    rf"(?:{_CALLED}\s+(?P<names>{NAMES})\b(?!'s \w+ (?:is|has)))?",
    re.IGNORECASE,
)
