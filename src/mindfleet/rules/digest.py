"""A session in at most 120 words: who said what, in the third person, every sentence backed by its turns."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, tzinfo
from uuid import UUID

from mindfleet.conversation.turn import Turn
from mindfleet.rules.gate import carries_memory
from mindfleet.rules.importance import emotions, meaningfulness
from mindfleet.rules.lexicon import pattern
from mindfleet.rules.statement import Statement
from mindfleet.rules.statements import statements
from mindfleet.rules.telling import spoken, told
from mindfleet.rules.text import sentences
from mindfleet.rules.topics import topics
from mindfleet.rules.when import When, times

LONGEST = 120
"""Words of a digest."""


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


@dataclass(frozen=True, kw_only=True)
class _Line:
    """A sentence of the digest, before it is chosen."""

    turn: Turn
    text: str
    weight: float
    quote: str
    """What it rests on, verbatim."""


def digest(turns: Sequence[Turn], *, zone: tzinfo = UTC) -> Digest:
    """The digest of a session: its most telling sentences, quoted, and facts retold where that is good English.

    Args:
        turns: of both sides, in order; only what people say is digested.
        zone: where the speakers are; gives "yesterday" its date.
    """
    found = [(turn, fact) for turn in turns for fact in statements(turn, context=turns, zone=zone)]
    facts = [fact for _, fact in found]
    about = topics(turns, facts=facts)
    lines = _chosen([*_quoted(turns, found, zone), *_retold(found)], turns)
    opening = _opening(turns, about) if lines else ""
    return Digest(
        text=" ".join([opening, *(line.text for line in lines)]).strip(),
        meaningfulness=meaningfulness(turns, facts=facts),
        emotions=emotions(turns),
        topics=about,
        turn_ids=list(dict.fromkeys(line.turn.id for line in lines)),
    )


def _opening(turns: Sequence[Turn], about: list[str]) -> str:
    """Such as "Ana and Ben spoke of pottery, work and Rome."."""
    names = list(dict.fromkeys(turn.speaker for turn in turns if turn.role == "user"))
    named = about[:3]
    return f"{_listed(names)} spoke of {_listed(named)}." if names and named else ""


def _listed(items: list[str]) -> str:
    return " and ".join([", ".join(items[:-1]), items[-1]]) if len(items) > 1 else items[0]


def _chosen(candidates: list[_Line], turns: Sequence[Turn]) -> list[_Line]:
    """The weightiest that fit into the limit, each thing told once, in the order of the talk."""
    place = {turn.id: number for number, turn in enumerate(turns)}
    kept: list[_Line] = []
    room = LONGEST - _OPENING_WORDS
    for line in sorted(candidates, key=lambda line: (-line.weight, place[line.turn.id])):
        words = len(line.text.split())
        if words <= room and not any(_repeats(line, other) for other in kept):
            kept.append(line)
            room -= words
    return sorted(kept, key=lambda line: place[line.turn.id])


def _repeats(line: _Line, other: _Line) -> bool:
    if line.text == other.text:
        return True
    quoted = f'"{other.quote}"' in other.text or f'"{line.quote}"' in line.text
    return line.turn.id == other.turn.id and quoted and (line.quote in other.quote or other.quote in line.quote)


def _retold(found: Sequence[tuple[Turn, Statement]]) -> Iterator[_Line]:
    seen: set[tuple[str, str, str, str]] = set()
    for turn, fact in found:
        key = (turn.user_id, fact.subject, fact.predicate, fact.object.lower())
        text = told(fact, turn.speaker)
        if text and key not in seen:
            seen.add(key)
            weight = fact.confidence + (fact.predicate in _WEIGHTY) - 0.6 * (fact.predicate in _LIGHT)
            yield _Line(turn=turn, text=text, weight=weight, quote=fact.quote)


def _quoted(turns: Sequence[Turn], found: Sequence[tuple[Turn, Statement]], zone: tzinfo) -> Iterator[_Line]:
    """The most telling sentence of each turn, in its speaker's words: no rewriting that could be wrong."""
    for turn in turns:
        if turn.role != "user" or not carries_memory(turn):
            continue
        facts = [fact for other, fact in found if other.id == turn.id]
        weights = {sentence: _telling(sentence, facts) for sentence in _sentences(turn.content)}
        best = max(weights, key=lambda sentence: weights[sentence], default="")
        if best and weights[best] > _LEAST_WEIGHT:
            text = f'{turn.speaker} said: "{best}"{_dated(best, turn, zone)}'
            yield _Line(turn=turn, text=text, weight=weights[best], quote=best)


def _sentences(content: str) -> list[str]:
    """What a turn tells, verbatim but for line breaks and inner quotation marks."""
    spans = [(s.start, s.start + len(s.text)) for s in sentences(content) if not s.asks]
    texts = [" ".join(content[start:end].split()).replace('"', "'") for start, end in spans]
    return [text for text in texts if len(text.split()) <= _LONGEST_QUOTE]


def _telling(sentence: str, facts: Sequence[Statement]) -> float:
    """How much a sentence tells of its speaker."""
    if not _OWN.search(sentence):
        return 0.0
    stated = [fact for fact in facts if " ".join(fact.quote.split()).replace('"', "'") in sentence]
    concrete = len({match.group().lower() for match in pattern("concrete").finditer(sentence)})
    untold = sum(1 for fact in stated if told(fact, "x") is None)
    return (
        0.4 + 0.3 * min(concrete, 4) + 0.02 * len(sentence.split()) + 0.8 * untold - 0.5 * len(_WEAK.findall(sentence))
    )


def _dated(sentence: str, turn: Turn, zone: tzinfo) -> str:
    """The date of its time words, such as " (7 May 2023)" for "yesterday"."""
    past = re.search(r"\b(?:was|were|had|did|went|\w+ed)\b", sentence) is not None
    found = [time for time in times(sentence, turn.sent_at, zone, past=past) if time.kind == "point"]
    today = turn.sent_at.astimezone(zone).date()
    return f" ({_span(found[0])})" if found and found[0].first != today else ""


def _span(time: When) -> str:
    if time.first == time.last:
        return spoken(time.first)
    if (time.first.month, time.first.day, time.last.month, time.last.day) == (1, 1, 12, 31):
        return str(time.first.year)
    if time.first.day == 1 and time.first.month == time.last.month and (time.last - time.first).days > _WEEK:
        return f"{time.first:%B %Y}"
    if time.first.month == time.last.month:
        return f"{time.first.day} to {spoken(time.last)}"
    return f"{spoken(time.first).removesuffix(f' {time.last.year}')} to {spoken(time.last)}"


_OPENING_WORDS = 20
_LONGEST_QUOTE = 32
_LEAST_WEIGHT = 0.8
_WEEK = 7
_OWN = re.compile(r"\b(?:I|I'm|I've|I'd|I'll|my|we|We|We're|We've|My|our)\b")
_WEAK = re.compile(
    r"\b(?:thanks|thank you|congrats|wow|great to|sounds|totally agree|that's|you're|your|you)\b", re.IGNORECASE
)
_WEIGHTY = frozenset(
    {
        "LIVES_IN",
        "WORKS_AT",
        "HAS_ROLE",
        "HAS_CONDITION",
        "ALLERGIC_TO",
        "WANTS_TO",
        "PLANS_TO",
        "TRAVELS_TO",
        "PARTNER_OF",
    }
    | {"MARRIED_TO", "HAS_PET", "STUDIES", "VOLUNTEERS_AT", "OWNS_BUSINESS"}
)
_LIGHT = frozenset({"HAS_RELATIVE", "IS_A", "LIKES"})
