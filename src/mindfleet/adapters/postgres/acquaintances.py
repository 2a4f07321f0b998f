"""How long a bot and a user have known each other, counted in the transcripts."""

from mindfleet.adapters.named_statements import statements_beside
from mindfleet.adapters.postgres.database import Database
from mindfleet.ports.relationships import Acquaintance

SQL = statements_beside(__file__, ".sql")


class PostgresAcquaintances:
    """`Acquaintances` in PostgreSQL."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def of(self, bot_name: str, user_id: str) -> Acquaintance | None:
        row = await self._database.fetch_one(SQL["of"], bot_name, user_id)
        return Acquaintance(bot_name=bot_name, user_id=user_id, **row) if row else None
