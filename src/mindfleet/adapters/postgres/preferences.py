"""How users wish their bot to be, in PostgreSQL."""

from collections.abc import Sequence
from uuid import UUID

from mindfleet.adapters.named_statements import statements_beside
from mindfleet.adapters.postgres.database import Database, Row
from mindfleet.adapters.postgres.provenance import origin_columns
from mindfleet.ports.journal import Origin, Preference

SQL = statements_beside(__file__, ".sql")


class PostgresPreferences:
    """`Preferences` in PostgreSQL."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def put(self, preferences: Sequence[Preference]) -> None:
        await self._database.execute_each(SQL["put"], sorted(map(_columns, preferences)))

    async def withdraw(self, message_ids: Sequence[UUID]) -> None:
        await self._database.execute(SQL["withdraw"], list(message_ids))

    async def of(self, bot_name: str, user_id: str) -> list[Preference]:
        return [_preference(row) for row in await self._database.fetch(SQL["of"], bot_name, user_id)]


def _columns(preference: Preference) -> tuple[object, ...]:
    whose = (preference.bot_name, preference.user_id, preference.key, preference.value, preference.message_id)
    return (*whose, preference.said_at, preference.visibility, *origin_columns(preference.origin))


def _preference(row: Row) -> Preference:
    return Preference(
        bot_name=row["bot_name"],
        user_id=row["user_id"],
        key=row["key"],
        value=row["value"],
        message_id=row["message_id"],
        said_at=row["said_at"],
        visibility=row["visibility"],
        origin=Origin(provider=row["provider"], answer_key=row["answer_key"]),
    )
