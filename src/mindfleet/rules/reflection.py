"""What recurs across sessions: insights by counting, each with the sessions and facts that it rests on."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

Kind = Literal["topic", "emotion", "taste"]

RECURRING = 2
"""Sessions in which something must come up."""


@dataclass(frozen=True, kw_only=True)
class Remembered:
    """A kept summary, as far as reflection reads it."""

    id: str
    topics: Sequence[str]
    emotions: Sequence[str]


@dataclass(frozen=True, kw_only=True)
class Known:
    """A fact of the user, as far as reflection reads it."""

    id: str
    predicate: str
    object: str
    sessions: Sequence[str]
    """Ids of the sessions in which it was said."""


@dataclass(frozen=True, kw_only=True)
class Insight:
    """Something that came up again."""

    text: str
    kind: Kind
    sources: list[str]
    """Ids of the summaries or facts that were counted."""


def insights(
    name: str, summaries: Sequence[Remembered], facts: Sequence[Known] = (), *, most: int = 5
) -> list[Insight]:
    """What recurs in at least `RECURRING` sessions of the person called `name`, the most frequent first.

    Only counts are told, never causes: "Ana spoke of pottery in 3 of 5 conversations."
    """
    topics = _sources((summary.id, summary.topics) for summary in summaries)
    emotions = _sources((summary.id, summary.emotions) for summary in summaries)
    found = [
        *_recurring("topic", f"{name} spoke of", topics, len(summaries)),
        *_recurring("emotion", f"{name} showed", emotions, len(summaries)),
        *_repeated(name, facts),
    ]
    return sorted(found, key=lambda insight: -len(insight.sources))[:most]


def _sources(named: Iterable[tuple[str, Sequence[str]]]) -> dict[str, list[str]]:
    """By topic or emotion, the summaries that name it."""
    sources: dict[str, list[str]] = defaultdict(list)
    for summary_id, things in named:
        for thing in dict.fromkeys(word.lower() for word in things):
            sources[thing].append(summary_id)
    return sources


def _recurring(kind: Kind, beginning: str, sources: Mapping[str, list[str]], total: int) -> Iterator[Insight]:
    for thing, ids in sources.items():
        if len(ids) >= RECURRING:
            text = f"{beginning} {thing} in {len(ids)} of {total} conversations."
            yield Insight(text=text, kind=kind, sources=ids)


def _repeated(name: str, facts: Sequence[Known]) -> Iterator[Insight]:
    """Likes and hobbies that were told in several sessions."""
    for fact in facts:
        sessions = len(set(fact.sessions))
        if sessions >= RECURRING and fact.predicate in {"LIKES", "HAS_HOBBY", "PLAYS", "INTERESTED_IN"}:
            text = f"{name} came back to {fact.object} in {sessions} conversations."
            yield Insight(text=text, kind="taste", sources=[fact.id])
