"""Transcripts, sessions and windows in PostgreSQL."""

from collections.abc import AsyncGenerator, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import datetime, timedelta
from uuid import UUID

from pydantic import TypeAdapter

from mindfleet.adapters.named_statements import statements_beside
from mindfleet.adapters.postgres.database import Connection, Database, Row
from mindfleet.conversation.sessions import Channel, Session, Step, Window
from mindfleet.conversation.turn import Role, Turn
from mindfleet.ports.conversations import ChannelLog, Recorded, Unfinished

SQL = statements_beside(__file__, ".sql")

STEPS = TypeAdapter(list[Step])

NOTES_KEPT = timedelta(days=7)
"""Longer than any job is tried."""


class PostgresConversations:
    """`Conversations` in PostgreSQL.

    Args:
        database: with its migrations applied.
        idle: the pause that ends a session, as in `Cutting.idle`.
    """

    def __init__(self, database: Database, *, idle: timedelta) -> None:
        self._database = database
        self._idle = idle

    @asynccontextmanager
    async def channel(self, bot_name: str, channel_id: str) -> AsyncGenerator[ChannelLog]:
        async with self._database.hold("channel", bot_name, channel_id) as transaction:
            yield _Log(transaction, bot_name, channel_id, self._idle)

    async def session(self, bot_name: str, session_id: str) -> Session | None:
        row = await self._database.fetch_one(SQL["session"], bot_name, session_id)
        return _session(row) if row else None

    async def sessions(self, bot_name: str) -> list[Session]:
        return [_session(row) for row in await self._database.fetch(SQL["sessions"], bot_name)]

    async def turns(self, session_id: str, *, first: int = 1, last: int | None = None) -> list[Turn]:
        return [_turn(row) for row in await self._database.fetch(SQL["turns"], session_id, first, last)]

    async def by_id(self, turn_ids: Sequence[UUID]) -> list[Turn]:
        return [_turn(row) for row in await self._database.fetch(SQL["by_id"], turn_ids)]

    async def window(self, window_id: str) -> Window | None:
        row = await self._database.fetch_one(SQL["window"], window_id)
        return _window(row) if row else None

    async def window_turns(self, window_id: str) -> list[Turn]:
        return [_turn(row) for row in await self._database.fetch(SQL["window_turns"], window_id)]

    async def before(self, turn: Turn, *, limit: int) -> list[Turn]:
        rows = await self._database.fetch(SQL["before"], turn.id, limit)
        return [_turn(row) for row in reversed(rows)]

    async def last_touched(self, session_id: str) -> datetime | None:
        row = await self._database.fetch_one(SQL["last_touched"], session_id)
        return row["touched_at"] if row else None

    async def gathering(self) -> int:
        row = await self._database.fetch_one(SQL["gathering"])
        return row["windows"] if row else 0

    async def unfinished(self, *, since: datetime, until: datetime) -> Unfinished:
        windows = await self._database.fetch(SQL["unfinished_windows"], since, until)
        rows = await self._database.fetch(SQL["touched_sessions"], since, until, self._idle)
        sessions = [_session(row) for row in rows]
        return Unfinished(
            windows=[(_window(row), row["channel_id"]) for row in windows],
            idle=[session for session in sessions if not session.ended],
            ended=[session for session in sessions if session.ended],
        )

    async def timezone(self, bot_name: str, user_id: str) -> str | None:
        row = await self._database.fetch_one(SQL["timezone"], bot_name, user_id)
        return row["user_timezone"] if row else None

    async def participants(self, session_id: str) -> dict[str, str]:
        rows = await self._database.fetch(SQL["participants"], session_id)
        return {row["user_id"]: row["name"] for row in rows}

    async def channels_of(self, bot_name: str, user_id: str) -> list[str]:
        return [row["channel_id"] for row in await self._database.fetch(SQL["channels_of"], bot_name, user_id)]

    async def members(self, bot_name: str, channels: Sequence[str]) -> dict[str, str]:
        rows = await self._database.fetch(SQL["members"], bot_name, channels)
        return {row["user_id"]: row["name"] for row in rows}


