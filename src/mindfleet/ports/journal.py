"""What the fleet has written down: analyses, summaries, preferences, goals, insights, bots.

Every `put` may be repeated: the same thing written twice changes nothing. All raise `StoreUnavailable`.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Literal, Protocol
from uuid import UUID

from mindfleet.conversation.sessions import Span
from mindfleet.conversation.turn import Visibility


@dataclass(frozen=True, kw_only=True)
class Origin:
    """Which answer of a model something rests on; the answer names prompt, model, tokens and cost."""

    provider: str
    answer_key: UUID


@dataclass(frozen=True, kw_only=True)
class Analysis:
    """What was found, and checked, in messages of one user."""

    id: UUID
    bot_name: str
    user_id: str
    message_ids: tuple[UUID, ...]
    findings: dict[str, Any]
    """JSON; `mindfleet.analysis` reads it."""

    origin: Origin | None
    """None when no model was asked, for the messages could not carry a memory."""


class Analyses(Protocol):
    async def put(self, analysis: Analysis) -> None: ...

    async def get(self, analysis_id: UUID) -> Analysis | None: ...

    async def covering(self, message_ids: Sequence[UUID]) -> list[Analysis]:
        """Those that cover any of these messages, oldest first."""
        ...

    async def discard(self, message_ids: Sequence[UUID]) -> None:
        """Remove those that cover any of these messages: their text has changed."""
        ...

    async def window_done(self, window_id: str) -> None:
        """Note that a window needs no further analysis."""
        ...


@dataclass(frozen=True, kw_only=True)
class Summary:
    id: UUID
    bot_name: str
    channel_id: str
    session_id: str
    first_turn: int
    last_turn: int
    user_ids: tuple[str, ...]
    visibility: Visibility
    content: str
    meaningfulness: int
    """From 1 (small talk) to 5 (life-changing)."""

    emotions: tuple[str, ...]
    topics: tuple[str, ...]
    kept: bool
    """Meaningful enough to be remembered."""

    message_ids: tuple[UUID, ...]
    started_at: datetime
    ended_at: datetime
    origin: Origin


class Summaries(Protocol):
    async def put(self, summary: Summary) -> None: ...

    async def of_span(self, session_id: str, first_turn: int, last_turn: int) -> Summary | None: ...

    async def of_session(self, session_id: str) -> list[Summary]:
        """In order of their spans."""
        ...

    async def spans(self, session_ids: Sequence[str]) -> list[Span]:
        """What the summaries of these sessions cover."""
        ...

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
        """The newest first, by `ended_at`."""
        ...


@dataclass(frozen=True, kw_only=True)
class Preference:
    bot_name: str
    user_id: str
    key: str
    value: str
    message_id: UUID
    said_at: datetime
    visibility: Visibility
    origin: Origin


class Preferences(Protocol):
    async def put(self, preferences: Sequence[Preference]) -> None:
        """What was said later holds, whichever comes in first."""
        ...

    async def withdraw(self, message_ids: Sequence[UUID]) -> None:
        """Take back what these messages were found to wish."""
        ...

    async def of(self, bot_name: str, user_id: str) -> list[Preference]:
        """In order of their keys."""
        ...


@dataclass(frozen=True, kw_only=True)
class Goal:
    id: UUID
    bot_name: str
    user_id: str | None
    """None: a goal of the bot itself."""

    slug: str
    description: str
    criteria: str = ""
    due: date | None = None
    message_id: UUID | None = None
    said_at: datetime | None = None
    visibility: Visibility = "public"
    origin: Origin | None = None
    """None for the bot's own goals, which come from its file."""


GoalStatus = Literal["in_progress", "completed"]


@dataclass(frozen=True, kw_only=True)
class GoalProgress:
    """What a message shows of the way to a goal."""

    goal_id: UUID
    user_id: str
    message_id: UUID
    status: GoalStatus
    progress: float
    """From 0 to 1."""

    reasoning: str
    said_at: datetime
    origin: Origin


class Goals(Protocol):
    async def put(self, goals: Sequence[Goal]) -> None: ...

    async def advance(self, progress: Sequence[GoalProgress]) -> None: ...

    async def withdraw(self, message_ids: Sequence[UUID]) -> None:
        """Take back what these messages were found to state and to show."""
        ...

    async def of_bot(self, bot_name: str) -> list[Goal]:
        """The bot's own, by slug."""
        ...

    async def of_user(self, bot_name: str, user_id: str) -> list[Goal]:
        """Those that the user stated, oldest first."""
        ...

    async def progress(self, bot_name: str, user_id: str | None = None) -> list[GoalProgress]:
        """On all goals of the bot, by goal and time; of one user, or of all."""
        ...


@dataclass(frozen=True, kw_only=True)
class Insight:
    id: UUID
    bot_name: str
    user_id: str
    content: str
    message_ids: tuple[UUID, ...]
    visibility: Visibility
    origin: Origin
    read_until: datetime
    """When the last of the messages was sent that were read to find it."""

    made_at: datetime


class Insights(Protocol):
    async def revise(
        self, bot_name: str, user_id: str, *, read: Sequence[UUID], until: datetime, insights: Sequence[Insight]
    ) -> None:
        """Write down what reading these messages, the last of them of `until`, came to.

        Earlier insights that rest on nothing else are replaced; a reading that is older than what is kept changes
        nothing.
        """
        ...

    async def of(self, bot_name: str, user_id: str, *, limit: int = 20) -> list[Insight]:
        """The newest first."""
        ...


@dataclass(frozen=True, kw_only=True)
class Bot:
    name: str
    voice: str = ""
    timezone: str = "UTC"
    goals: tuple[Goal, ...] = ()


class Bots(Protocol):
    async def get(self, name: str) -> Bot:
        """The bot; one that nobody has described is registered with UTC and without goals."""
        ...

    async def put(self, bot: Bot) -> None:
        """Register it, or what its file says now; goals that the file names no more are removed."""
        ...

    async def all(self) -> list[Bot]: ...
