"""What every keeper of `ModelCalls` must do."""

from dataclasses import replace
from datetime import timedelta
from uuid import uuid4

from mindfleet.ports.budgets import Spent
from mindfleet.ports.model_calls import ModelCall, Usage
from tests.contracts.stores import NOON, Stores


def call(bot: str) -> ModelCall:
    return ModelCall(
        id=uuid4(),
        at=NOON,
        key=uuid4(),
        job_id="job",
        task="run_summarization",
        bot_name=bot,
        user_id="ana",
        provider="openai",
        model="gpt-4o-mini",
        tier="utility",
        prompt="summary",
        prompt_version="0123456789ab",
        repair=False,
        outcome="answered",
        error=None,
        input_tokens=100,
        cached_input_tokens=64,
        output_tokens=20,
        tokens_estimated=False,
        cost_usd=0.25,
        latency=timedelta(milliseconds=1234),
    )


async def test_adds_up_what_each_provider_did_for_a_bot(stores: Stores, bot: str) -> None:
    failed = replace(call(bot), outcome="unavailable", error="429", input_tokens=0, output_tokens=0, cost_usd=0.0)
    for one in (call(bot), call(bot), failed, replace(call(bot), provider="ollama"), call(f"other {bot}")):
        await stores.model_calls.record(one)

    ollama, openai = await stores.model_calls.usage(bot)
    assert ollama == Usage(provider="ollama", calls=1, input_tokens=100, output_tokens=20, cost_usd=0.25)
    assert openai == Usage(provider="openai", calls=3, input_tokens=200, output_tokens=40, cost_usd=0.5)


async def test_recording_twice_changes_nothing(stores: Stores, bot: str) -> None:
    once = call(bot)
    await stores.model_calls.record(once)
    await stores.model_calls.record(replace(once, input_tokens=999))

    (usage,) = await stores.model_calls.usage(bot)
    assert (usage.calls, usage.input_tokens) == (1, 100)


async def test_a_sum_with_an_unknown_price_is_unknown(stores: Stores, bot: str) -> None:
    for cost in (0.25, None):
        await stores.model_calls.record(replace(call(bot), cost_usd=cost))

    (usage,) = await stores.model_calls.usage(bot)
    assert usage.cost_usd is None


async def test_a_call_outside_a_job_is_kept_too(stores: Stores, bot: str) -> None:
    await stores.model_calls.record(replace(call(bot), job_id=None, task=None, user_id=None))

    assert len(await stores.model_calls.usage(bot)) == 1


async def test_a_bot_that_asked_nothing_used_nothing(stores: Stores, bot: str) -> None:
    assert await stores.model_calls.usage(bot) == []


async def test_knows_what_was_spent_since_midnight(stores: Stores, bot: str) -> None:
    user = f"user of {bot}"
    mine = replace(call(bot), user_id=user)
    yesterday = replace(call(bot), at=NOON - timedelta(days=1))
    for one in (mine, replace(call(bot), user_id=None, cost_usd=None), yesterday, call(f"other {bot}")):
        await stores.model_calls.record(one)

    since = NOON.replace(hour=0)
    assert await stores.spending.spent("bot", bot, since=since) == Spent(usd=0.25, tokens=240)
    assert await stores.spending.spent("user", user, since=since) == Spent(usd=0.25, tokens=120)
    assert (await stores.spending.spent("fleet", "", since=since)).tokens >= 360
    assert await stores.spending.spent("user", f"nobody of {bot}", since=since) == Spent(usd=0, tokens=0)
