"""Jobs that need a person."""

from collections.abc import Awaitable, Callable, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol


@dataclass(frozen=True, kw_only=True)
class ParkedJob:
    """A job that is dead until a person replays it, with everything needed to see why."""

    job_id: str
    task: str
    queue: str
    payload: dict[str, Any]
    """The arguments as they came; of an unreadable job only `{"raw": base64}`."""

    error: str
    """The class of the error."""

    message: str
    traceback: str
    attempts: int
    enqueued_at: datetime | None
    parked_at: datetime
    replayed_at: datetime | None = None
    """When somebody last began to put it back; it is still here when that was cut off."""

    replay_job_id: str | None = None
    """The id under which that was tried."""

    origin_id: str = ""
    """With `call`, the name under which it has its effects: its id, and which enqueueing of that it was."""

    call: str = ""
    """Empty: it was parked before that was known."""

    starts: int = 0
    """How often it was started."""


OnParked = Callable[[ParkedJob], Awaitable[None]]
"""What is told of a job that failed for good. It may be told twice of one, by the job's id, when a worker dies."""


@dataclass(frozen=True, kw_only=True)
class ParkedFilter:
    """Which parked jobs are meant: those that everything given here is true of; without anything, all."""

    job_ids: Sequence[str] | None = None
    queue: str | None = None
    task: str | None = None
    bot_name: str | None = None
    """As the payload says, which may call it `character_name`."""

    user_id: str | None = None
    """As the payload says."""

    error: str | None = None
    """The class of the error."""

    since: datetime | None = None
    """Parked then or later."""

    until: datetime | None = None
    """Parked before."""


EVERY_PARKED = ParkedFilter()


class Parked(Protocol):
    async def park(self, job: ParkedJob) -> None:
        """Keep it; parking the same job again replaces what was kept, and takes back that it was being replayed.

        Raises:
            StoreUnavailable: the store is away; the job has to stay where it is.
        """
        ...

    async def all(self, which: ParkedFilter = EVERY_PARKED, *, limit: int = 100) -> Sequence[ParkedJob]:
        """The newest first."""
        ...

    async def ids(self, which: ParkedFilter = EVERY_PARKED) -> Sequence[str]:
        """The oldest first, however many."""
        ...

    async def get(self, job_id: str) -> ParkedJob | None:
        """The one of this id."""
        ...

    async def count(self, which: ParkedFilter = EVERY_PARKED) -> int:
        """How many."""
        ...

    async def counts(self) -> dict[str, int]:
        """How many, by queue."""
        ...

    async def discard(self, which: ParkedFilter) -> int:
        """Forget them for ever; returns how many there were."""
        ...

    def replaying(self, job_id: str) -> AbstractAsyncContextManager[ParkedJob | None]:
        """Nobody else replays this job meanwhile; None when it is not parked (any more)."""
        ...

    async def mark_replay(self, job_id: str, replay_job_id: str, at: datetime) -> None:
        """Note, before it is tried, under which id the job is put back."""
        ...

    async def replayed(self, job_id: str) -> None:
        """The queue has it: forget it here, unless it was parked again since it was marked."""
        ...

    async def untold(self, before: datetime) -> Sequence[ParkedJob]:
        """Jobs parked before that, whose hooks did not end; the oldest first, at most a hundred."""
        ...

    async def told(self, job: ParkedJob) -> None:
        """The hooks of this parking have ended."""
        ...
