"""What the gateway asks of whoever answers, be it an endpoint or the offline rules."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal, Protocol

from pydantic import BaseModel

from mindfleet.ports.limits import Target


@dataclass(frozen=True)
class Message:
    role: Literal["system", "user", "assistant"]
    content: str


@dataclass(frozen=True, kw_only=True)
class Request:
    """One question as a provider gets it."""

    purpose: str
    """The prompt's name, for error messages."""

    model: str
    messages: tuple[Message, ...]
    schema: type[BaseModel]
    """What the reply should fill; the gateway checks it, a provider need not."""

    max_output_tokens: int
    by_rules: Callable[[], BaseModel] | None
    """`Ask.by_rules`, for the provider that has no model."""


@dataclass(frozen=True, kw_only=True)
class Reply:
    """What came back, unchecked."""

    text: str
    cut: bool
    """True when the model was stopped before it ended by itself."""

    refusal: str | None
    """Why the model, or its provider's filter, declined to answer."""

    model: str
    """As the provider names it, often with a date."""

    input_tokens: int
    cached_input_tokens: int
    output_tokens: int
    tokens_estimated: bool
    cost_usd: float | None
    """What the provider says the call cost; None when it does not say."""


class Provider(Protocol):
    @property
    def name(self) -> str:
        """Stored with every answer: `offline-rules`, `openai`, `openrouter`, `ollama`, `local`, or else a host."""
        ...

    async def complete(self, request: Request) -> Reply:
        """One call, without retries.

        Raises:
            ModelUnavailable: trying later helps.
            ModelRefused: the endpoint rejects the request itself.
        """
        ...


@dataclass(frozen=True)
class TierModel:
    """Who answers the questions of a tier."""

    provider: Provider
    model: str
    target: Target | None = None
    """What it is limited by; None for one that costs nothing."""
