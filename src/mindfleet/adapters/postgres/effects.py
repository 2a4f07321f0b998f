"""The ledger of effects, in PostgreSQL."""

from datetime import timedelta
from typing import LiteralString
from uuid import UUID

from mindfleet.adapters.named_statements import statements_beside
from mindfleet.adapters.postgres.database import Database
from mindfleet.errors import LeaseLost
from mindfleet.ports.effects import Effect, EffectState, Payload

SQL = statements_beside(__file__, ".sql")


class PostgresEffects:
    """`Effects` in PostgreSQL."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def intend(self, *, key: UUID, job_id: str, kind: str, payload: Payload, fence: int) -> Effect:
        row = await self._database.fetch_one(SQL["intend"], key, job_id, kind, payload, fence)
        if row is None:
            raise _lost(key, fence)
        return Effect(**row)

    async def sent(self, key: UUID, provider_id: str, *, fence: int) -> None:
        await self._change(SQL["sent"], key, fence, provider_id)

    async def done(self, key: UUID, *, fence: int) -> None:
        await self._change(SQL["done"], key, fence)

    async def unknown(self, key: UUID, *, fence: int) -> None:
        await self._change(SQL["unknown"], key, fence)

    async def withdraw(self, key: UUID, *, fence: int) -> None:
        await self._change(SQL["withdraw"], key, fence)

    async def open(
        self, *, older_than: timedelta = timedelta(), state: EffectState | None = None, limit: int = 100
    ) -> list[Effect]:
        return [Effect(**row) for row in await self._database.fetch(SQL["open"], older_than, state, limit)]

    async def one(self, key: UUID) -> Effect | None:
        row = await self._database.fetch_one(SQL["one"], key)
        return Effect(**row) if row else None

    async def between(self, first: UUID, last: UUID) -> list[UUID]:
        return [row["key"] for row in await self._database.fetch(SQL["between"], first, last)]

    async def resolve(self, key: UUID, provider_id: str | None) -> bool:
        if provider_id is None:
            return await self._database.fetch_one(SQL["resolve_not_sent"], key) is not None
        return await self._database.fetch_one(SQL["resolve_sent"], key, provider_id) is not None

    async def purge(self, older_than: timedelta, *, limit: int = 10_000) -> int:
        row = await self._database.fetch_one(SQL["purge"], older_than, limit)
        return row["effects"] if row else 0

    async def _change(self, statement: LiteralString, key: UUID, fence: int, *more: object) -> None:
        if await self._database.fetch_one(statement, key, fence, *more) is None:
            raise _lost(key, fence)


def _lost(key: UUID, fence: int) -> LeaseLost:
    return LeaseLost(f"the effect {key} belongs to a later start than number {fence} of its job: this one has lost it")
