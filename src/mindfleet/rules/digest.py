"""A session in at most 120 words: who said what, in the third person, every sentence backed by its turns."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, tzinfo
from uuid import UUID

from mindfleet.conversation.turn import Turn
from mindfleet.rules import importance
from mindfleet.rules.gate import carries_memory
from mindfleet.rules.statement import Statement
from mindfleet.rules.statements import statements
from mindfleet.rules.telling import told
from mindfleet.rules.text import own_words

LONGEST = 120
"""Words of a digest."""

_QUOTED_WORDS = 30
_SENTENCE = re.compile(r"[^.!?\n]+[.!?]*")
_OWN = re.compile(r"\b(?:I|I'm|I've|I'd|I'll|my|we|We|My|our)\b")
_CONCRETE = re.compile(
    r"\b(?:yesterday|last|next|ago|tomorrow|week|weekend|month|year|when|because|since|first|new|finally|started|went|got|made|bought|moved|found|lost|won|joined"
    r"|family|friend|work|job|school|kids|mom|dad|home|dream|goal|plan\w*|decided|want|need)\b",
    re.IGNORECASE,
)
_WEAK = re.compile(
    r"\b(?:thanks|thank you|congrats|wow|great to|sounds|totally agree|that's|you're|your)\b", re.IGNORECASE
)


@dataclass(frozen=True, kw_only=True)
class Digest:
    """What a session was about, and how much it matters."""

    text: str
    """At most `LONGEST` words; empty when nothing was told."""

    meaningfulness: int
    """1 to 5."""

    emotions: list[str]
    topics: list[str]
    turn_ids: list[UUID]
    """The turns that `text` rests on, in order."""


def digest(turns: Sequence[Turn], *, zone: tzinfo = UTC) -> Digest:
    """The digest of a session, extracted: facts retold by templates, the rest in its speakers' own words."""
    facts = [(turn, fact) for turn in turns for fact in statements(turn, context=turns, zone=zone)]
    only = [fact for _, fact in facts]
    lines = _lines(turns, facts)
    return Digest(
        text=" ".join(text for _, text in lines),
        meaningfulness=importance.meaningfulness(turns, facts=only),
        emotions=importance.emotions(turns),
        topics=importance.topics(turns, facts=only),
        turn_ids=list(dict.fromkeys(turn.id for turn, _ in lines)),
    )


def _lines(turns: Sequence[Turn], facts: Sequence[tuple[Turn, Statement]]) -> list[tuple[Turn, str]]:
    """Sentences with the turn that each rests on, in the order of the talk, within the word limit."""
    candidates = [*_retold(facts), *_quoted(turns)]
    candidates.sort(key=lambda line: -line[0])
    place = {turn.id: number for number, turn in enumerate(turns)}
    kept: list[tuple[Turn, str]] = []
    length = 0
    for _, turn, text in candidates:
        words = len(text.split())
        if length + words <= LONGEST and all(text != other for _, other in kept):
            kept.append((turn, text))
            length += words
    return sorted(kept, key=lambda line: place[line[0].id])


def _retold(facts: Sequence[tuple[Turn, Statement]]) -> list[tuple[float, Turn, str]]:
    seen: set[tuple[str, str, str, str]] = set()
    found: list[tuple[float, Turn, str]] = []
    for turn, fact in facts:
        key = (turn.user_id, fact.subject, fact.predicate, fact.object.lower())
        if key not in seen:
            seen.add(key)
            found.append((_weight(fact), turn, told(fact, turn.speaker)))
    return found


def _weight(fact: Statement) -> float:
    dated = fact.since is not None
    return (
        fact.confidence
        + 1.2 * dated
        + (0.8 if fact.predicate in _WEIGHTY else 0)
        - (0.5 if fact.predicate in _LIGHT else 0)
    )


_WEIGHTY = frozenset(
    "LIVES_IN WORKS_AT HAS_ROLE HAS_CONDITION ALLERGIC_TO WANTS_TO PLANS_TO HAS_EVENT ACHIEVED TRAVELS_TO PARTNER_OF MARRIED_TO HAS_PET CREATED".split()
)
_LIGHT = frozenset("HAS_RELATIVE IS_A LIKES".split())


def _quoted(turns: Sequence[Turn]) -> list[tuple[float, Turn, str]]:
    """The most telling sentence of each turn, quoted, so that no rewriting can be wrong."""
    found: list[tuple[float, Turn, str]] = []
    for turn in turns:
        if turn.role == "user" and carries_memory(turn):
            best = max(((_telling(s), s) for s in _sentences(turn.content)), default=(0.0, ""))
            if best[0] > 1:
                found.append((best[0], turn, f'{turn.speaker} said: "{best[1]}"'))
    return found


def _sentences(content: str) -> list[str]:
    text = own_words(content)
    return [
        re.sub(r"\s+", " ", match.group()).strip().replace('"', "'")
        for match in _SENTENCE.finditer(text)
        if not match.group().rstrip().endswith("?") and len(match.group().split()) <= _QUOTED_WORDS
    ]


def _telling(sentence: str) -> float:
    """How much a sentence tells of its speaker."""
    if not _OWN.search(sentence):
        return 0.0
    concrete = len(set(_CONCRETE.findall(sentence.lower())))
    return 0.4 + 0.35 * min(concrete, 4) + 0.02 * len(sentence.split()) - 0.5 * len(_WEAK.findall(sentence))
