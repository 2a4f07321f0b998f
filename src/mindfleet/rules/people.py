"""Relatives, friends and pets: which relation a word names, and who is called what."""

import re
from dataclasses import dataclass

from mindfleet.rules.lexicon import known, singular, words

NAME = r"(?-i:[A-Z][a-zà-öø-ÿ]+(?:[-'][A-Z][a-z]+)?)"
"""A given name as written: never in capitals, never a single letter."""

KIN = {
    "MARRIED_TO": "husband wife spouse hubby",
    "PARTNER_OF": "boyfriend girlfriend partner fiance fiancé fiancee fiancée gf bf",
    "PARENT_OF": "son daughter child kid stepson stepdaughter toddler",
    "CHILD_OF": "mom mum mother dad father mommy daddy stepmom stepdad stepmother stepfather mama papa",
    "SIBLING_OF": "brother sister sibling half-brother half-sister stepbrother stepsister sis bro twin",
    "RELATIVE_OF": "aunt auntie uncle cousin niece nephew grandma grandpa grandmother grandfather granny nana"
    " grandson granddaughter grandchild mother-in-law father-in-law sister-in-law brother-in-law son-in-law"
    " daughter-in-law godmother godfather godson goddaughter",
    "FRIEND_OF": "friend bestie buddy pal mate bff",
    "LIVES_WITH": "roommate flatmate housemate",
    "COLLEAGUE_OF": "colleague coworker co-worker boss manager supervisor teammate",
    "NEIGHBOUR_OF": "neighbour neighbor",
}  # fmt: skip
PREDICATE_OF = {noun: predicate for predicate, nouns in KIN.items() for noun in nouns.split()}
"""By the noun in the singular; pets are `HAS_PET`."""

_ADJECTIVES = (
    "older younger elder eldest oldest youngest middle little big baby twin best old dear good close closest new late former"
    " ex only first second lovely beautiful sweet adorable cute wonderful amazing childhood college school work step half great"
    " gorgeous crazy silly furry fluffy rescue adopted pet black white ginger orange brown grey gray tabby three two four five"
    " 2 3 4 5 male female long-time longtime other favourite amazing next-door"
).split()
_ADJECTIVE = rf"(?:(?:{'|'.join(_ADJECTIVES)}|\d+[- ]year[- ]old|\w+[- ](?:month|year)s?[- ]old)[ -])*"
_PETS = sorted(words("animals"), key=len, reverse=True)
NOUN = rf"(?:{'|'.join(sorted(PREDICATE_OF, key=len, reverse=True))}|{'|'.join(_PETS)}|children|puppies|kitties)"
_NAMES = rf"{NAME}(?:(?:, {NAME})*,? and {NAME})?"
_MENTION = re.compile(
    rf"\b(?P<whose>my|our)\s+(?P<adj>{_ADJECTIVE})(?P<noun>{NOUN})(?:e?s)?\b"
    rf"(?:(?:'s name is|'s called|,? (?:who is |that is |is )?(?:named|called)|,)?\s+(?P<names>{_NAMES})\b(?!'s \w+ (?:is|has)))?",
    re.IGNORECASE,
)
_NOT_NAMES = frozenset(
    "i monday tuesday wednesday thursday friday saturday sunday january february march april may june july august september"
    " october november december english french german spanish italian christmas easter halloween thanksgiving god jesus"
    " yes no ok okay thanks hey hi hello wow well so and but the this that my our we they he she it you what when where who how why"
    " if is are was mom mum dad instagram facebook google youtube netflix discord lol omg also just really today tomorrow"
    " yesterday anyway please sorry congrats haha then because maybe actually let love good great happy new".split()
)


@dataclass(frozen=True, kw_only=True)
class Mention:
    """ "my older sister Anna": somebody who belongs to the speaker."""

    noun: str
    """In the singular, lower case: sister, cat."""

    predicate: str
    names: tuple[str, ...]
    former: bool
    """An ex or late one."""

    plural: bool
    adjectives: tuple[str, ...]
    ours: bool
    """Said with "our", which may be everybody's."""

    end: int
    """Where the mention ends in the text."""

    @property
    def is_pet(self) -> bool:
        return self.predicate == "HAS_PET"


def mentions(text: str) -> list[Mention]:
    """Every relative, friend or pet that `text` (spelt out) calls the speaker's own."""
    return [mention for match in _MENTION.finditer(text) if (mention := _mention(match, text))]


def names_in(text: str) -> tuple[str, ...]:
    """The names that a list such as "Luna, Max and Bella" begins with."""
    match = re.match(_NAMES, text)
    return tuple(name for name in re.split(r", | and |,", match.group()) if is_name(name)) if match else ()


def is_name(word: str) -> bool:
    """Whether a capitalised word can be the name of a person or an animal."""
    return re.fullmatch(NAME, word) is not None and word.lower() not in _NOT_NAMES and not known(word, "nationalities")


def is_given_name(word: str) -> bool:
    """Whether the word is a common given name."""
    return word.lower() in words("first_names")


def kind_of(noun: str) -> str | None:
    """The predicate for a relation noun in either number, `HAS_PET` for animals, None for other words."""
    one = singular(noun.lower())
    if one in PREDICATE_OF:
        return PREDICATE_OF[one]
    return "HAS_PET" if known(noun, "animals") else None


def _mention(match: re.Match[str], text: str) -> Mention | None:
    noun = match["noun"].lower()
    predicate = kind_of(noun)
    if predicate is None or _compound(match, text):
        return None
    names = tuple(n.strip() for n in re.split(r",? and |, ", match["names"] or "") if n.strip())
    adjectives = tuple(match["adj"].lower().replace("-", " ").split())
    if not all(is_name(name) for name in names):
        names = ()
    return Mention(
        noun=singular(noun),
        predicate=predicate,
        names=names,
        former=bool({"ex", "late", "former"} & set(adjectives)),
        plural=match.group()[: match.end("noun") - match.start() + 1].lower().endswith("s") or noun == "children",
        adjectives=adjectives,
        ours=match["whose"].lower() == "our",
        end=match.end("names") if names else match.end("noun"),
    )


def _compound(match: re.Match[str], text: str) -> bool:
    """ "my cat sitter", "my son's school" are about something else."""
    after = text[match.end("noun") :]
    return re.match(r"e?s?['’]s?\s(?!name\b|called\b)|\s(?:sitter|food|show|toy|bed|walker|video|allergy|lover|person|park)", after) is not None
