"""One ranking out of several, with a preference for the speaker whom the question names. Pure; works on ids alone."""

import re
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from math import fsum
from typing import Any, Generic, Protocol, TypeVar

K = 10
"""How many places at the top count almost alike.

60 was chosen for deep lists of many systems; with two lists and ten places wanted it lets two middling ranks beat
one excellent one (see decision 0003 for the measurement).
"""

SPEAKER_SHARE = 1.5
"""Weight of the speaker-first list, as a multiple of all other lists together."""


class _Ordered(Protocol):
    def __lt__(self, other: Any, /) -> bool: ...  # noqa: ANN401  the standard library types sortable things like this


Id = TypeVar("Id", bound=_Ordered)


@dataclass(frozen=True)
class Ranking(Generic[Id]):
    """What one search found."""

    ids: Sequence[Id]
    """Best first, hashable; one that stands there twice counts at its better place."""

    weight: float = 1.0


def fuse(rankings: Sequence[Ranking[Id]], k: int = K) -> list[Id]:
    """Everything that any ranking holds, best first; ties by id.

    Reciprocal rank fusion: an id scores the sum of weight / (k + rank) over the lists that hold it, ranks from 1
    (Cormack, Clarke and Buettcher, SIGIR 2009).
    """
    shares: defaultdict[Id, list[float]] = defaultdict(list)
    for ranking in rankings:
        for rank, found in enumerate(dict.fromkeys(ranking.ids), 1):
            shares[found].append(ranking.weight / (k + rank))
    # fsum is exact, so that the order in which the rankings are given cannot break a tie.
    scores = {found: fsum(parts) for found, parts in shares.items()}
    return sorted(sorted(scores), key=lambda found: scores[found], reverse=True)


def fuse_for(
    question: str,
    rankings: Sequence[Ranking[Id]],
    *,
    speakers: Collection[str],
    said_by: Mapping[Id, str],
    k: int = K,
) -> list[Id]:
    """`fuse`, with what was said by the one speaker whom the question names in front.

    Args:
        question: as it was asked.
        rankings: what the searches found.
        speakers: who takes part, found or not.
        said_by: the speaker of each id.
        k: as in `fuse`.
    """
    fused = fuse(rankings, k)
    speaker = named_speaker(question, speakers)
    if speaker is None:
        return fused
    weight = SPEAKER_SHARE * sum(ranking.weight for ranking in rankings)
    return fuse([*rankings, Ranking(speaker_first(fused, said_by, speaker), weight)], k)


def speaker_first(ids: Iterable[Id], said_by: Mapping[Id, str], speaker: str) -> list[Id]:
    """The same ids, those of the speaker before the others; otherwise in the order given."""
    return sorted(ids, key=lambda found: said_by.get(found) != speaker)


def named_speaker(question: str, speakers: Collection[str]) -> str | None:
    """The only one of the speakers whose name stands in the question; None when none does, or several do."""
    named = [speaker for speaker in speakers if any(_names(question, speaker))]
    return named[0] if len(named) == 1 else None


def without_names(question: str, speakers: Collection[str]) -> str:
    """What to search with by meaning: in a vector a name outweighs what is asked, and `fuse_for` sees to it already.

    A question that is nothing but names is returned as it is.
    """
    rest = question
    for speaker in sorted(speakers, key=len, reverse=True):
        for name in reversed(list(_names(rest, speaker))):
            rest = f"{rest[: name.start()]} {rest[name.end() :]}"
    rest = " ".join(rest.split())
    return rest if re.search(r"\w", rest) else question


def _names(question: str, speaker: str) -> Iterator[re.Match[str]]:
    """Where the speaker's name stands as a word of its own, with its possessive ending.

    In small letters a capitalised name counts only where nothing is capitalised: "what will Ana do" names no Will.
    """
    name = speaker.strip()
    if not name:
        return
    in_small_letters = name.islower() or question.islower()
    for match in re.finditer(rf"(?<!\w){re.escape(name)}(?:['\u2019]s)?(?!\w)", question, re.IGNORECASE):
        if in_small_letters or not match.group().islower():
            yield match
