"""The ledger of jobs without a database, for the life of the object."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from datetime import UTC, datetime, timedelta

from mindfleet.adapters.clock import WallClock
from mindfleet.ports.clock import Clock
from mindfleet.ports.effects import StartsOf
from mindfleet.ports.ledger import Again, DurableJob, Ended, Event, JobState, Merged, Queued


@dataclass(frozen=True)
class _Row:
    """The newest event of each kind."""

    queued: Queued | None = None
    again: Again | None = None
    ended: Ended | None = None
    merged: Mapping[int, Merged] = field(default_factory=dict[int, Merged])

    @property
    def entry(self) -> int:
        return self.queued.entry if self.queued else 0

    @property
    def has_ended(self) -> bool:
        return self.ended is not None and self.ended.entry > self.entry

    @property
    def is_unfinished(self) -> bool:
        return self.queued is not None and not self.has_ended

    @property
    def taken_up(self) -> list[Merged]:
        return [each for entry, each in sorted(self.merged.items()) if self.is_unfinished and entry > self.entry]

    def with_event(self, event: Event) -> "_Row":
        match event:
            case Queued():
                return self if event.entry < self.entry else replace(self, queued=event)
            case Merged():
                return replace(self, merged={**self.merged, event.entry: event})
            case Again():
                return self if self.again and event.entry < self.again.entry else replace(self, again=event)
            case Ended():
                return self if self.ended and event.entry < self.ended.entry else replace(self, ended=event)


class InMemoryLedger:
    """`Ledger` in memory.

    Args:
        clock: says how long ago jobs ended.
        starts_of: what `effects.starts_of` knows of fences.
    """

    def __init__(self, *, clock: Clock | None = None, starts_of: StartsOf = lambda _: 0) -> None:
        self._rows: dict[str, _Row] = {}
        self._clock = clock or WallClock()
        self._starts_of = starts_of

    async def write(self, events: Sequence[Event]) -> None:
        for event in events:
            self._rows[event.id] = self._rows.get(event.id, _Row()).with_event(event)

    async def unfinished(self, *, after: int = 0, until: int | None = None, limit: int = 1000) -> list[tuple[int, str]]:
        found = [(row.entry, its) for its, row in self._rows.items() if row.is_unfinished and after < row.entry]
        return sorted(each for each in found if until is None or each[0] <= until)[:limit]

    async def of_unfinished(self, job_ids: Sequence[str]) -> list[DurableJob]:
        rows = [row for its, row in self._rows.items() if its in job_ids and row.is_unfinished]
        return [self._job(row) for row in sorted(rows, key=lambda row: row.entry)]

    async def merged(self, *, after: int = 0, limit: int = 1000) -> list[Merged]:
        found = [each for row in self._rows.values() for each in row.taken_up if each.entry > after]
        return sorted(found)[:limit]

    async def without_row(self, job_ids: Sequence[str]) -> list[str]:
        return [its for its in job_ids if its not in self._rows or not self._rows[its].is_unfinished]

    async def states(self, job_ids: Sequence[str]) -> Mapping[str, JobState]:
        known = {job_id: self._rows[job_id] for job_id in job_ids if job_id in self._rows}
        return {job_id: _state(row) for job_id, row in known.items() if row.queued or row.ended}

    async def last_entry(self) -> int:
        return max((_last_of(row) for row in self._rows.values()), default=0)

    async def purge(self, older_than: timedelta, *, limit: int = 10_000) -> int:
        before = self._clock.now() - older_than
        ended = [
            job_id
            for job_id, row in self._rows.items()
            if row.ended and row.has_ended and when(row.ended.entry) < before
        ]
        for job_id in ended[:limit]:
            del self._rows[job_id]
        return len(ended[:limit])

    def _job(self, row: _Row) -> DurableJob:
        assert row.queued is not None  # noqa: S101 - only such rows are unfinished
        failed = row.again if row.again and row.again.entry > row.entry else None
        fields = asdict(row.queued)
        if failed and failed.due is not None:
            fields["due"] = failed.due
        return DurableJob(
            **fields,
            fails=failed.fails if failed else 0,
            starts=self._starts_of(row.queued.id),
            merged=tuple(each.envelope for each in row.taken_up),
        )


def _last_of(row: _Row) -> int:
    return max(row.entry, row.ended.entry if row.ended else 0, *row.merged)


def when(entry: int) -> datetime:
    """The instant of an entry."""
    return datetime.fromtimestamp((entry >> 20) / 1000, UTC)


def _state(row: _Row) -> JobState:
    ended = row.ended if row.has_ended else None
    return JobState(
        entry=row.entry, outcome=ended.outcome if ended else None, ended_at=when(ended.entry) if ended else None
    )
