"""Summaries of spans of sessions, in PostgreSQL."""

from collections.abc import Sequence
from datetime import datetime

from mindfleet.adapters.named_statements import statements_beside
from mindfleet.adapters.postgres.database import Database, Row
from mindfleet.conversation.sessions import Span
from mindfleet.conversation.turn import Visibility
from mindfleet.ports.journal import Origin, Summary

SQL = statements_beside(__file__, ".sql")


class PostgresSummaries:
    """`Summaries` in PostgreSQL."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def put(self, summary: Summary) -> None:
        await self._database.execute(SQL["put"], *_columns(summary))

    async def of_span(self, session_id: str, first_turn: int, last_turn: int) -> Summary | None:
        row = await self._database.fetch_one(SQL["of_span"], session_id, first_turn, last_turn)
        return _summary(row) if row else None

    async def of_session(self, session_id: str) -> list[Summary]:
        return [_summary(row) for row in await self._database.fetch(SQL["of_session"], session_id)]

    async def spans(self, session_ids: Sequence[str]) -> list[Span]:
        return [Span(**row) for row in await self._database.fetch(SQL["spans"], session_ids)]

    async def in_channels(
        self,
        bot_name: str,
        channels: Sequence[str],
        *,
        visibilities: Sequence[Visibility],
        until: datetime | None = None,
        kept_only: bool = True,
        limit: int = 20,
    ) -> list[Summary]:
        where = (bot_name, channels, visibilities, until, kept_only)
        return [_summary(row) for row in await self._database.fetch(SQL["in_channels"], *where, limit)]


def _columns(summary: Summary) -> tuple[object, ...]:
    return (
        summary.id,
        summary.bot_name,
        summary.channel_id,
        summary.session_id,
        summary.first_turn,
        summary.last_turn,
        summary.user_ids,
        summary.visibility,
        summary.content,
        summary.meaningfulness,
        summary.emotions,
        summary.topics,
        summary.kept,
        summary.message_ids,
        summary.started_at,
        summary.ended_at,
        summary.origin.provider,
        summary.origin.answer_key,
    )


def _summary(row: Row) -> Summary:
    return Summary(
        id=row["id"],
        bot_name=row["bot_name"],
        channel_id=row["channel_id"],
        session_id=row["session_id"],
        first_turn=row["first_turn"],
        last_turn=row["last_turn"],
        user_ids=tuple(row["user_ids"]),
        visibility=row["visibility"],
        content=row["content"],
        meaningfulness=row["meaningfulness"],
        emotions=tuple(row["emotions"]),
        topics=tuple(row["topics"]),
        kept=row["kept"],
        message_ids=tuple(row["message_ids"]),
        started_at=row["started_at"],
        ended_at=row["ended_at"],
        origin=Origin(provider=row["provider"], answer_key=row["answer_key"]),
    )
