"""Transcripts without a database: the same answers as PostgreSQL, for the life of the object."""

import asyncio
from collections import defaultdict
from collections.abc import AsyncGenerator, Iterable, Iterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from itertools import count
from uuid import UUID

from mindfleet.adapters.clock import WallClock
from mindfleet.conversation.sessions import Channel, Session, Step, Window
from mindfleet.conversation.turn import Role, Turn
from mindfleet.ports.clock import Clock
from mindfleet.ports.conversations import ChannelLog, Recorded, Unfinished


@dataclass(frozen=True, kw_only=True)
class Row:
    turn: Turn
    is_turn: bool
    arrival: int
    recorded_at: datetime
    window_id: str | None = None
    previous: UUID | None = None


@dataclass
class _Kept:
    """What is kept of one channel."""

    rows: dict[UUID, Row] = field(default_factory=dict[UUID, Row])
    sessions: dict[str, Session] = field(default_factory=dict[str, Session])
    touched: dict[str, datetime] = field(default_factory=dict[str, datetime])
    windows: dict[str, Window] = field(default_factory=dict[str, Window])
    given: dict[tuple[str, str, int], UUID] = field(default_factory=dict[tuple[str, str, int], UUID])
    steps: dict[str, tuple[Step, ...]] = field(default_factory=dict[str, tuple[Step, ...]])

    def copy(self) -> "_Kept":
        return _Kept(**{name: dict(kept) for name, kept in vars(self).items()})


