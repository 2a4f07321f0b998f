"""What recurs across sessions: insights by counting, each with the sessions and facts that it rests on."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
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
    found = [
        *_recurring(
            "topic", "{name} spoke of {what} in {n} of {of} conversations.", name, summaries, lambda s: s.topics
        ),
        *_recurring(
            "emotion", "{name} showed {what} in {n} of {of} conversations.", name, summaries, lambda s: s.emotions
        ),
        *_repeated(name, facts),
    ]
    return sorted(found, key=lambda insight: -len(insight.sources))[:most]


def _recurring(kind: Kind, template: str, name: str, summaries: Sequence[Remembered], read) -> Iterable[Insight]:  # type: ignore[no-untyped-def]
    sources: dict[str, list[str]] = defaultdict(list)
    for summary in summaries:
        for what in dict.fromkeys(word.lower() for word in read(summary)):
            sources[what].append(summary.id)
    for what, ids in sources.items():
        if len(ids) >= RECURRING:
            yield Insight(
                text=template.format(name=name, what=what, n=len(ids), of=len(summaries)), kind=kind, sources=ids
            )


def _repeated(name: str, facts: Sequence[Known]) -> Iterable[Insight]:
    """Likes and hobbies that were told in several sessions."""
    for fact in facts:
        sessions = list(dict.fromkeys(fact.sessions))
        if len(sessions) >= RECURRING and fact.predicate in {"LIKES", "HAS_HOBBY", "PLAYS", "INTERESTED_IN"}:
            text = f"{name} came back to {fact.object} in {len(sessions)} conversations."
            yield Insight(text=text, kind="taste", sources=[fact.id])
