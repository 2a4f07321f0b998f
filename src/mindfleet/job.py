"""A job is a request: typed, frozen, serialisable, versioned."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Annotated, Any, ClassVar

from pydantic import BaseModel, ConfigDict, Field, JsonValue, StringConstraints, model_validator

Name = Annotated[str, StringConstraints(min_length=1, max_length=200, strip_whitespace=True)]
"""A name or id that somebody else gave: of a bot, a user, a channel, a session."""


class Job(BaseModel):
    """The payload of a task: what `enqueue_*` takes, and what lies in Redis as flat keyword arguments."""

    model_config = ConfigDict(frozen=True, extra="forbid", ser_json_timedelta="float")

    version: ClassVar[int] = 1
    """Of the schema; an older worker parks a newer payload instead of misreading it."""

    def key(self) -> str | None:
        """Two waiting jobs of a task with the same key are one; None means never the same."""
        return None


class BotJob(Job):
    """A job in the name of one bot. The seeds call it `bot_name` and `character_name`; both are taken."""

    bot_name: Name

    @model_validator(mode="before")
    @classmethod
    def _accept_character_name(cls, fields: Any) -> Any:  # noqa: ANN401 - whatever came over the wire
        if not isinstance(fields, dict) or "character_name" not in fields:
            return fields
        renamed = {name: value for name, value in fields.items() if name != "character_name"}
        if renamed.setdefault("bot_name", fields["character_name"]) != fields["character_name"]:
            raise ValueError("bot_name and character_name differ: give one of them")
        return renamed


class ForProducers:
    """How a payload field shows in the `enqueue_*` method."""

    HIDDEN: ClassVar = Field(json_schema_extra={"producers": "hidden"})
    """Set by the fleet itself, not offered."""


@dataclass(frozen=True, kw_only=True)
class FollowUp:
    """A job to enqueue once the present one has succeeded."""

    job: Job
    after: timedelta = timedelta()
    at: datetime | None = None


@dataclass(frozen=True, kw_only=True)
class Done:
    """What a task returns: a result for whoever waits, and the jobs that follow."""

    result: dict[str, JsonValue] = field(default_factory=dict)
    then: Sequence[Job | FollowUp] = ()
