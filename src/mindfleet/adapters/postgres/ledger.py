"""The ledger of jobs, in PostgreSQL."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import fields, replace
from datetime import timedelta
from operator import attrgetter
from typing import LiteralString, NamedTuple, TypeVar

import asyncpg

from mindfleet.adapters.named_statements import statements_beside
from mindfleet.adapters.postgres.database import Database
from mindfleet.errors import StoreUnavailable
from mindfleet.ports.ledger import Again, DurableJob, Ended, Event, JobState, LedgerRefused, Merged, Queued

SQL = statements_beside(__file__, ".sql")

_UNFIT = (asyncpg.DataError, asyncpg.IntegrityConstraintViolationError, asyncpg.ProgramLimitExceededError)
"""The classes 22, 23 and 54: it is the events that cannot be held. Of all else the server may think better."""

_entry = attrgetter("entry")
_columns = attrgetter(*(field.name for field in fields(Queued)))

AnyEvent = TypeVar("AnyEvent", Queued, Again, Ended)
Key = TypeVar("Key", str, int)


class _Write(NamedTuple):
    statement: LiteralString
    columns: Sequence[Sequence[object]]
    """Empty where there is nothing to write."""


class PostgresLedger:
    """`Ledger` in PostgreSQL."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def write(self, events: Sequence[Event]) -> None:
        try:
            writes = [each for each in _writes(events) if each.columns]
            hold_together = self._database.transaction if len(writes) > 1 else self._database.connection
            async with hold_together() as connection:
                for write in writes:
                    await connection.execute_as_it_is(write.statement, *write.columns)
        except _UNFIT as error:
            raise LedgerRefused(f"PostgreSQL cannot hold one of {len(events)} events: {error}") from error
        except asyncpg.PostgresError as error:
            raise StoreUnavailable(f"PostgreSQL does not take the ledger ({type(error).__name__}: {error})") from error

    async def unfinished(self, *, after: int = 0, until: int | None = None, limit: int = 1000) -> list[tuple[int, str]]:
        return [(row["entry"], row["id"]) for row in await self._database.fetch(SQL["unfinished"], after, until, limit)]

    async def of_unfinished(self, job_ids: Sequence[str]) -> list[DurableJob]:
        rows = await self._database.fetch(SQL["of_unfinished"], list(job_ids))
        return [replace(DurableJob(**row), merged=tuple(row["merged"])) for row in rows]

    async def merged(self, *, after: int = 0, limit: int = 1000) -> list[Merged]:
        return [Merged(**row) for row in await self._database.fetch(SQL["merged_into_unfinished"], after, limit)]

    async def without_row(self, job_ids: Sequence[str]) -> list[str]:
        return [row["id"] for row in await self._database.fetch(SQL["without_row"], list(job_ids))]

    async def states(self, job_ids: Sequence[str]) -> Mapping[str, JobState]:
        rows = await self._database.fetch(SQL["states"], list(job_ids))
        return {
            row["id"]: JobState(entry=row["entry"], outcome=row["outcome"], ended_at=row["ended_at"]) for row in rows
        }

    async def last_entry(self) -> int:
        row = await self._database.fetch_one(SQL["last_entry"])
        return (row["entry"] or 0) if row else 0

    async def purge(self, older_than: timedelta, *, limit: int = 10_000) -> int:
        row = await self._database.fetch_one(SQL["purge"], older_than, limit)
        return row["jobs"] if row else 0


def _writes(events: Sequence[Event]) -> Sequence[_Write]:
    """What to write, in order, so that two who write at once wait for each other instead of for ever."""
    queued = _newest([event for event in events if isinstance(event, Queued)])
    again = _newest([event for event in events if isinstance(event, Again)])
    ended = _newest([event for event in events if isinstance(event, Ended)])
    merged = {event.entry: event for event in events if isinstance(event, Merged)}
    begun = [_begun(queued[its], ended.pop(its, None)) for its in sorted(queued)]
    return (
        _Write(SQL["queued"], [begun] if begun else []),
        _Write(SQL["again"], _in_order(again)),
        _Write(SQL["ended"], _in_order(ended)),
        _Write(SQL["merged"], _in_order(merged)),
    )


def _newest(events: Iterable[AnyEvent]) -> dict[str, AnyEvent]:
    return {event.id: event for event in sorted(events, key=_entry)}


def _in_order(rows: Mapping[Key, Sequence[object]]) -> Sequence[Sequence[object]]:
    return list(zip(*(rows[key] for key in sorted(rows)), strict=True))


def _begun(job: Queued, end: Ended | None) -> Sequence[object]:
    """With its end, if that came with it; then without its envelope."""
    columns = _columns(job)
    if end is None:
        return (*columns, 0, None)
    envelope = None if end.entry > job.entry else job.envelope
    return (*columns[:-2], envelope, job.supersede, end.entry, end.outcome)
