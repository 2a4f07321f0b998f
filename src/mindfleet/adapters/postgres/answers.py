"""What models have said, in PostgreSQL."""

from uuid import UUID

from mindfleet.adapters.named_statements import statements_beside
from mindfleet.adapters.postgres.database import Database, Row
from mindfleet.ports.answers import StoredAnswer

SQL = statements_beside(__file__, ".sql")


class PostgresAnswers:
    """`Answers` in PostgreSQL."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def get(self, key: UUID) -> StoredAnswer | None:
        row = await self._database.fetch_one(SQL["get"], key)
        return _answer(row) if row else None

    async def put(self, answer: StoredAnswer) -> StoredAnswer:
        await self._database.execute(SQL["put"], *_columns(answer))
        return await self.get(answer.key) or answer


def _columns(answer: StoredAnswer) -> tuple[object, ...]:
    return (
        answer.key,
        answer.text,
        answer.provider,
        answer.model,
        answer.prompt,
        answer.prompt_version,
        answer.input_tokens,
        answer.output_tokens,
        answer.cost_usd,
        answer.bot_name,
        answer.user_id,
        answer.at,
    )


def _answer(row: Row) -> StoredAnswer:
    return StoredAnswer(
        key=row["key"],
        text=row["answer"],
        provider=row["provider"],
        model=row["model"],
        prompt=row["prompt"],
        prompt_version=row["prompt_version"],
        input_tokens=row["input_tokens"],
        output_tokens=row["output_tokens"],
        cost_usd=row["cost_usd"],
        bot_name=row["bot_name"],
        user_id=row["user_id"],
        at=row["at"],
    )
