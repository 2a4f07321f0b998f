"""How much models may be asked, and what may be spent on them."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

from mindfleet.llm.endpoint import is_local, machine, provider_name
from mindfleet.ports.budgets import Cap, Caps
from mindfleet.ports.limits import Target
from mindfleet.settings.section import Section, setting
from mindfleet.settings.values import Allowed, FromJson, PositiveSeconds

ONE_LOCALLY = "as many as there are; 1 for all models of a local endpoint together"


class OwnLimits(BaseModel):
    """The limits of one provider, or of one of its models."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    concurrency: int | None = Field(default=None, ge=1)
    requests_per_minute: int | None = Field(default=None, ge=1)
    tokens_per_minute: int | None = Field(default=None, ge=1)


class Limits(Section):
    """How much each model of each provider may be asked, by all workers together"""

    concurrency: int | None = setting(
        "How many calls of a model run at once; of a local endpoint, over all its models",
        env="LLM_CONCURRENCY",
        side="both",
        default=None,
        default_in_words=ONE_LOCALLY,
        ge=1,
    )
    requests_per_minute: int | None = setting("How often a model is asked", side="both", default=None, ge=1)
    tokens_per_minute: int | None = setting(
        "How many tokens a model is sent and sends back", side="both", default=None, ge=1
    )
    interactive_share: float = setting(
        "The part of each limit that is kept for jobs of priority 7 and more", side="both", default=0.2, ge=0, le=1
    )
    by_model: Annotated[
        Mapping[str, OwnLimits],
        FromJson,
        Allowed('JSON such as {"openai/MODEL": {"concurrency": 4, "requests_per_minute": 60}}'),
    ] = setting("Limits of their own, by PROVIDER/MODEL or PROVIDER", side="both", default={})
    breaker_failures: int = setting(
        "After how many failed calls in a row a model is left alone", side="both", default=5, ge=1
    )
    breaker_pause: PositiveSeconds = setting(
        "For how long; then a single call tries it", side="both", default=timedelta(seconds=20)
    )

    def of(self, base_url: str, model: str, *, ollama: bool = False) -> Target:
        """What a model may be asked.

        Args:
            base_url: of its endpoint.
            model: as the endpoint calls it.
            ollama: whether the endpoint is known to be one, wherever it is.
        """
        local = is_local(base_url, ollama=ollama)
        provider = f"local/{machine(base_url)}" if local else provider_name(base_url)
        names = (provider, provider_name(base_url)) if local else (f"{provider}/{model}", provider)
        own = next((self.by_model[name] for name in names if name in self.by_model), OwnLimits())
        return Target(
            provider=provider,
            model=model,
            scope=provider if local else f"{provider}/{model}",
            concurrency=own.concurrency or self.concurrency or (1 if local else None),
            requests=own.requests_per_minute or self.requests_per_minute,
            tokens=own.tokens_per_minute or self.tokens_per_minute,
            interactive_share=self.interactive_share,
        )


class Budget(Section):
    """What may be spent on answers of models between two midnights, UTC; what is beyond waits for the next"""

    fleet_usd: float | None = setting("All together", unit="USD", default=None, ge=0)
    fleet_tokens: int | None = setting("All together", unit="tokens", default=None, ge=0)
    bot_usd: float | None = setting("Each bot", unit="USD", default=None, ge=0)
    bot_tokens: int | None = setting("Each bot", unit="tokens", default=None, ge=0)
    user_usd: float | None = setting("Each user, with all bots", unit="USD", default=None, ge=0)
    user_tokens: int | None = setting("Each user, with all bots", unit="tokens", default=None, ge=0)
    soft_share: float = setting(
        "From which part of a budget on the cheaper model answers; 1: never", default=0.8, ge=0, le=1
    )
    cheaper_model: str | None = setting(
        "Which model that is", default=None, default_in_words="the model of the tier utility"
    )

    @property
    def caps(self) -> Caps:
        """As the budgets take them."""
        return Caps(
            fleet=Cap(usd=self.fleet_usd, tokens=self.fleet_tokens),
            bot=Cap(usd=self.bot_usd, tokens=self.bot_tokens),
            user=Cap(usd=self.user_usd, tokens=self.user_tokens),
            soft_share=self.soft_share,
        )
