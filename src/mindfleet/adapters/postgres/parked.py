"""Jobs that need a person, in PostgreSQL."""

from mindfleet.adapters.named_statements import statements_beside
from mindfleet.adapters.postgres.database import Database
from mindfleet.ports.parked import ParkedJob

SQL = statements_beside(__file__, ".sql")


class PostgresParked:
    """`Parked` in PostgreSQL."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def park(self, job: ParkedJob) -> None:
        why = (job.error, job.message, job.traceback)
        when = (job.attempts, job.enqueued_at, job.parked_at)
        await self._database.execute(SQL["park"], job.job_id, job.task, job.queue, job.payload, *why, *when)

    async def all(self, *, queue: str | None = None, limit: int = 100) -> list[ParkedJob]:
        return [ParkedJob(**row) for row in await self._database.fetch(SQL["all"], queue, limit)]

    async def counts(self) -> dict[str, int]:
        return {row["queue"]: row["jobs"] for row in await self._database.fetch(SQL["counts"])}
