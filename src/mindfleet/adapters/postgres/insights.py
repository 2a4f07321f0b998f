"""What was seen across sessions, in PostgreSQL."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from mindfleet.adapters.named_statements import statements_beside
from mindfleet.adapters.postgres.database import Database, Row
from mindfleet.adapters.postgres.provenance import origin_columns
from mindfleet.ports.journal import Insight, Origin

SQL = statements_beside(__file__, ".sql")


class PostgresInsights:
    """`Insights` in PostgreSQL."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def revise(
        self, bot_name: str, user_id: str, *, read: Sequence[UUID], until: datetime, insights: Sequence[Insight]
    ) -> None:
        async with self._database.hold("insights", bot_name, user_id) as transaction:
            if await transaction.fetch_one(SQL["newer"], bot_name, user_id, until) is not None:
                return
            kept = [insight.id for insight in insights]
            await transaction.execute(SQL["outdated"], bot_name, user_id, list(read), kept)
            await transaction.execute_each(SQL["put"], sorted(map(_columns, insights)))

    async def of(self, bot_name: str, user_id: str, *, limit: int = 20) -> list[Insight]:
        return [_insight(row) for row in await self._database.fetch(SQL["of"], bot_name, user_id, limit)]


def _columns(insight: Insight) -> tuple[object, ...]:
    seen = (insight.content, insight.message_ids, insight.visibility)
    times = (insight.read_until, insight.made_at)
    return (insight.id, insight.bot_name, insight.user_id, *seen, *origin_columns(insight.origin), *times)


def _insight(row: Row) -> Insight:
    return Insight(
        id=row["id"],
        bot_name=row["bot_name"],
        user_id=row["user_id"],
        content=row["content"],
        message_ids=tuple(row["message_ids"]),
        visibility=row["visibility"],
        origin=Origin(provider=row["provider"], answer_key=row["answer_key"]),
        read_until=row["read_until"],
        made_at=row["made_at"],
    )
