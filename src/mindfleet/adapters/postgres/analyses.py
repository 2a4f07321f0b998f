"""What was found in messages, in PostgreSQL."""

from collections.abc import Sequence
from uuid import UUID

from mindfleet.adapters.named_statements import statements_beside
from mindfleet.adapters.postgres.database import Database, Row
from mindfleet.adapters.postgres.provenance import origin_columns, origin_of
from mindfleet.ports.journal import Analysis

SQL = statements_beside(__file__, ".sql")


class PostgresAnalyses:
    """`Analyses` in PostgreSQL."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def put(self, analysis: Analysis) -> None:
        found = (analysis.message_ids, analysis.findings)
        origin = origin_columns(analysis.origin)
        await self._database.execute(SQL["put"], analysis.id, analysis.bot_name, analysis.user_id, *found, *origin)

    async def get(self, analysis_id: UUID) -> Analysis | None:
        row = await self._database.fetch_one(SQL["get"], analysis_id)
        return _analysis(row) if row else None

    async def covering(self, message_ids: Sequence[UUID]) -> list[Analysis]:
        return [_analysis(row) for row in await self._database.fetch(SQL["covering"], message_ids)]

    async def discard(self, message_ids: Sequence[UUID]) -> None:
        await self._database.execute(SQL["discard"], message_ids)

    async def window_done(self, window_id: str) -> None:
        await self._database.execute(SQL["window_done"], window_id)


def _analysis(row: Row) -> Analysis:
    return Analysis(
        id=row["id"],
        bot_name=row["bot_name"],
        user_id=row["user_id"],
        message_ids=tuple(row["message_ids"]),
        findings=row["findings"],
        origin=origin_of(row),
    )
