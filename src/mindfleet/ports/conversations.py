"""Transcripts: what was said, the sessions it falls into, and the windows that are to be analysed."""

from collections.abc import Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol
from uuid import UUID

from mindfleet.conversation.sessions import Channel, Session, Span, Step, Window
from mindfleet.conversation.turn import Role, Turn


@dataclass(frozen=True, kw_only=True)
class Recorded:
    """A row of the transcript."""

    turn: Turn
    placed: bool
    """Whether it has its session; a turn waits for its place while the one before it is not there yet."""

    recorded_at: datetime


@dataclass(frozen=True, kw_only=True)
class Unfinished:
    """What conversations have left to do."""

    windows: Sequence[tuple[Window, str]] = ()
    """Closed, and not analysed; each with its channel."""

    idle: Sequence[Session] = ()
    """Not ended, though nothing was said for longer than the pause that ends a session."""

    ended: Sequence[Session] = ()
    """Those that ended, whether or not they are summarised."""


@dataclass(frozen=True, kw_only=True)
class Left:
    """What conversations have left to do."""

    windows: Sequence[tuple[Window, str]] = ()
    """Closed, and not analysed; each with its channel."""

    idle: Sequence[Session] = ()
    """Not ended, though nothing was said for long enough."""

    spans: Sequence[tuple[Span, Session]] = ()
    """Not summarised, though their session has ended."""


class ChannelLog(Protocol):
    """One channel of one bot, held by nobody else; all of it is written at the end, or nothing."""

    async def find(self, turn_id: UUID) -> Recorded | None: ...

    async def unmatched(self, *, user_id: str, role: Role, content: str, task: str) -> Turn | None:
        """The first turn of that text in an open session of any channel that `task` was not given yet."""
        ...

    async def given(self, task: str, job_id: str, position: int) -> Turn | None:
        """The turn that this job was given for the n-th text of its payload, when it ran before."""
        ...

    async def give(self, turn_id: UUID, task: str, job_id: str, position: int) -> None:
        """Note that a job of `task` was given this turn."""
        ...

    async def state(self, at: datetime) -> Channel:
        """The open sessions, those around `at`, and the open windows."""
        ...

    async def record(self, turn: Turn, *, evidence_only: bool = False) -> None:
        """Write the row, without a place; one that is there already stays as it is.

        Args:
            turn: of this channel.
            evidence_only: the text is no turn of its own: it never gets a number.
        """
        ...

    async def amend(self, turn: Turn) -> None:
        """Replace the text of a row; it is to be analysed again."""
        ...

    async def wait_for(self, turn_id: UUID, previous: UUID) -> None:
        """Note that the row takes its place after `previous`."""
        ...

    async def waiting_for(self, previous: UUID) -> Sequence[Turn]: ...

    async def apply(self, step: Step) -> None:
        """Write what a step changes."""
        ...

    async def note(self, job_id: str, steps: Sequence[Step]) -> None:
        """Keep the steps of a job, without their turns, for a run of it that comes after one that was cut off.

        What an earlier run of that name noted is replaced; after some days all is forgotten.
        """
        ...

    async def noted(self, job_id: str) -> Sequence[Step]:
        """The steps that `note` kept of the job; none when it changed nothing."""
        ...


class Conversations(Protocol):
    def channel(self, bot_name: str, channel_id: str) -> AbstractAsyncContextManager[ChannelLog]:
        """Hold a channel: others who want it wait.

        Raises:
            StoreUnavailable: the store is away.
        """
        ...

    async def session(self, bot_name: str, session_id: str) -> Session | None:
        """By our id, or by the bot's own."""
        ...

    async def sessions(self, bot_name: str) -> list[Session]:
        """All of a bot, in order of their start."""
        ...

    async def turns(self, session_id: str, *, first: int = 1, last: int | None = None) -> list[Turn]:
        """The turns of a session in order of time; `first` and `last` are numbers."""
        ...

    async def by_id(self, turn_ids: Sequence[UUID]) -> list[Turn]:
        """In order of time."""
        ...

    async def window(self, window_id: str) -> Window | None: ...

    async def window_turns(self, window_id: str) -> list[Turn]:
        """In order of time."""
        ...

    async def before(self, turn: Turn, *, limit: int) -> list[Turn]:
        """What was said in the same session just before, oldest first."""
        ...

    async def last_touched(self, session_id: str) -> datetime | None:
        """When a turn of the session last came in, by the wall clock."""
        ...

    async def gathering(self) -> int:
        """How many windows are not analysed yet."""
        ...

    async def unfinished(self, *, since: datetime, until: datetime) -> Unfinished:
        """What is left of the sessions whose last turn came in between two instants, by the wall clock."""
        ...

    async def timezone(self, bot_name: str, user_id: str) -> str | None:
        """The zone that came with the newest turn that named one; None when none did."""
        ...

    async def participants(self, session_id: str) -> dict[str, str]:
        """The users who said something, or were answered, in a session: id → newest name in its channel, or id."""
        ...

    async def channels_of(self, bot_name: str, user_id: str) -> list[str]:
        """The channels in which the user took part, sorted."""
        ...

    async def members(self, bot_name: str, channels: Sequence[str]) -> dict[str, str]:
        """The users who took part in any of the channels: id → newest name there, or id."""
        ...
