"""What every keeper of `Budgets` must do, and what the gateway does when one is spent."""

from collections.abc import AsyncIterator
from datetime import datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest
from redis.asyncio import Redis

from mindfleet.adapters.limits.redis_budgets import RedisBudgets
from mindfleet.adapters.openai_chat import OpenAIChat
from mindfleet.errors import ModelUnavailable, OnHold, StoreUnavailable
from mindfleet.llm.gateway import Gateway, TierModel
from mindfleet.llm.prices import Price, Prices
from mindfleet.llm.purse import Purse
from mindfleet.ports.budgets import Budgets, Cap, Caps, Estimate, Overdrawn, Payer, SetAside
from mindfleet.ports.model_calls import ModelCall
from mindfleet.testing.clock import FakeClock
from mindfleet.testing.limits import InMemoryBudgets
from mindfleet.testing.llm import AnswersInMemory, ModelCallsInMemory
from mindfleet.testing.model_server import Fails, ScriptedModelServer
from tests.limits.fleet import SECOND, milliseconds, target
from tests.llm.moods import ask_for, right_answer

ANN = Payer(bot_name="luna", user_id="ann")
BEN = Payer(bot_name="luna", user_id="ben")
NOVAS_ANN = Payer(bot_name="nova", user_id="ann")


class Kept:
    """Makes budgets of one kind, all over the same sums."""

    def __init__(self, clock: FakeClock, calls: ModelCallsInMemory, redis: Redis | None) -> None:
        self.clock = clock
        self.calls = calls
        self.redis = redis

    def of(self, **caps: Any) -> Budgets:
        if self.redis is None:
            return InMemoryBudgets(Caps(**caps), self.clock)
        return RedisBudgets(self.redis, Caps(**caps), self.calls, self.clock, now=lambda: milliseconds(self.clock))


@pytest.fixture
def calls() -> ModelCallsInMemory:
    return ModelCallsInMemory()


@pytest.fixture
async def redis(redis_url: str) -> AsyncIterator[Redis]:
    client = Redis.from_url(redis_url)
    yield client
    await client.aclose()


@pytest.fixture(params=["fake", pytest.param("redis", marks=pytest.mark.stack)])
def kept(request: pytest.FixtureRequest, clock: FakeClock, calls: ModelCallsInMemory) -> Kept:
    return Kept(clock, calls, None if request.param == "fake" else request.getfixturevalue("redis"))


def about(usd: float = 0.0, tokens: int = 0, *, cheaper_usd: float | None = None) -> Estimate:
    return Estimate(usd=usd, tokens=tokens, cheaper_usd=cheaper_usd)


async def given(budgets: Budgets, payer: Payer, estimate: Estimate) -> SetAside:
    answer = await budgets.set_aside(payer, estimate)
    assert isinstance(answer, SetAside), answer
    return answer


async def denied(budgets: Budgets, payer: Payer, estimate: Estimate) -> Overdrawn:
    answer = await budgets.set_aside(payer, estimate)
    assert isinstance(answer, Overdrawn), answer
    return answer


async def spent(budgets: Budgets, payer: Payer, usd: float, tokens: int) -> None:
    await budgets.spend(await given(budgets, payer, about(usd, tokens)), usd=usd, tokens=tokens)


async def test_without_budgets_all_is_paid(kept: Kept) -> None:
    aside = await given(kept.of(), ANN, about(1_000_000.0, 10**12))
    await kept.of().spend(aside, usd=1_000_000.0, tokens=10**12)


async def test_a_budget_is_spent_to_its_end_and_not_beyond(kept: Kept) -> None:
    budgets = kept.of(fleet=Cap(usd=1.0))
    await spent(budgets, ANN, 0.75, 100)
    await spent(budgets, BEN, 0.25, 100)
    overdrawn = await denied(budgets, ANN, about(0.0001))
    assert (overdrawn.kind, overdrawn.unit, overdrawn.gate) == ("fleet", "usd", "hold:budget/fleet")


async def test_what_is_beyond_waits_for_midnight(kept: Kept) -> None:
    budgets = kept.of(user=Cap(tokens=1000))
    await spent(budgets, ANN, 0, 800)
    overdrawn = await denied(budgets, ANN, about(tokens=201))
    assert (overdrawn.after, overdrawn.for_today) == (timedelta(hours=6), True)
    await given(budgets, ANN, about(tokens=200))
    kept.clock.advance(overdrawn.after)
    await given(budgets, ANN, about(tokens=1000))


