"""A language model that answers with a typed value."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Generic, Literal, Protocol, TypeVar
from uuid import UUID

from pydantic import BaseModel

from mindfleet.prompt import Prompt

A = TypeVar("A", bound=BaseModel)

Tier = Literal["main", "reflective", "utility"]
"""`utility`: cheap and quick; `main`: what the bot itself would use; `reflective`: for slow thinking."""


@dataclass(frozen=True, kw_only=True)
class Ask(Generic[A]):
    """One question to a model: a prompt, what fills it, and the schema of the answer."""

    key: UUID
    """Names the question for ever: the same key is paid for once, and a retry reads the stored answer."""

    prompt: Prompt
    values: dict[str, str]
    """What fills the placeholders of `prompt`; exactly its names."""

    schema: type[A]
    tier: Tier
    bot_name: str
    user_id: str | None = None

    by_rules: Callable[[], A] | None = None
    """The answer of the offline provider, found by rules; without it the task needs a model."""


@dataclass(frozen=True, kw_only=True)
class Answer(Generic[A]):
    """What a model said, and what it cost."""

    key: UUID
    value: A
    provider: str
    """`offline-rules`, or the name of the endpoint's provider."""

    model: str
    prompt_version: str
    input_tokens: int
    output_tokens: int
    cost_usd: float | None
    """None when the price of the model is not known."""


class LLM(Protocol):
    async def answer(self, ask: Ask[A]) -> Answer[A]:
        """The model's answer, valid by `ask.schema`.

        Raises:
            ModelUnavailable: the endpoint is away, overloaded or limits us; trying later helps.
            ModelRefused: the endpoint rejects the request itself (key, model name, size); trying again does not help.
            ModelAnswerInvalid: the answer, and its repair, do not fill the schema.
        """
        ...
