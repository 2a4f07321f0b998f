"""What was done by itself, in PostgreSQL."""

from collections.abc import Collection, Sequence
from datetime import timedelta

from mindfleet.adapters.named_statements import statements_beside
from mindfleet.adapters.postgres.database import Database
from mindfleet.ports.last_runs import ScheduledRun

SQL = statements_beside(__file__, ".sql")

KEPT = timedelta(days=100)
"""How long before a newer run of the same task and bot a run is remembered."""


class PostgresLastRuns:
    """`LastRuns` in PostgreSQL."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def note(self, runs: Sequence[ScheduledRun]) -> None:
        rows = [(run.name, run.bot, run.due, run.local_date, run.job_id) for run in runs]
        async with self._database.transaction() as transaction:
            await transaction.execute_each(SQL["note"], rows)
            await transaction.execute_each(SQL["forget"], [(run.name, run.bot, run.due - KEPT) for run in runs])

    async def newest(self, of: Collection[tuple[str, str]]) -> list[ScheduledRun]:
        names, bots = [name for name, _ in of], [bot for _, bot in of]
        return [ScheduledRun(**row) for row in await self._database.fetch(SQL["newest"], names, bots)]