async def test_each_bot_and_each_user_has_its_own(kept: Kept) -> None:
    by_bot, by_user = kept.of(bot=Cap(tokens=100)), kept.of(user=Cap(tokens=100))
    await spent(by_bot, ANN, 0, 100)
    assert (await denied(by_bot, BEN, about(tokens=1))).gate == "hold:budget/bot/luna"
    await given(by_bot, NOVAS_ANN, about(tokens=100))
    await spent(by_user, ANN, 0, 100)
    assert (await denied(by_user, NOVAS_ANN, about(tokens=1))).gate == "hold:budget/user/ann"
    await given(by_user, BEN, about(tokens=100))
    await given(by_user, Payer(bot_name="luna", user_id=None), about(tokens=1000))


async def test_what_others_have_set_aside_is_not_spent_twice(kept: Kept) -> None:
    budgets = kept.of(fleet=Cap(tokens=1000))
    first = await given(budgets, ANN, about(tokens=700))
    overdrawn = await denied(budgets, BEN, about(tokens=700))
    assert (overdrawn.for_today, overdrawn.after) == (False, SECOND)
    await budgets.spend(first, usd=0, tokens=200)
    await given(budgets, BEN, about(tokens=700))


async def test_a_call_that_came_to_nothing_costs_nothing(kept: Kept) -> None:
    budgets = kept.of(fleet=Cap(usd=1, tokens=1000))
    await budgets.spend(await given(budgets, ANN, about(1, 1000)), usd=0, tokens=0)
    await given(budgets, ANN, about(1, 1000))


async def test_near_its_end_the_cheaper_model_answers(kept: Kept) -> None:
    budgets = kept.of(bot=Cap(usd=1.0), soft_share=0.5)
    assert not (await given(budgets, ANN, about(0.4, cheaper_usd=0.1))).downgraded
    cheap = await given(budgets, ANN, about(0.4, cheaper_usd=0.1))
    assert (cheap.downgraded, cheap.usd) == (True, 0.1)
    assert not (await given(budgets, ANN, about(0.4))).downgraded


async def test_a_call_that_only_the_cheaper_model_can_answer_in_the_budget_is_answered(kept: Kept) -> None:
    budgets = kept.of(bot=Cap(usd=1.0))
    await spent(budgets, ANN, 0.7, 0)
    assert (await given(budgets, ANN, about(0.4, cheaper_usd=0.1))).downgraded
    await denied(budgets, ANN, about(0.4))


async def test_a_call_belongs_to_the_day_on_which_it_was_made(kept: Kept) -> None:
    budgets = kept.of(fleet=Cap(tokens=100))
    late = await given(budgets, ANN, about(tokens=60))
    kept.clock.advance(timedelta(hours=6))
    await given(budgets, ANN, about(tokens=10))
    await budgets.spend(late, usd=0, tokens=100)
    await given(budgets, ANN, about(tokens=90))


def a_call(at: datetime, *, bot: str = "luna", user: str | None = "ann", usd: float | None = 0.25) -> ModelCall:
    return ModelCall(
        id=uuid4(),
        at=at,
        key=uuid4(),
        job_id=None,
        task=None,
        bot_name=bot,
        user_id=user,
        provider="openai",
        model="m",
        tier="main",
        prompt="p",
        prompt_version="1",
        repair=False,
        outcome="answered",
        error=None,
        input_tokens=60,
        cached_input_tokens=0,
        output_tokens=40,
        tokens_estimated=False,
        cost_usd=usd,
        latency=SECOND,
    )


@pytest.mark.stack
async def test_what_redis_lost_is_read_from_the_ledger(
    redis: Redis, clock: FakeClock, calls: ModelCallsInMemory
) -> None:
    for call in (a_call(clock.now()), a_call(clock.now(), user="ben"), a_call(clock.now() - timedelta(days=1))):
        await calls.record(call)
    budgets = Kept(clock, calls, redis).of(fleet=Cap(usd=1.0), user=Cap(tokens=150))
    await denied(budgets, ANN, about(0.0, 51))
    await redis.flushdb()
    await given(budgets, ANN, about(0.5, 50))
    await denied(budgets, BEN, about(0.01, 1))


@pytest.mark.stack
async def test_what_a_dead_worker_had_set_aside_is_free_again(
    redis: Redis, clock: FakeClock, calls: ModelCallsInMemory
) -> None:
    budgets = Kept(clock, calls, redis).of(fleet=Cap(tokens=100))
    await given(budgets, ANN, about(tokens=100))
    clock.advance(timedelta(minutes=9))
    await denied(budgets, BEN, about(tokens=1))
    clock.advance(timedelta(minutes=2))
    await given(budgets, BEN, about(tokens=100))