class InMemoryConversations:
    """`Conversations` in memory.

    Args:
        idle: the pause that ends a session, as in `Cutting.idle`.
        clock: says when a turn came in.
    """

    def __init__(self, *, idle: timedelta = timedelta(minutes=30), clock: Clock | None = None) -> None:
        self._idle = idle
        self._clock = clock or WallClock()
        self._channels: dict[tuple[str, str], _Kept] = {}
        self._analysed: set[str] = set()
        self._arrivals = count()
        self._locks: defaultdict[tuple[str, str], asyncio.Lock] = defaultdict(asyncio.Lock)

    @asynccontextmanager
    async def channel(self, bot_name: str, channel_id: str) -> AsyncGenerator[ChannelLog]:
        place = (bot_name, channel_id)
        async with self._locks[place]:
            kept = self._channels.get(place, _Kept()).copy()
            elsewhere = [other for its, other in self._channels.items() if its[0] == bot_name and its != place]
            log = _Log(kept, elsewhere, self._idle, self._clock, self._arrivals)
            yield log
            self._channels[place] = kept
            self._analysed -= log.opened

    def rows(self, bot_name: str) -> list[Row]:
        """Everything recorded for a bot, in order of time."""
        return _by_time(
            row for (bot, _), kept in self._channels.items() if bot == bot_name for row in kept.rows.values()
        )

    def window_done(self, window_id: str) -> None:
        """Note that a window is analysed; `InMemoryAnalyses` does."""
        self._analysed.add(window_id)

    async def session(self, bot_name: str, session_id: str) -> Session | None:
        sessions = await self.sessions(bot_name)
        named = [session for session in sessions if session_id in (session.id, session.external_id)]
        return max(named, key=lambda session: (session.id == session_id, session.last_at), default=None)

    async def sessions(self, bot_name: str) -> list[Session]:
        sessions = [s for kept in self._channels.values() for s in kept.sessions.values() if s.bot_name == bot_name]
        return sorted(sessions, key=lambda session: (session.started_at, session.id))

    async def turns(self, session_id: str, *, first: int = 1, last: int | None = None) -> list[Turn]:
        turns = (row.turn for row in self._rows_of(session_id))
        return [t for t in turns if t.number and first <= t.number and (last is None or t.number <= last)]

    async def by_id(self, turn_ids: Sequence[UUID]) -> list[Turn]:
        return [row.turn for row in self._all_rows() if row.turn.id in turn_ids]

    async def window(self, window_id: str) -> Window | None:
        return next((kept.windows[window_id] for kept in self._channels.values() if window_id in kept.windows), None)

    async def window_turns(self, window_id: str) -> list[Turn]:
        return [row.turn for row in self._all_rows() if row.window_id == window_id]

    async def before(self, turn: Turn, *, limit: int) -> list[Turn]:
        own = next((row for row in self._all_rows() if row.turn.id == turn.id), None)
        if own is None or own.turn.session_id is None:
            return []
        same = self._rows_of(own.turn.session_id)
        earlier = [row.turn for row in same if row.is_turn and _when(row) < _when(own)]
        return earlier[-limit:] if limit else []

    async def last_touched(self, session_id: str) -> datetime | None:
        return next((k.touched[session_id] for k in self._channels.values() if session_id in k.touched), None)

    async def gathering(self) -> int:
        return sum(len(kept.windows.keys() - self._analysed) for kept in self._channels.values())

    async def unfinished(self, *, since: datetime, until: datetime) -> Unfinished:
        came = {its: at for kept in self._channels.values() for its, at in kept.touched.items()}
        touched = {its: at for its, at in came.items() if since <= at <= until}
        windows = [
            (window, kept.sessions[window.session_id].channel_id)
            for kept in self._channels.values()
            for window in kept.windows.values()
            if window.session_id in touched and window.closed and window.id not in self._analysed
        ]
        sessions = [s for kept in self._channels.values() for s in kept.sessions.values() if s.id in touched]
        sessions.sort(key=lambda session: (session.started_at, session.id))
        return Unfinished(
            windows=sorted(windows, key=lambda each: (each[0].opened_at, each[0].id)),
            idle=[s for s in sessions if not s.ended and touched[s.id] <= until - self._idle],
            ended=[s for s in sessions if s.ended],
        )

    async def timezone(self, bot_name: str, user_id: str) -> str | None:
        zones = [
            r.turn.user_timezone for r in self.rows(bot_name) if r.turn.user_id == user_id and r.turn.user_timezone
        ]
        return zones[-1] if zones else None

    async def participants(self, session_id: str) -> dict[str, str]:
        place, kept = next(((p, k) for p, k in self._channels.items() if session_id in k.sessions), (None, _Kept()))
        users = {row.turn.user_id for row in kept.rows.values() if row.turn.session_id == session_id}
        names = await self.members(place[0], [place[1]]) if place else {}
        return {user: name for user, name in names.items() if user in users}

    async def channels_of(self, bot_name: str, user_id: str) -> list[str]:
        return sorted({row.turn.channel_id for row in self.rows(bot_name) if row.turn.user_id == user_id})

    async def members(self, bot_name: str, channels: Sequence[str]) -> dict[str, str]:
        turns = [row.turn for row in self.rows(bot_name) if row.turn.channel_id in channels]
        named = {t.user_id: t.speaker for t in turns if t.role == "user" and t.speaker != t.user_id}
        return {user: named.get(user, user) for user in sorted({turn.user_id for turn in turns})}

    def _all_rows(self) -> list[Row]:
        return _by_time(row for kept in self._channels.values() for row in kept.rows.values())

    def _rows_of(self, session_id: str) -> list[Row]:
        return [row for row in self._all_rows() if row.turn.session_id == session_id]


