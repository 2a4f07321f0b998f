"""A job is a request: typed, frozen, serialisable, versioned."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Annotated, Any, ClassVar, Self, cast
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, JsonValue, StringConstraints, model_validator
from pydantic.fields import FieldInfo

Name = Annotated[str, StringConstraints(min_length=1, max_length=200, strip_whitespace=True)]
"""A name or id that somebody else gave: of a bot, a user, a channel, a session."""


HIDDEN: Any = Field(default=None, json_schema_extra={"producers": "hidden"})
"""A payload field that the fleet fills in itself; `enqueue_*` does not offer it."""


def is_hidden(field: FieldInfo) -> bool:
    """Whether producers are not offered this field."""
    return field.json_schema_extra == {"producers": "hidden"}


class Job(BaseModel):
    """The payload of a task: what `enqueue_*` takes, and what lies in Redis as flat keyword arguments."""

    model_config = ConfigDict(frozen=True, extra="forbid", ser_json_timedelta="float")

    version: ClassVar[int] = 1
    """Of the schema; an older worker parks a newer payload instead of misreading it."""

    positional: ClassVar[tuple[str, ...]] = ()
    """The positional parameters of the `enqueue_*` method, in order; `?` marks one that may be left out.
    All other fields are keyword-only."""

    def key(self) -> str | None:
        """Two waiting jobs of a task with the same key are one; None means never the same."""
        return None

    def order(self) -> str | None:
        """Jobs of the same order, of whichever task and queue, run one at a time and by due time; None: any time."""
        return None

    def sharer(self) -> str:
        """Among whom the workers are shared fairly: the user, else the channel, else the bot."""
        fields = self.model_dump(include={"bot_name", "user_id", "channel_id"})
        who = fields.get("user_id") or fields.get("channel_id") or ""
        return f"{fields.get('bot_name', '')}/{who}" if fields else ""

    def merge(self, later: "Job") -> Self:
        """One job that stands for this one and a later one of the same key, for tasks that gather triggers.

        Lists are joined; of everything else the later one is right.
        """
        fields = type(self).model_fields
        values = {name: (getattr(self, name), getattr(later, name)) for name in fields}
        joined = {name: [*first, *last] if _are_lists(first, last) else last for name, (first, last) in values.items()}
        return self.model_copy(update=joined)


def _are_lists(*values: object) -> bool:
    return all(isinstance(value, list | tuple) for value in values)


class BotJob(Job):
    """A job in the name of one bot. The seeds call it `bot_name` and `character_name`; both are taken."""

    bot_name: Name
    """In whose name; left out, the producer's own: `TaskQueue(bot_name=…)` or `BOT_NAME`."""

    @model_validator(mode="before")
    @classmethod
    def _accept_character_name(cls, fields: Any) -> Any:  # noqa: ANN401 - whatever came over the wire
        given = cast("dict[str, Any]", fields) if isinstance(fields, dict) else {}
        if "character_name" not in given:
            return cast("Any", fields)
        renamed = {name: value for name, value in given.items() if name != "character_name"}
        if renamed.setdefault("bot_name", given["character_name"]) != given["character_name"]:
            raise ValueError("bot_name and character_name differ: give one of them")
        return renamed


def intake_of(bot_name: str, channel_id: str) -> str:
    """The order in which a channel is taken in."""
    return f"intake:{bot_name}:{channel_id}"


class OrderedJob(BotJob):
    """A job that takes its place after another one of the same producer and channel."""

    channel_id: Name
    """Where it was said; a session belongs to one bot and one channel."""

    after: UUID | None = HIDDEN
    """The step of the job that this producer enqueued before; the facade fills it in."""

    @property
    def lane(self) -> tuple[str, str]:
        """What is ordered: the jobs of one channel of one bot."""
        return self.bot_name, self.channel_id

    def order(self) -> str:
        """Taking in a channel has an order of its own, so that thinking about it does not delay it."""
        return intake_of(self.bot_name, self.channel_id)

    @property
    def step(self) -> UUID | None:
        """What the next job of the lane comes after; None leaves that as it was."""
        return None


@dataclass(frozen=True, kw_only=True)
class FollowUp:
    """A job to enqueue once the present one has succeeded."""

    job: Job
    after: timedelta = timedelta()
    at: datetime | None = None


@dataclass(frozen=True, kw_only=True)
class Done:
    """What a task returns: a result for whoever waits, and the jobs that follow."""

    result: dict[str, JsonValue] = field(default_factory=dict[str, JsonValue])
    then: Sequence[Job | FollowUp] = ()