@pytest.mark.stack
async def test_sums_do_not_stay_for_ever(redis: Redis, clock: FakeClock, calls: ModelCallsInMemory) -> None:
    budgets = Kept(clock, calls, redis).of(fleet=Cap(tokens=100), bot=Cap(usd=1), user=Cap(usd=1))
    await given(budgets, ANN, about(tokens=1))
    await spent(budgets, ANN, 0.5, 10)
    lives = [await redis.pttl(key) async for key in redis.scan_iter("*")]
    assert len(lives) == 6
    assert min(lives) > 0


async def test_while_redis_is_away_nothing_is_spent(clock: FakeClock, calls: ModelCallsInMemory) -> None:
    redis = Redis.from_url("redis://127.0.0.1:1")
    budgets = RedisBudgets(redis, Caps(fleet=Cap(usd=1)), calls, clock)
    with pytest.raises(StoreUnavailable):
        await budgets.set_aside(ANN, about(0.1))
    await budgets.spend(
        SetAside(
            token="t",  # noqa: S106 - no secret
            at=clock.now(),
            payer=ANN,
            usd=0.1,
            tokens=1,
            downgraded=False,
        ),
        usd=0.1,
        tokens=1,
    )
    await redis.aclose()


@pytest.fixture
async def server() -> AsyncIterator[ScriptedModelServer]:
    async with ScriptedModelServer(answer=right_answer) as server:
        yield server


@pytest.fixture
async def chat(server: ScriptedModelServer, clock: FakeClock) -> AsyncIterator[OpenAIChat]:
    chat = OpenAIChat(base_url=server.url, api_key=None, clock=clock)
    yield chat
    await chat.close()


PRICES = Prices({"dear": Price(input=1000, output=1000), "cheap": Price(input=1, output=1)})
"""USD for a million tokens: a thousandth for a token of the dear one."""


def gateway(chat: OpenAIChat, budgets: Budgets, clock: FakeClock, calls: ModelCallsInMemory) -> Gateway:
    dear, cheap = (TierModel(chat, model, target()) for model in ("dear", "cheap"))
    return Gateway(
        tiers={"main": dear, "reflective": dear, "utility": cheap},
        answers=AnswersInMemory(),
        calls=calls,
        clock=clock,
        prices=PRICES,
        purse=Purse(PRICES, budgets=budgets, cheaper=cheap),
    )


async def test_the_models_follow_the_budget_down(
    server: ScriptedModelServer, chat: OpenAIChat, kept: Kept, clock: FakeClock, calls: ModelCallsInMemory
) -> None:
    asking = gateway(chat, kept.of(bot=Cap(usd=2.0), soft_share=0.6), clock, calls)
    first = await asking.answer(ask_for(tier="main"))
    second = await asking.answer(ask_for(tier="main"))
    assert (first.model, second.model) == ("dear", "dear"), "after the first answer its length is known"
    while (answer := await asking.answer(ask_for(tier="main"))).model == "dear":
        pass
    assert answer.model == "cheap"
    usage = await calls.usage("luna")
    assert sum(one.cost_usd or 0 for one in usage) <= 2.0
    assert [request.body["model"] for request in server.requests][-1] == "cheap"


async def test_what_cannot_be_paid_is_not_asked_before_midnight(
    server: ScriptedModelServer, chat: OpenAIChat, kept: Kept, clock: FakeClock, calls: ModelCallsInMemory
) -> None:
    asking = gateway(chat, kept.of(user=Cap(tokens=1200)), clock, calls)

    async def ask_until_it_is_spent() -> None:
        for _ in range(100):
            await asking.answer(ask_for())

    with pytest.raises(OnHold, match="the tokens that the user ann may spend today") as on_hold:
        await ask_until_it_is_spent()
    assert len(server.requests) == len(calls.recorded) > 2
    assert (on_hold.value.gate, on_hold.value.after) == ("hold:budget/user/ann", timedelta(hours=6))
    assert sum(call.input_tokens + call.output_tokens for call in calls.recorded) <= 1200
    await asking.answer(ask_for(user_id="ben"))
    clock.advance(on_hold.value.after)
    await asking.answer(ask_for())


async def test_a_call_that_fails_is_not_paid(
    server: ScriptedModelServer, chat: OpenAIChat, kept: Kept, clock: FakeClock, calls: ModelCallsInMemory
) -> None:
    asking = gateway(chat, kept.of(user=Cap(tokens=1100)), clock, calls)
    server.script([Fails(500)] * 5)
    for _ in range(5):
        with pytest.raises(ModelUnavailable):
            await asking.answer(ask_for())
    await asking.answer(ask_for())
