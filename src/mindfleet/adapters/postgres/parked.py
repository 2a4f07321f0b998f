"""Jobs that need a person, in PostgreSQL."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from datetime import datetime

from mindfleet.adapters.named_statements import statements_beside
from mindfleet.adapters.postgres.database import Database
from mindfleet.ports.parked import EVERY_PARKED, ParkedFilter, ParkedJob

SQL = statements_beside(__file__, ".sql")


class PostgresParked:
    """`Parked` in PostgreSQL."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def park(self, job: ParkedJob) -> None:
        why = (job.error, job.message, job.traceback)
        when = (job.attempts, job.enqueued_at, job.parked_at)
        origin = (job.origin_id, job.call, job.starts)
        await self._database.execute(SQL["park"], job.job_id, job.task, job.queue, job.payload, *why, *when, *origin)

    async def all(self, which: ParkedFilter = EVERY_PARKED, *, limit: int = 100) -> list[ParkedJob]:
        return [ParkedJob(**row) for row in await self._database.fetch(SQL["all"], *_asked(which), limit)]

    async def ids(self, which: ParkedFilter = EVERY_PARKED) -> list[str]:
        return [row["job_id"] for row in await self._database.fetch(SQL["ids"], *_asked(which))]

    async def get(self, job_id: str) -> ParkedJob | None:
        return next(iter(await self.all(ParkedFilter(job_ids=[job_id]))), None)

    async def count(self, which: ParkedFilter = EVERY_PARKED) -> int:
        return await self._number("count", which)

    async def counts(self) -> dict[str, int]:
        return {row["queue"]: row["jobs"] for row in await self._database.fetch(SQL["counts"])}

    async def discard(self, which: ParkedFilter) -> int:
        return await self._number("discard", which)

    @asynccontextmanager
    async def replaying(self, job_id: str) -> AsyncGenerator[ParkedJob | None]:
        async with self._database.hold("replay", job_id):
            yield await self.get(job_id)

    async def mark_replay(self, job_id: str, replay_job_id: str, at: datetime) -> None:
        await self._database.execute(SQL["mark_replay"], job_id, replay_job_id, at)

    async def replayed(self, job_id: str) -> None:
        await self._database.execute(SQL["replayed"], job_id)

    async def untold(self, before: datetime) -> list[ParkedJob]:
        return [ParkedJob(**row) for row in await self._database.fetch(SQL["untold"], before)]

    async def told(self, job: ParkedJob) -> None:
        await self._database.execute(SQL["told"], job.job_id, job.parked_at)

    async def _number(self, statement: str, which: ParkedFilter) -> int:
        [row] = await self._database.fetch(SQL[statement], *_asked(which))
        return int(row["jobs"])


def _asked(which: ParkedFilter) -> tuple[object, ...]:
    said = (which.queue, which.task, which.bot_name, which.user_id, which.error)
    return (None if which.job_ids is None else list(which.job_ids), *said, which.since, which.until)
