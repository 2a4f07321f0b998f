"""A job that runs here: its claim, its task, and how long both may go on."""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass, field
from enum import Enum, auto
from math import inf
from time import monotonic
from typing import Any

from mindfleet.current_job import TimeLimit
from mindfleet.runtime.claims import Claim


class Stop(Enum):
    """Why a running job is stopped."""

    LOST = auto()
    """The lease ended: somebody else may run it by now."""

    WISH = auto()
    """Somebody asked for its end, or a newer one took its place."""

    SHUTDOWN = auto()
    """The worker ends, and hands it back."""


async def heeded() -> None:
    """Take note of a cancellation that is still to come, in a job that has already found out that it is to stop."""
    with suppress(asyncio.CancelledError):
        await asyncio.sleep(0)


@dataclass(eq=False, slots=True)
class Held:
    """One claim while it is seen through."""

    claim: Claim
    lease: float
    """Seconds."""

    renewed: float = field(default_factory=monotonic)
    """When the lease was asked for that holds; before the answer, so that it ends here first."""

    until: float = inf
    """The lease is not renewed after this instant (monotonic): a job must not outlive its time for ever."""

    limit: TimeLimit = field(default_factory=TimeLimit)
    """While that stands still, `until` moves on."""

    enqueued: int | None = None
    """When, ms since 1970, once that is read."""

    after: "Callable[[], asyncio.Future[Any]] | None" = None
    """Called once, when it is known that the job is settled; what it begins keeps the job's slot."""

    stopped: Stop | None = None
    wish: str = ""
    task: "asyncio.Task[Any] | None" = None
    confirm: Callable[["Held"], Awaitable[bool]] | None = None
    """Asks Redis whether the token still holds."""

    def is_in_time(self) -> bool:
        """Whether its lease is still to be renewed."""
        return monotonic() < self.until + self.limit.added

    def is_valid(self) -> bool:
        """Whether effects may still be produced under its token, as far as this process can know."""
        return self.stopped is not Stop.LOST and monotonic() < self.renewed + self.lease

    async def is_ours(self) -> bool:
        """Whether effects may be produced under its token, asked of Redis.

        Raises:
            RedisError, OSError: it does not answer, so that nobody knows.
        """
        return self.is_valid() and (self.confirm is None or await self.confirm(self))

    def stop(self, why: Stop, wish: str = "") -> None:
        """Cancel it, once; losing the lease overrules other reasons."""
        if self.stopped in (why, Stop.LOST):
            return
        self.stopped, self.wish = why, wish
        if self.task:
            self.task.cancel(why.name)
