"""What was asserted, in PostgreSQL."""

from collections.abc import AsyncGenerator, Sequence
from contextlib import asynccontextmanager
from uuid import UUID

from mindfleet.adapters.named_statements import statements_beside
from mindfleet.adapters.postgres.database import Connection, Database, Row
from mindfleet.conversation.turn import Visibility
from mindfleet.ports.facts import Assertion, Slot, UserAssertions

SQL = statements_beside(__file__, ".sql")


class PostgresAssertions:
    """`Assertions` in PostgreSQL."""

    def __init__(self, database: Database) -> None:
        self._database = database

    @asynccontextmanager
    async def of_user(self, bot_name: str, user_id: str) -> AsyncGenerator[UserAssertions]:
        async with self._database.hold("assertions", bot_name, user_id) as transaction:
            yield _Held(transaction, bot_name, user_id)

    async def heard(
        self, bot_name: str, user_ids: Sequence[str], *, channels: Sequence[str], visibilities: Sequence[Visibility]
    ) -> list[Assertion]:
        where = (bot_name, list(user_ids), list(channels), list(visibilities))
        return [_assertion(row) for row in await self._database.fetch(SQL["heard"], *where)]


class _Held:
    """`UserAssertions` within one transaction."""

    def __init__(self, transaction: Connection, bot_name: str, user_id: str) -> None:
        self._transaction = transaction
        self._whose = (bot_name, user_id)

    async def replace(self, message_ids: Sequence[UUID], assertions: Sequence[Assertion]) -> set[Slot]:
        removed = await self._transaction.fetch(SQL["remove"], *self._whose, message_ids)
        await self._transaction.execute_each(SQL["put"], map(_columns, assertions))
        return {Slot(row["subject"], row["predicate"]) for row in removed} | {
            Slot(assertion.subject, assertion.predicate) for assertion in assertions
        }

    async def in_slot(self, slot: Slot) -> list[Assertion]:
        where = (*self._whose, slot.subject.casefold(), slot.predicate)
        return [_assertion(row) for row in await self._transaction.fetch(SQL["in_slot"], *where)]


def _columns(assertion: Assertion) -> tuple[object, ...]:
    return (
        assertion.id,
        assertion.bot_name,
        assertion.user_id,
        assertion.subject,
        assertion.subject.casefold(),
        assertion.predicate,
        assertion.object,
        assertion.holds,
        assertion.since,
        assertion.until,
        assertion.confidence,
        assertion.quote,
        assertion.message_id,
        assertion.said_at,
        assertion.channel_id,
        assertion.visibility,
        assertion.provider,
        assertion.answer_key,
    )


def _assertion(row: Row) -> Assertion:
    return Assertion(
        id=row["id"],
        bot_name=row["bot_name"],
        user_id=row["user_id"],
        subject=row["subject"],
        predicate=row["predicate"],
        object=row["object"],
        holds=row["holds"],
        since=row["since"],
        until=row["until"],
        confidence=row["confidence"],
        quote=row["quote"],
        message_id=row["message_id"],
        said_at=row["said_at"],
        channel_id=row["channel_id"],
        visibility=row["visibility"],
        provider=row["provider"],
        answer_key=row["answer_key"],
    )