class _Log:
    """`ChannelLog` on a copy, which takes the place of what was kept when all went well."""

    def __init__(
        self, kept: _Kept, elsewhere: Sequence[_Kept], idle: timedelta, clock: Clock, arrivals: Iterator[int]
    ) -> None:
        self._elsewhere = elsewhere
        self.opened: set[str] = set()
        self._kept = kept
        self._idle = idle
        self._clock = clock
        self._arrivals = arrivals

    async def find(self, turn_id: UUID) -> Recorded | None:
        row = self._kept.rows.get(turn_id)
        if row is None:
            return None
        return Recorded(turn=row.turn, placed=row.turn.session_id is not None, recorded_at=row.recorded_at)

    async def unmatched(self, *, user_id: str, role: Role, content: str, task: str) -> Turn | None:
        channels = [self._kept, *self._elsewhere]
        open_sessions = {its.id for kept in channels for its in kept.sessions.values() if not its.ended}
        given = {turn_id for kept in channels for (its, _, _), turn_id in kept.given.items() if its == task}
        wanted = (user_id, role, content)
        rows = _by_time(row for kept in channels for row in kept.rows.values())
        turns = [row.turn for row in rows if row.turn.session_id in open_sessions]
        return next((t for t in turns if (t.user_id, t.role, t.content) == wanted and t.id not in given), None)

    async def given(self, task: str, job_id: str, position: int) -> Turn | None:
        turn_id = self._kept.given.get((task, job_id, position))
        channels = [self._kept, *self._elsewhere]
        return next((kept.rows[turn_id].turn for kept in channels if turn_id in kept.rows), None) if turn_id else None

    async def give(self, turn_id: UUID, task: str, job_id: str, position: int) -> None:
        self._kept.given.setdefault((task, job_id, position), turn_id)

    async def state(self, at: datetime) -> Channel:
        near = [s for s in self._kept.sessions.values() if not s.ended or s.covers(at, self._idle)]
        sessions = {session.id: session for session in sorted(near, key=lambda s: (s.started_at, s.id))}
        opened = [w for w in self._kept.windows.values() if w.session_id in sessions and not w.closed]
        return Channel(sessions=sessions, windows={w.id: w for w in sorted(opened, key=lambda w: (w.opened_at, w.id))})

    async def record(self, turn: Turn, *, evidence_only: bool = False) -> None:
        if turn.id not in self._kept.rows:
            self._kept.rows[turn.id] = Row(
                turn=replace(turn, session_id=None, number=None),
                is_turn=not evidence_only,
                arrival=next(self._arrivals),
                recorded_at=self._clock.now(),
            )

    async def amend(self, turn: Turn) -> None:
        row = self._kept.rows[turn.id]
        self._kept.rows[turn.id] = replace(row, turn=replace(row.turn, content=turn.content))

    async def wait_for(self, turn_id: UUID, previous: UUID) -> None:
        self._kept.rows[turn_id] = replace(self._kept.rows[turn_id], previous=previous)

    async def waiting_for(self, previous: UUID) -> list[Turn]:
        rows = [row for row in self._kept.rows.values() if row.previous == previous and row.turn.session_id is None]
        return [row.turn for row in _by_time(rows)]

    async def apply(self, step: Step) -> None:
        for session in step.sessions:
            self._kept.sessions[session.id] = session
            self._kept.touched[session.id] = self._clock.now()
        for window in step.opened:
            self._kept.windows[window.id] = window
            self.opened.add(window.id)
        for window in (*step.moved, *step.closed):
            known = self._kept.windows[window.id]
            last_at, closed = max(known.last_at, window.last_at), known.closed or window.closed
            self._kept.windows[window.id] = replace(known, last_at=last_at, closed=closed)
        if step.turn:
            self._seat(step.turn, step.window_id)

    async def note(self, job_id: str, steps: Sequence[Step]) -> None:
        self._kept.steps[job_id] = tuple(replace(step, turn=None) for step in steps)

    async def noted(self, job_id: str) -> Sequence[Step]:
        return self._kept.steps.get(job_id, ())

    def _seat(self, turn: Turn, window_id: str | None) -> None:
        row = self._kept.rows[turn.id]
        number = turn.number if row.is_turn else None
        placed = replace(row.turn, session_id=turn.session_id, number=number)
        self._kept.rows[turn.id] = replace(row, turn=placed, window_id=window_id, previous=None)


def _when(row: Row) -> tuple[datetime, int]:
    return row.turn.sent_at, row.arrival


def _by_time(rows: Iterable[Row]) -> list[Row]:
    return sorted(rows, key=_when)
