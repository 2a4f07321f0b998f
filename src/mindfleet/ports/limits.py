"""How often, how much and by how many at once a model may be asked: one count for the whole fleet."""

from collections.abc import Awaitable, Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import timedelta
from math import ceil
from typing import Literal, Protocol

INTERACTIVE = 7
"""From this priority on somebody waits for the job."""

Why = Literal["hold", "breaker", "concurrency", "requests", "tokens", "line", "away"]
"""
`hold`         the provider asked to be left alone
`breaker`      its last calls failed; nobody asks until one has tried
`concurrency`  as many calls as may be are under way
`requests`     the requests of a minute are used up
`tokens`       so are its tokens
`line`         there is room, but others came first
`away`         the counts cannot be read or written
"""

Rank = tuple[int, float]
"""Ten less the priority, and since when it waits: who waits longer, or for something more urgent, comes first."""

Opening = Callable[[timedelta], Awaitable[None]]
"""Waits for at most so long; what is given back between two waits ends the second at once."""

Ending = Literal["answered", "failed", "paused", "dropped"]
"""
`answered`  the provider is there, whatever it said
`failed`    it is away, overloaded or too slow
`paused`    it named a time before which it will not answer
`dropped`   we hung up
"""


@dataclass(frozen=True, kw_only=True)
class Target:
    """One model of one provider, and what it may be asked."""

    provider: str
    """Who is left alone when it asks for that."""

    model: str
    scope: str
    """What is counted together: `openai/gpt-x`, or `local/<host>` for all models of a machine of our own."""

    concurrency: int | None = None
    """Calls at once; None for any number, here and below."""

    requests: int | None = None
    """A minute."""

    tokens: int | None = None
    """A minute, sent and received."""

    interactive_share: float = 0.0
    """The part of each limit, 0 to 1, that only interactive work may use; the rest is for all, but never nothing."""

    @property
    def breaker(self) -> str:
        """What fails together."""
        return f"{self.provider}/{self.model}"

    def may_use(self, limit: int | None, priority: int) -> int | None:
        """How much of one of its limits a call of this priority may use."""
        if limit is None or priority >= INTERACTIVE:
            return limit
        return limit - min(limit - 1, ceil(limit * self.interactive_share))


@dataclass(frozen=True, kw_only=True)
class Wish:
    """A call that somebody wants to make."""

    target: Target
    ticket: str
    """Who wants it. The same ticket keeps its place in the line."""

    tokens: int
    """About how many it will take, the answer included."""

    priority: int
    """0 to 10; the higher comes first."""

    stays: bool
    """Whether the caller waits here, rather than goes and comes again."""


@dataclass(frozen=True)
class Reservation:
    """A call that may be made now. Whoever has it settles it; if its holder dies it ends by itself."""

    target: Target
    token: str
    tokens: int


@dataclass(frozen=True)
class Refusal:
    """Not now."""

    why: Why
    gate: str
    """What is closed: `hold:` and the provider, the model or the scope."""

    after: timedelta
    """When it may be different: for `concurrency`, `line` and `away` a guess, for the others when time opens it."""


@dataclass(frozen=True)
class Settlement:
    """How a call ended."""

    ending: Ending
    tokens: int | None = None
    """What it took; None leaves it at what was reserved."""

    pause: timedelta = timedelta()
    """For how long the provider wants to be left alone."""


class Limits(Protocol):
    async def reserve(self, wish: Wish) -> Reservation | Refusal:
        """The right to make a call, or why not.

        Of equal priority who came first goes first, as long as they come again in time.
        """
        ...

    async def settle(self, reservation: Reservation, how: Settlement) -> None:
        """Give the place back, with what was really used; fails never, for a lost settlement ends by itself."""
        ...

    async def leave(self, wish: Wish) -> None:
        """Give up a place in the line; fails never."""
        ...

    def watching(self, target: Target, rank: Rank) -> AbstractContextManager[Opening]:
        """Within, what waits until something is given back and it is the turn of this rank, or for so long."""
        ...
