"""Which models answer and embed, and what their calls go through: the gate, the purse, the ledger.

The client of OpenAI takes a second to import, so it is imported where a setting asks for it.
"""

from collections.abc import Mapping
from contextlib import AsyncExitStack
from dataclasses import dataclass
from datetime import timedelta

from redis.asyncio import Redis

from mindfleet.adapters.embeddings.minilm import MiniLM
from mindfleet.adapters.limits.redis_budgets import RedisBudgets
from mindfleet.adapters.limits.redis_limits import Breaking, RedisLimits
from mindfleet.adapters.postgres import Database, PostgresAnswers, PostgresModelCalls
from mindfleet.closing import close_for_good
from mindfleet.demoted import leaving_replicas
from mindfleet.llm.gate import Gate
from mindfleet.llm.gateway import Gateway, TierModel
from mindfleet.llm.offline import OfflineRules
from mindfleet.llm.prices import Prices
from mindfleet.llm.purse import Purse
from mindfleet.ports.clock import Clock
from mindfleet.ports.embedder import Embedder
from mindfleet.ports.llm import LLM, Tier
from mindfleet.settings import Settings

RULES_MODEL = "rules-1"
"""What the offline provider is called in the place of a model."""

COUNTED_WITHIN = timedelta(seconds=5)
"""How long Redis may take to count a call of a model."""


@dataclass(frozen=True)
class Models:
    """What thinks and what embeds."""

    llm: LLM
    embedder: Embedder


async def open_models(settings: Settings, database: Database, clock: Clock, stack: AsyncExitStack) -> Models:
    """Connect to those that the settings name; `stack` closes them."""
    redis = _redis(settings, stack)
    gate = _gate(settings, redis, stack)
    embedder = await _embedder(settings, clock, gate, stack)
    return Models(_gateway(settings, database, clock, redis, gate, stack), embedder)


async def _embedder(settings: Settings, clock: Clock, gate: Gate, stack: AsyncExitStack) -> Embedder:
    """The model in the wheel, or the endpoint that the settings name."""
    named = settings.embeddings
    if named.base_url is None:
        model = MiniLM()
        stack.callback(model.close)
        return model
    from mindfleet.adapters.embeddings.endpoint import EndpointEmbedder  # noqa: PLC0415 - see above

    embedder = EndpointEmbedder(
        base_url=named.base_url.get_secret_value(),
        api_key=named.api_key.get_secret_value() if named.api_key else None,
        model=named.model,
        dimensions=named.dimensions,
        clock=clock,
        gate=gate,
        target=settings.limits.of(named.base_url.get_secret_value(), named.model),
    )
    stack.push_async_callback(embedder.close)
    await embedder.learn_dimensions()
    return embedder


def _gate(settings: Settings, redis: Redis, stack: AsyncExitStack) -> Gate:
    """The way to every endpoint of this process."""
    breaking = Breaking(failures=settings.limits.breaker_failures, pause=settings.limits.breaker_pause)
    limits = RedisLimits(redis, breaking=breaking)
    stack.push_async_callback(limits.close)
    return Gate(limits)


def _redis(settings: Settings, stack: AsyncExitStack) -> Redis:
    """A client that connects at its first use: what asks no endpoint needs no Redis here."""
    patience = COUNTED_WITHIN.total_seconds()
    url = settings.redis.url.get_secret_value()
    redis: Redis = leaving_replicas(Redis.from_url(url, socket_timeout=patience, socket_connect_timeout=patience))
    stack.push_async_callback(close_for_good, redis)
    return redis


def _gateway(
    settings: Settings, database: Database, clock: Clock, redis: Redis, gate: Gate, stack: AsyncExitStack
) -> Gateway:
    tiers = _tiers(settings, clock, stack)
    calls, prices = PostgresModelCalls(database), Prices(settings.llm.prices)
    budgets = RedisBudgets(redis, settings.budget.caps, calls, clock)
    return Gateway(
        tiers=tiers,
        answers=PostgresAnswers(database),
        calls=calls,
        clock=clock,
        prices=prices,
        gate=gate,
        purse=Purse(prices, budgets=budgets, cheaper=_cheaper(settings, tiers)),
    )


def _cheaper(settings: Settings, tiers: Mapping[Tier, TierModel]) -> TierModel:
    """Who answers when a budget is nearly spent."""
    utility, model, endpoint = tiers["utility"], settings.budget.cheaper_model, settings.llm.endpoint
    if model is None or endpoint is None:
        return utility
    return TierModel(utility.provider, model, settings.limits.of(endpoint.base_url, model, ollama=endpoint.is_ollama))


def _tiers(settings: Settings, clock: Clock, stack: AsyncExitStack) -> dict[Tier, TierModel]:
    endpoint = settings.llm.endpoint
    if endpoint is None:
        rules = TierModel(OfflineRules(), RULES_MODEL)
        return {"main": rules, "reflective": rules, "utility": rules}
    from mindfleet.adapters.openai_chat import OpenAIChat  # noqa: PLC0415 - see above

    chat = OpenAIChat(
        base_url=endpoint.base_url,
        api_key=endpoint.api_key.get_secret_value() if endpoint.api_key else None,
        clock=clock,
        timeout=settings.llm.timeout,
    )
    stack.push_async_callback(chat.close)
    return {
        tier: TierModel(chat, model, settings.limits.of(endpoint.base_url, model, ollama=endpoint.is_ollama))
        for tier, model in endpoint.models.items()
    }
