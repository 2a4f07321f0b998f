"""The ledger of jobs, in PostgreSQL."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import fields, replace
from datetime import timedelta
from operator import attrgetter
from typing import LiteralString, NamedTuple, TypeVar

import asyncpg

from mindfleet.adapters.named_statements import statements_beside
from mindfleet.adapters.postgres.database import Database
from mindfleet.ports.ledger import Again, DurableJob, Ended, Event, JobState, LedgerRefused, Merged, Queued

SQL = statements_beside(__file__, ".sql")

_columns = attrgetter(*(field.name for field in fields(Queued)))

AnyEvent = TypeVar("AnyEvent", Queued, Again, Ended)


class _After(NamedTuple):
    """What came after a job was accepted, as columns."""

    again_entry: int
    fails: int
    retry_due: int | None
    ended_entry: int
    outcome: str | None


class PostgresLedger:
    """`Ledger` in PostgreSQL."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def write(self, events: Sequence[Event]) -> None:
        try:
            async with self._database.transaction() as transaction:
                for statement, rows in _writes(events):
                    if rows:
                        await transaction.execute(statement, *map(list, zip(*rows, strict=True)))
        except (asyncpg.PostgresError, asyncpg.DataError) as error:
            raise LedgerRefused(f"PostgreSQL cannot hold one of {len(events)} events: {error}") from error

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


def _writes(events: Sequence[Event]) -> Sequence[tuple[LiteralString, Sequence[Sequence[object]]]]:
    """Statements and their rows; in order, so that two who write at once wait for each other instead of for ever."""
    queued = _newest(event for event in events if isinstance(event, Queued))
    again = _newest(event for event in events if isinstance(event, Again))
    ended = _newest(event for event in events if isinstance(event, Ended))
    merged = {event.entry: event for event in events if isinstance(event, Merged)}
    moved = (again.keys() | ended.keys()) - queued.keys()
    return (
        (SQL["queued"], [(*_stored(queued[its], ended), *_after(its, again, ended)) for its in sorted(queued)]),
        (SQL["moved"], [(its, *_after(its, again, ended)) for its in sorted(moved)]),
        (SQL["merged"], [merged[entry] for entry in sorted(merged)]),
        (SQL["forget_merged"], [(its, ended[its].entry) for its in sorted(ended)]),
    )


def _newest(events: Iterable[AnyEvent]) -> dict[str, AnyEvent]:
    newest: dict[str, AnyEvent] = {}
    for event in events:
        known = newest.get(event.id)
        if known is None or known.entry < event.entry:
            newest[event.id] = event
    return newest


def _stored(job: Queued, ended: Mapping[str, Ended]) -> Sequence[object]:
    """Without its envelope when it has ended."""
    columns: Sequence[object] = _columns(job)
    end = ended.get(job.id)
    return (*columns[:-2], None, job.supersede) if end and end.entry > job.entry else columns


def _after(job_id: str, again: Mapping[str, Again], ended: Mapping[str, Ended]) -> _After:
    failed, end = again.get(job_id), ended.get(job_id)
    return _After(
        again_entry=failed.entry if failed else 0,
        fails=failed.fails if failed else 0,
        retry_due=failed.due if failed else None,
        ended_entry=end.entry if end else 0,
        outcome=end.outcome if end else None,
    )
