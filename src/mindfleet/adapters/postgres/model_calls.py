"""The ledger of model calls, in PostgreSQL."""

from datetime import datetime

from mindfleet.adapters.named_statements import statements_beside
from mindfleet.adapters.postgres.database import Database
from mindfleet.ports.budgets import Kind, Spent
from mindfleet.ports.model_calls import ModelCall, Usage

SQL = statements_beside(__file__, ".sql")


class PostgresModelCalls:
    """`ModelCalls`, and `Spending`, in PostgreSQL."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def record(self, call: ModelCall) -> None:
        await self._database.execute(SQL["record"], *_columns(call))

    async def usage(self, bot_name: str) -> list[Usage]:
        return [Usage(**row) for row in await self._database.fetch(SQL["usage"], bot_name)]

    async def spent(self, kind: Kind, name: str, *, since: datetime) -> Spent:
        [row] = await self._database.fetch(SQL["spent"], kind, name, since)
        return Spent(usd=row["usd"], tokens=row["tokens"])


def _columns(call: ModelCall) -> tuple[object, ...]:
    return (
        call.id,
        call.at,
        call.key,
        call.job_id,
        call.task,
        call.bot_name,
        call.user_id,
        call.provider,
        call.model,
        call.tier,
        call.prompt,
        call.prompt_version,
        call.repair,
        call.outcome,
        call.error,
        call.input_tokens,
        call.cached_input_tokens,
        call.output_tokens,
        call.tokens_estimated,
        call.cost_usd,
        call.latency,
    )
