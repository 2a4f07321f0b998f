"""The ledger of model calls: who asked which model, how it ended and what it cost."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal, Protocol
from uuid import UUID

from mindfleet.ports.llm import Tier

Outcome = Literal["answered", "invalid", "refused", "unavailable", "cancelled"]
"""
`answered`     the reply fills the schema
`invalid`      it does not; when this was the first call, its repair is the next record with the same key
`refused`      the endpoint rejected the request, or the model declined to answer
`unavailable`  the endpoint was away, overloaded, too slow, or limited us
`cancelled`    the job was stopped while the model was thinking
"""


@dataclass(frozen=True, kw_only=True)
class ModelCall:
    """One request to a model. A failed one has the tokens that are known, often none."""

    id: UUID
    """Recording the same call twice changes nothing."""

    at: datetime
    """When the request was sent."""

    key: UUID
    """`Ask.key`."""

    job_id: str | None
    """None outside a job."""

    task: str | None
    bot_name: str
    user_id: str | None
    provider: str
    model: str
    tier: Tier
    prompt: str
    prompt_version: str
    repair: bool
    """Whether it asked the model to mend its first answer."""

    outcome: Outcome
    error: str | None
    """Why it did not end as `answered`, in one line."""

    input_tokens: int
    cached_input_tokens: int
    """Those of `input_tokens` that the provider read from its prompt cache."""

    output_tokens: int
    tokens_estimated: bool
    """True where the endpoint reported no usage and the counts are ours."""

    cost_usd: float | None
    """None when the price of the model is not known."""

    latency: timedelta


@dataclass(frozen=True, kw_only=True)
class Usage:
    """What one provider did for a bot."""

    provider: str
    calls: int
    input_tokens: int
    output_tokens: int
    cost_usd: float | None
    """None when the price of a call is not known."""


class ModelCalls(Protocol):
    async def record(self, call: ModelCall) -> None:
        """Keep the call.

        Raises:
            StoreUnavailable: the store is away.
        """
        ...

    async def usage(self, bot_name: str) -> list[Usage]:
        """All calls for the bot so far, sorted by provider."""
        ...
