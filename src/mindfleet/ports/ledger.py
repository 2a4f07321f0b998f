"""The ledger: every durable job, where it outlives Redis."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import NamedTuple, Protocol, TypeAlias

from mindfleet.errors import MindfleetError

Outcome: TypeAlias = str
"""How a job ended: done, failed, parked, cancelled, expired, skipped, superseded."""


class LedgerRefused(MindfleetError):
    """The store is there, but cannot hold one of these events; the others are not written either."""


@dataclass(slots=True)  # a frozen one takes five times as long to make, and there is one for each job
class Queued:
    """A job was accepted. Times are ms since 1970, None where there is none; texts are empty instead."""

    entry: int
    """The number of the entry in the stream of Redis; greater is later."""

    id: str
    queue: str
    task: str
    bot_name: str
    user_id: str
    priority: int | None
    lane: str
    gates: str
    due: int | None
    seq: int | None
    deadline: int | None
    name: str
    unique: str
    merge: str
    envelope: bytes
    supersede: bool = False
    """Whether it takes the place of the one before it of its name."""


class Merged(NamedTuple):
    """A trigger was merged into a job that waits, which will see it too."""

    entry: int
    id: str
    """Of that job."""

    envelope: bytes


class Again(NamedTuple):
    """An attempt failed; the job waits for its next."""

    entry: int
    id: str
    fails: int
    due: int | None


class Ended(NamedTuple):
    """A job came to its end."""

    entry: int
    id: str
    outcome: Outcome


Event: TypeAlias = Queued | Merged | Again | Ended


@dataclass(slots=True, kw_only=True)
class DurableJob(Queued):
    """A job that has not ended, with all that it takes to put it back, in the order of its `entry`.

    `due` is when it may start next: the next attempt of one that failed.
    """

    fails: int
    starts: int
    """The greatest number of a start that left an effect; the next start must have a greater one."""

    merged: tuple[bytes, ...] = ()
    """The envelopes that were merged into it, the oldest first."""


@dataclass(frozen=True, kw_only=True)
class JobState:
    """How the ledger has a job."""

    entry: int
    outcome: Outcome | None
    """None while the job has not ended."""

    ended_at: datetime | None


class Ledger(Protocol):
    """Raises `StoreUnavailable` when the store is away."""

    async def write(self, events: Sequence[Event]) -> None:
        """Keep what happened, all of it or nothing.

        The newest event of each kind and job counts; of what was merged each. So events may come twice, late, and in
        any order: the same ones always lead to the same rows.

        Raises:
            LedgerRefused: one of them cannot be held.
        """
        ...

    async def unfinished(
        self, *, after: int = 0, until: int | None = None, limit: int = 1000
    ) -> Sequence[tuple[int, str]]:
        """Entry and id of the jobs that have not ended, in the order in which they were enqueued.

        Args:
            after: leave out those up to this entry.
            until: and those past this one.
            limit: at most so many; the entry of the last one is the next `after`.
        """
        ...

    async def of_unfinished(self, job_ids: Sequence[str]) -> Sequence[DurableJob]:
        """Those of the jobs that have not ended, in the order in which they were enqueued."""
        ...

    async def merged(self, *, after: int = 0, limit: int = 1000) -> Sequence[Merged]:
        """What was merged into jobs that have not ended, the oldest first.

        Args:
            after: leave out those up to this entry.
            limit: at most so many; the entry of the last one is the next `after`.
        """
        ...

    async def without_row(self, job_ids: Sequence[str]) -> Sequence[str]:
        """Those of the ids, in their order, by which the ledger knows no unfinished job."""
        ...

    async def states(self, job_ids: Sequence[str]) -> Mapping[str, JobState]:
        """Those of the jobs that the ledger has."""
        ...

    async def last_entry(self) -> int:
        """The number of the newest entry that is kept of what was accepted or ended; 0 while there is none."""
        ...

    async def purge(self, older_than: timedelta, *, limit: int = 10_000) -> int:
        """Forget jobs that ended longer ago than that; returns how many, at most `limit`."""
        ...
