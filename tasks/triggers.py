"""The trigger table: what follows from a turn that was placed and from a session that ended."""

from collections.abc import Sequence
from datetime import datetime

from mindfleet.conversation.sessions import Cutting, Session, Span, Step, Window
from mindfleet.job import FollowUp
from mindfleet.ports.conversations import Left
from tasks.session_timeout import SessionTimeout
from tasks.summarization import Summarization
from tasks.window_analysis import WindowAnalysis


def triggered(steps: Sequence[Step], cutting: Cutting, now: datetime) -> list[FollowUp]:
    """The jobs that follow: analysis of closed windows and of those that will close, summaries, session timers."""
    closed = {window.id for step in steps for window in step.closed}
    sessions = {session.id: session for step in steps for session in step.sessions}
    return [
        *(_now(window, _channel(step), edited=step.edited) for step in steps for window in step.closed),
        *(
            _later(window, _channel(step), cutting, now)
            for step in steps
            for window in step.opened
            if window.id not in closed and _is_live(window, cutting, now)
        ),
        *(_summary(span, sessions[span.session_id]) for step in steps for span in step.spans),
        *(_timer(session, cutting, now) for session in sessions.values() if not session.ended),
    ]


def resumed(left: Left) -> list[FollowUp]:
    """The jobs that follow from what conversations have left to do.

    Whether a window was closed by an edit is not known any more, so that all look for what is to be taken back.
    """
    return [
        *(_now(window, channel_id, edited=True) for window, channel_id in left.windows),
        *(FollowUp(job=_end(session)) for session in left.idle),
        *(_summary(span, session) for span, session in left.spans),
    ]


def _channel(step: Step) -> str | None:
    places = [*([step.turn.channel_id] if step.turn else []), *(session.channel_id for session in step.sessions)]
    return places[0] if places else None


def _is_live(window: Window, cutting: Cutting, now: datetime) -> bool:
    """What was said longer ago is a replay: its windows are cut by what follows, not by the wall clock."""
    return now - window.opened_at < cutting.longest_wait


def _now(window: Window, channel_id: str | None, *, edited: bool) -> FollowUp:
    job = WindowAnalysis(
        bot_name=window.bot_name, window_id=window.id, channel_id=channel_id, closed=True, edited=edited
    )
    return FollowUp(job=job)


def _later(window: Window, channel_id: str | None, cutting: Cutting, now: datetime) -> FollowUp:
    job = WindowAnalysis(bot_name=window.bot_name, window_id=window.id, channel_id=channel_id)
    return FollowUp(job=job, at=now + cutting.window)


def _summary(span: Span, session: Session) -> FollowUp:
    return FollowUp(
        job=Summarization(
            bot_name=session.bot_name,
            channel_id=session.channel_id,
            session_id=session.id,
            first_turn=span.first,
            last_turn=span.last,
        )
    )


def _timer(session: Session, cutting: Cutting, now: datetime) -> FollowUp:
    return FollowUp(job=_end(session), at=now + cutting.idle)


def _end(session: Session) -> SessionTimeout:
    return SessionTimeout(bot_name=session.bot_name, channel_id=session.channel_id, session_id=session.id)
