"""The bots, in PostgreSQL."""

from mindfleet.adapters.named_statements import statements_beside
from mindfleet.adapters.postgres.database import Database, Row
from mindfleet.adapters.postgres.goals import PostgresGoals, replace_own_goals
from mindfleet.ports.journal import Bot

SQL = statements_beside(__file__, ".sql")


class PostgresBots:
    """`Bots` in PostgreSQL."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._goals = PostgresGoals(database)

    async def get(self, name: str) -> Bot:
        row = await self._database.fetch_one(SQL["get"], name)
        if row is None:
            await self._database.execute(SQL["register"], name)
            return Bot(name=name)
        return await self._bot(row)

    async def put(self, bot: Bot) -> None:
        async with self._database.transaction() as transaction:
            await transaction.execute(SQL["put"], bot.name, bot.voice, bot.timezone)
            await replace_own_goals(transaction, bot.name, bot.goals)

    async def all(self) -> list[Bot]:
        return [await self._bot(row) for row in await self._database.fetch(SQL["all"])]

    async def _bot(self, row: Row) -> Bot:
        return Bot(**row, goals=tuple(await self._goals.of_bot(row["name"])))
