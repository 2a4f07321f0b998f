"""A fact as the rules find it, before it is checked and stored."""

from dataclasses import dataclass
from datetime import date


@dataclass(frozen=True, kw_only=True)
class Statement:
    """Subject, predicate, object: what somebody said to be so, or to be so no longer."""

    subject: str
    """`user` for the speaker of the turn, otherwise the name or relation as said ("Luna", "sister")."""

    predicate: str
    """A member of the vocabulary, or free words in UPPER_SNAKE."""

    object: str
    """A short phrase without article or possessive."""

    confidence: float
    """0 to 1; how surely the sentence says it."""

    quote: str
    """The clause that it rests on, verbatim from the turn."""

    holds: bool = True
    """False for what ended: "I no longer work at Google"."""

    since: date | None = None
    """The first day on which it holds, or the day of the event."""

    until: date | None = None
    """The last day on which it holds."""
