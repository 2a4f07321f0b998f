"""The payloads of the seeds' calls, which bring a text but often neither channel, time nor message id.

What a producer leaves out is written into the payload when it is enqueued, so that a retry sees the same.
"""

from datetime import UTC, datetime, timedelta
from typing import Annotated, Any, Self, cast
from uuid import UUID

from pydantic import AwareDatetime, BaseModel, BeforeValidator, ConfigDict, Field, StringConstraints, model_validator

from mindfleet.conversation.turn import Role, Visibility
from mindfleet.job import HIDDEN, BotJob, Name

ROLES = {"human": "user", "ai": "assistant"}
"""What other frameworks call them."""

SpeakerRole = Annotated[Role, BeforeValidator(lambda role: ROLES.get(role, role))]
Content = Annotated[str, StringConstraints(min_length=1)]


def dm_of(user_id: str) -> str:
    """The channel in which a user and the bot are alone, where the producer names none."""
    return f"dm:{user_id}"


def just_now() -> datetime:
    """The time that is written into a payload when it is made: at enqueue."""
    return datetime.now(UTC)


def thoughts_of(bot_name: str, channel_id: str) -> str:
    """The order of all that taking in a channel triggers."""
    return f"thoughts:{bot_name}:{channel_id}"


class FromUser(BotJob):
    """Something about one user: by default said in their dm with the bot, now."""

    user_id: Name
    """Whom it is about."""

    channel_id: Name = ""
    """Where it was said."""

    sent_at: AwareDatetime = Field(default_factory=just_now)
    """When it was said; aware."""

    visibility: Visibility = "dm"
    """Where it may be repeated: to the user alone, in closed channels too, or anywhere."""

    def order(self) -> str:
        """What follows from the talk in a channel happens in its order."""
        return thoughts_of(self.bot_name, self.channel_id)

    @model_validator(mode="before")
    @classmethod
    def _in_the_dm(cls, fields: Any) -> Any:  # noqa: ANN401 - whatever came over the wire
        given = cast("dict[str, Any]", fields) if isinstance(fields, dict) else {}
        user_id = given.get("user_id")
        if isinstance(user_id, str) and not given.get("channel_id"):
            return {**given, "channel_id": dm_of(user_id)}
        return cast("Any", fields)


class AboutText(FromUser):
    """A text of a user to look at; or, set by the fleet, an analysis that was made of it already."""

    message: Content | None = None
    """What the user said."""

    message_id: Name | None = None
    """The platform's id of the message; the same id in the same channel is the same row of the transcript."""

    analysis_id: UUID | None = HIDDEN

    @model_validator(mode="after")
    def _one_of_them(self) -> Self:
        if (self.text is None) == (self.analysis_id is None):
            raise ValueError("give the text of the message")
        return self

    @property
    def text(self) -> str | None:
        return self.message

    def key(self) -> str | None:
        """An analysis is applied once; a text is whatever the producer says."""
        return str(self.analysis_id) if self.analysis_id else None


class Said(BaseModel):
    """One entry of `messages`."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    role: SpeakerRole
    """`human` and `ai` are taken too."""

    content: Content
    sent_at: AwareDatetime | None = None
    """Without it: a millisecond after the one before, the last just before the time of the call."""

    message_id: Name | None = None
    author: Name | None = None
    """The name to print."""


def dated(messages: list[Said], now: datetime) -> list[Said]:
    """The messages with their times; those without one were said just now, in their order."""
    first = now - timedelta(milliseconds=len(messages))
    return [
        said if said.sent_at else said.model_copy(update={"sent_at": first + timedelta(milliseconds=place)})
        for place, said in enumerate(messages)
    ]
