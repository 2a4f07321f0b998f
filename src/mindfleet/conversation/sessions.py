"""How turns fall into sessions, and the turns of a user into windows. Pure: a state and a turn give a step.

A *session* is what was said in one channel of a bot without a pause of `idle`. A *window* is what one user said in a
session within a trailing pause and a longest wait; it is analysed by one call of a model. Everything follows
`sent_at`, never the wall clock, so that a replay at any speed is cut as the conversation was.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from mindfleet import ids
from mindfleet.conversation.turn import Turn


@dataclass(frozen=True, kw_only=True)
class Cutting:
    """Where conversations are cut."""

    idle: timedelta = timedelta(minutes=30)
    """A pause that ends a session."""

    window: timedelta = timedelta(seconds=60)
    """A pause of a user that ends a window; zero makes every message a window of its own."""

    longest_wait: timedelta = timedelta(seconds=300)
    """The longest that a window may be."""

    span: int = 20
    """So many turns are summarised at once, before the session ends."""


@dataclass(frozen=True, kw_only=True)
class Session:
    id: str
    bot_name: str
    channel_id: str
    started_at: datetime
    last_at: datetime
    turns: int = 0
    summarized: int = 0
    """The turns up to this number were given to a summary."""

    ended: bool = False
    external_id: str | None = None
    """What the bot itself calls it, where it has sessions of its own."""

    def covers(self, at: datetime, idle: timedelta) -> bool:
        return self.started_at - idle < at < self.last_at + idle


@dataclass(frozen=True, kw_only=True)
class Window:
    id: str
    bot_name: str
    user_id: str
    session_id: str
    opened_at: datetime
    last_at: datetime
    closed: bool = False


@dataclass(frozen=True, kw_only=True)
class Span:
    """Turns of a session that are to be summarised: from `first` to `last`, by number, both included."""

    session_id: str
    first: int
    last: int


@dataclass(frozen=True, kw_only=True)
class Channel:
    """What has to be known of a channel to place a turn: its sessions near that time, and their open windows."""

    sessions: Mapping[str, Session] = field(default_factory=dict[str, Session])
    windows: Mapping[str, Window] = field(default_factory=dict[str, Window])
    """The open windows, by id."""


@dataclass(frozen=True, kw_only=True)
class Step:
    """What a turn, or the end of a session, changes."""

    turn: Turn | None = None
    window_id: str | None = None
    sessions: tuple[Session, ...] = ()
    opened: tuple[Window, ...] = ()
    moved: tuple[Window, ...] = ()
    closed: tuple[Window, ...] = ()
    spans: tuple[Span, ...] = ()
    ended: tuple[Session, ...] = ()
    edited: bool = False
    """Whether the turn stood there before, with another text."""


def place(turn: Turn, channel: Channel, cutting: Cutting, *, external_id: str | None = None) -> Step:
    """Put a turn into its session and window; ends the sessions and closes the windows that it leaves behind."""
    session = _session_of(turn, channel, cutting, external_id)
    left_behind = [
        other
        for other in channel.sessions.values()
        if other.id != session.id and not other.ended and other.last_at + cutting.idle <= turn.sent_at
    ]
    step = _combine([end(other, channel) for other in left_behind])
    session = replace(
        session,
        turns=session.turns + 1,
        started_at=min(session.started_at, turn.sent_at),
        last_at=max(session.last_at, turn.sent_at),
        ended=False,
    )
    spans = step.spans
    if session.turns - session.summarized >= cutting.span:
        spans = (*spans, Span(session_id=session.id, first=session.summarized + 1, last=session.turns))
        session = replace(session, summarized=session.turns)
    placed = replace(turn, session_id=session.id, number=session.turns)
    step = replace(step, turn=placed, spans=spans, sessions=(*step.sessions, session))
    return _into_window(placed, session, channel, cutting, step)


def end(session: Session, channel: Channel) -> Step:
    """End a session: close its windows, and have the rest of it summarised."""
    closed = tuple(replace(w, closed=True) for w in channel.windows.values() if w.session_id == session.id)
    spans: tuple[Span, ...] = ()
    if session.turns > session.summarized:
        spans = (Span(session_id=session.id, first=session.summarized + 1, last=session.turns),)
    ended = replace(session, ended=True, summarized=session.turns)
    return Step(sessions=(ended,), closed=closed, spans=spans, ended=(ended,))


def _session_of(turn: Turn, channel: Channel, cutting: Cutting, external_id: str | None) -> Session:
    for session in channel.sessions.values():
        if session.covers(turn.sent_at, cutting.idle):
            return replace(session, external_id=session.external_id or external_id)
    return Session(
        id=ids.name("session", turn.bot_name, turn.channel_id, turn.id).hex,
        bot_name=turn.bot_name,
        channel_id=turn.channel_id,
        started_at=turn.sent_at,
        last_at=turn.sent_at,
        external_id=external_id,
    )


def _into_window(turn: Turn, session: Session, channel: Channel, cutting: Cutting, step: Step) -> Step:
    """A user's turn joins the open window of its lane or opens one; a reply only joins."""
    left = {window.id for window in step.closed}
    window = next(
        (w for w in channel.windows.values() if w.session_id == session.id and w.user_id == turn.user_id), None
    )
    if window and window.id not in left and _is_over(window, turn.sent_at, cutting):
        step = replace(step, closed=(*step.closed, replace(window, closed=True)))
        window = None
    if window is None and turn.role == "assistant":
        return step
    if window is None:
        return _open(turn, session, cutting, step)
    moved = replace(window, last_at=max(window.last_at, turn.sent_at))
    return replace(step, window_id=window.id, moved=(*step.moved, moved))


def _open(turn: Turn, session: Session, cutting: Cutting, step: Step) -> Step:
    window = Window(
        id=ids.name("window", turn.id).hex,
        bot_name=turn.bot_name,
        user_id=turn.user_id,
        session_id=session.id,
        opened_at=turn.sent_at,
        last_at=turn.sent_at,
        closed=not cutting.window,
    )
    step = replace(step, window_id=window.id, opened=(*step.opened, window))
    return replace(step, closed=(*step.closed, window)) if window.closed else step


def _is_over(window: Window, at: datetime, cutting: Cutting) -> bool:
    return at - window.last_at > cutting.window or at - window.opened_at >= cutting.longest_wait


def _combine(steps: list[Step]) -> Step:
    return Step(
        sessions=tuple(s for step in steps for s in step.sessions),
        closed=tuple(w for step in steps for w in step.closed),
        spans=tuple(s for step in steps for s in step.spans),
        ended=tuple(s for step in steps for s in step.ended),
    )


def unsummarised(session: Session, done: Sequence[Span], cutting: Cutting) -> list[Span]:
    """The stretches of a session that has ended which none of these covers, as long as summaries are."""
    spans, first = list[Span](), 1
    for span in (*sorted(done, key=lambda span: span.first), None):
        last = span.first - 1 if span else session.turns
        spans += _cut(session.id, first, last, cutting.span)
        first = max(first, span.last + 1) if span else first
    return spans


def _cut(session_id: str, first: int, last: int, length: int) -> list[Span]:
    return [
        Span(session_id=session_id, first=start, last=min(start + length - 1, last))
        for start in range(first, last + 1, length)
    ]