class _Log:
    """`ChannelLog` within one transaction."""

    def __init__(self, transaction: Connection, bot_name: str, channel_id: str, idle: timedelta) -> None:
        self._transaction = transaction
        self._place = (bot_name, channel_id)
        self._idle = idle

    async def find(self, turn_id: UUID) -> Recorded | None:
        row = await self._transaction.fetch_one(SQL["find"], turn_id)
        if row is None:
            return None
        return Recorded(turn=_turn(row), placed=row["session_id"] is not None, recorded_at=row["recorded_at"])

    async def unmatched(self, *, user_id: str, role: Role, content: str, task: str) -> Turn | None:
        row = await self._transaction.fetch_one(SQL["unmatched"], self._place[0], user_id, role, content, task)
        return _turn(row) if row else None

    async def given(self, task: str, job_id: str, position: int) -> Turn | None:
        row = await self._transaction.fetch_one(SQL["given"], task, job_id, position)
        return _turn(row) if row else None

    async def give(self, turn_id: UUID, task: str, job_id: str, position: int) -> None:
        await self._transaction.execute(SQL["give"], task, job_id, position, turn_id)

    async def state(self, at: datetime) -> Channel:
        rows = await self._transaction.fetch(SQL["sessions_around"], *self._place, at, self._idle)
        sessions = {row["id"]: _session(row) for row in rows}
        rows = await self._transaction.fetch(SQL["open_windows"], list(sessions))
        return Channel(sessions=sessions, windows={row["id"]: _window(row) for row in rows})

    async def record(self, turn: Turn, *, evidence_only: bool = False) -> None:
        await self._transaction.execute(SQL["record"], *_turn_columns(turn), not evidence_only)

    async def amend(self, turn: Turn) -> None:
        await self._transaction.execute(SQL["amend"], turn.id, turn.content)

    async def wait_for(self, turn_id: UUID, previous: UUID) -> None:
        await self._transaction.execute(SQL["wait_for"], turn_id, previous)

    async def waiting_for(self, previous: UUID) -> list[Turn]:
        return [_turn(row) for row in await self._transaction.fetch(SQL["waiting_for"], previous)]

    async def apply(self, step: Step) -> None:
        for session in step.sessions:
            await self._transaction.execute(SQL["put_session"], *_session_columns(session))
        for window in step.opened:
            await self._transaction.execute(SQL["open_window"], *_window_columns(window))
        for window in (*step.moved, *step.closed):
            await self._transaction.execute(SQL["move_window"], window.id, window.last_at, window.closed)
        if step.turn:
            turn = step.turn
            await self._transaction.execute(SQL["place"], turn.id, turn.session_id, turn.number, step.window_id)

    async def note(self, job_id: str, steps: Sequence[Step]) -> None:
        told = STEPS.dump_python([replace(step, turn=None) for step in steps], mode="json")
        await self._transaction.execute(SQL["note"], job_id, told, NOTES_KEPT)

    async def noted(self, job_id: str) -> Sequence[Step]:
        row = await self._transaction.fetch_one(SQL["noted"], job_id)
        return STEPS.validate_python(row["steps"]) if row else []


def _turn(row: Row) -> Turn:
    return Turn(
        id=row["id"],
        bot_name=row["bot_name"],
        channel_id=row["channel_id"],
        user_id=row["user_id"],
        role=row["role"],
        speaker=row["speaker"],
        content=row["content"],
        sent_at=row["sent_at"],
        visibility=row["visibility"],
        message_id=row["message_id"],
        reply_to=row["reply_to"],
        user_timezone=row["user_timezone"],
        session_id=row["session_id"],
        number=row["number"],
    )


def _turn_columns(turn: Turn) -> tuple[object, ...]:
    """Without its place."""
    return (
        turn.id,
        turn.bot_name,
        turn.channel_id,
        turn.user_id,
        turn.role,
        turn.speaker,
        turn.content,
        turn.sent_at,
        turn.visibility,
        turn.message_id,
        turn.reply_to,
        turn.user_timezone,
    )


def _session(row: Row) -> Session:
    return Session(
        id=row["id"],
        bot_name=row["bot_name"],
        channel_id=row["channel_id"],
        started_at=row["started_at"],
        last_at=row["last_at"],
        turns=row["turns"],
        summarized=row["summarized"],
        ended=row["ended"],
        external_id=row["external_id"],
    )


def _session_columns(session: Session) -> tuple[object, ...]:
    return (
        session.id,
        session.bot_name,
        session.channel_id,
        session.started_at,
        session.last_at,
        session.turns,
        session.summarized,
        session.ended,
        session.external_id,
    )


def _window(row: Row) -> Window:
    return Window(
        id=row["id"],
        bot_name=row["bot_name"],
        user_id=row["user_id"],
        session_id=row["session_id"],
        opened_at=row["opened_at"],
        last_at=row["last_at"],
        closed=row["closed"],
    )


def _window_columns(window: Window) -> tuple[object, ...]:
    return (
        window.id,
        window.bot_name,
        window.user_id,
        window.session_id,
        window.opened_at,
        window.last_at,
        window.closed,
    )
