"""The schema that a model fills, and the findings that remain once they are checked."""

from datetime import date
from typing import Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field


class _Answered(BaseModel):
    model_config = ConfigDict(extra="ignore", frozen=True)


class StatedFact(_Answered):
    """Something that the user said is so, or is so no longer."""

    subject: str = Field(description="'user' for the user, otherwise the name of whom or what it is about")
    predicate: str = Field(description="a predicate of the list")
    object: str = Field(description="a short noun phrase in the user's words")
    confidence: float = Field(description="from 0 to 1")
    message: str = Field(description="the handle of the user's message that says so, for example m3")
    quote: str = Field(description="the words of that message that say so, verbatim")
    holds: bool = Field(default=True, description="false when it has ended")
    since: date | None = Field(default=None, description="the date from which it is so, when the message tells")
    until: date | None = Field(default=None, description="the date until which it is so, when the message tells")


class StatedPreference(_Answered):
    """An explicit wish about how the bot talks."""

    key: str
    value: str
    message: str


class StatedGoal(_Answered):
    """Something that the user wants to reach."""

    goal: str = Field(description="a phrase that starts with a verb")
    message: str
    by: date | None = None


class GoalStep(_Answered):
    """What a message shows of the way to one of the bot's goals."""

    slug: str
    status: Literal["in_progress", "completed"]
    progress: float
    message: str
    reasoning: str


class Reading(_Answered):
    """Everything that was found in a piece of transcript."""

    facts: list[StatedFact] = Field(default_factory=list[StatedFact])
    preferences: list[StatedPreference] = Field(default_factory=list[StatedPreference])
    goals: list[StatedGoal] = Field(default_factory=list[StatedGoal])
    progress: list[GoalStep] = Field(default_factory=list[GoalStep])


class _Checked(BaseModel):
    model_config = ConfigDict(frozen=True)

    turn_id: UUID
    """The message that it rests on."""


class FoundFact(_Checked):
    subject: str
    predicate: str
    object: str
    confidence: float
    quote: str
    holds: bool
    since: date | None
    until: date | None


class FoundPreference(_Checked):
    key: str
    value: str


class FoundGoal(_Checked):
    goal: str
    by: date | None


class FoundStep(_Checked):
    slug: str
    status: Literal["in_progress", "completed"]
    progress: float
    reasoning: str


class Findings(BaseModel):
    """What remains of a reading: every item rests on an existing message of the right speaker."""

    model_config = ConfigDict(frozen=True)

    facts: list[FoundFact] = Field(default_factory=list[FoundFact])
    preferences: list[FoundPreference] = Field(default_factory=list[FoundPreference])
    goals: list[FoundGoal] = Field(default_factory=list[FoundGoal])
    progress: list[FoundStep] = Field(default_factory=list[FoundStep])
    refused: list[str] = Field(default_factory=list[str])
    """Why the others were refused, one line each."""
