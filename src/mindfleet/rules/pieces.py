"""Where a sentence falls apart into clauses."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from mindfleet.rules.lexicon import alternatives
from mindfleet.rules.people import NAME
from mindfleet.rules.spelling import plain
from mindfleet.rules.text import Sentence


@dataclass(frozen=True, kw_only=True)
class Piece:
    """A stretch of a sentence between two joints, with its place in the message."""

    start: int
    end: int
    lead: str
    """The words that only lead to it ("Well, in my free time")."""

    text: str
    """The rest, spelt out."""

    joint: str
    """The word that joins it to what stands before."""

    @property
    def is_subordinate(self) -> bool:
        """It tells when or where, not what."""
        return self.joint in _SUBORDINATE


def pieces(sentence: Sentence) -> list[Piece]:
    """The clauses of a sentence, without those that ask."""
    if sentence.asks and _ASKING.match(sentence.text):
        return []
    found = list(_split(sentence))
    return found[:-1] if sentence.asks else found


def _split(sentence: Sentence) -> Iterator[Piece]:
    text = _APPOSITION.sub(lambda match: match.group().replace(",", " "), sentence.text)
    start, joint = 0, ""
    for match in _JOINT.finditer(text):
        if match.start() > start:
            yield from _piece(sentence, text, (start, match.start()), joint)
        start, joint = match.end(), match.group().lower().strip(" ,'")
    yield from _piece(sentence, text, (start, len(text)), joint)


def _piece(sentence: Sentence, text: str, span: tuple[int, int], joint: str) -> Iterator[Piece]:
    said = _TRAILING.sub("", plain(text[span[0] : span[1]]))
    lead = _PREFIX.match(said)
    cut = lead.end() if lead else 0
    if said[cut:].strip(" ,"):
        own = text[span[0] : span[1]]
        start = sentence.start + span[0] + len(own) - len(own.lstrip())
        end = sentence.start + span[0] + len(own.rstrip())
        yield Piece(start=start, end=end, lead=said[:cut], text=said[cut:].strip(" ,"), joint=joint)


_PRONOUN = r"(?:I|we|my|our|he|she|it|they|you|this|that|there|his|her|their|your|these|those)\b"
_JOINT = re.compile(
    r"\s{0,3}[;()]\s{0,3}|\s{1,3}[-\u2013\u2014]+\s{1,3}|--+|\u2014|\.\.\.|\u2026|:(?=\s)"
    rf"|,?\s{{1,3}}(?:and|but|so|because|'?cause|cuz|cos|although|though|while|whereas|plus|yet|or|since|as|until"
    rf"|that's why)\s{{1,3}}(?={_PRONOUN})"
    rf"|,\s{{0,3}}(?={_PRONOUN})"
    r"|,\s{0,3}(?=(?:what|which|who|where|how|why|any|do|does|did|can|could|would|should|are|is|so|let|lets|thanks|lol"
    r"|haha|especially"
    r"|except|not|hence|right|however|please|isn't|don't|thank|sounds|no|yes|if)\b)"
    r"|,?\s{1,3}(?:but|because|'cause|cuz|although|though|whereas|so that|when|whenever|while|before|after|which"
    r"|where|whose|despite)\s{1,3}",
    re.IGNORECASE,
)
_SUBORDINATE = frozenset(
    {"when", "whenever", "while", "before", "after", "until", "since", "as", "where", "whose", "which"}
)
_ASKING = re.compile(
    rf"^\W*(?:(?:and|so|but|hey|hi|oh|wow|ok|okay|well|also)\W+)*(?:\w+,\s+)?{alternatives('asking')}(?!\w)",
    re.IGNORECASE,
)
_PREFIX = re.compile(
    rf"^(?:(?:{alternatives('prefix')}|(?:(?:hey|hi|hello|thanks|oh|yeah|well),? )?{NAME}(?=,)(?!, (?:my"
    rf"|our)\b))\b[,:!]*\s*)+",
    re.IGNORECASE,
)
_TRAILING = re.compile(
    r",? (?:to be (?:honest|fair|frank)|honestly|tbh|I (?:admit|confess)|I (?:must|have to) say|by the way|btw"
    r"|if you must know"
    r"|as you (?:may )?know|you know|believe it or not)$",
    re.IGNORECASE,
)
_APPOSITION = re.compile(rf"\b{NAME}, (?:my|our) [\w -]{{2,30}}?,")
"""In "Luna, my cat, …" the commas part nothing."""
