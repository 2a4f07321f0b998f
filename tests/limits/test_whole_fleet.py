"""What limits do to jobs of the whole fleet: real workers of four queues, Redis, and a model behind HTTP."""

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable
from datetime import UTC, datetime, timedelta
from statistics import median
from time import monotonic
from typing import Any
from uuid import uuid4

import pytest

from mindfleet import JobStatus, Queue
from mindfleet.adapters.limits.redis_limits import Breaking
from mindfleet.ports.budgets import Cap, Caps
from mindfleet.ports.limits import Target
from mindfleet.ports.model_calls import ModelCall
from mindfleet.settings import Settings
from mindfleet.testing.model_server import Exchange, Fails
from mindfleet.testing.model_server import Limits as Says429
from tests.limits.crew import CHEAP, DEAR, TIMEOUT, Crew, Patience, Thinking, Thought, crew_on

pytestmark = [pytest.mark.stack, pytest.mark.timeout(120)]

Eventually = Callable[[Callable[[], Awaitable[bool]]], Awaitable[None]]
QUEUES = list(Queue)


@pytest.fixture
async def crew(redis_url: str) -> AsyncGenerator[Crew]:
    async with crew_on(redis_url) as crew:
        yield crew


@pytest.fixture
def model(crew: Crew) -> Thinking:
    thinking = Thinking(crew.server)
    crew.server.script([], then=thinking)
    return thinking


def local(crew: Crew, **settings: Any) -> Target:
    """The model of a machine of our own, limited as the settings say."""
    return Settings.model_validate({"limits": settings}).limits.of(crew.server.url, DEAR)


def so(condition: Callable[[], object]) -> Callable[[], Awaitable[bool]]:
    async def holds() -> bool:
        return bool(condition())

    return holds


async def stands(crew: Crew, model: Thinking, *, waiting: int, running: int) -> bool:
    return (await crew.waiting(), await crew.running(), model.now) == (waiting, running, running)


async def test_first_calls_wait_without_a_slot_and_go_one_at_a_time_interactive_first_and_in_order(
    crew: Crew, model: Thinking, eventually: Eventually
) -> None:
    for _ in range(2):
        await crew.process(local(crew))
    receipts = [await crew.ask("first")]
    await eventually(lambda: stands(crew, model, waiting=0, running=1))
    for number in range(12):
        receipts.append(await crew.ask(f"night-{number}", QUEUES[number % 4], priority=1))
        await eventually(lambda: stands(crew, model, waiting=len(receipts) - 1, running=1))
    for number in range(8):
        receipts.append(await crew.ask(f"answer-{number}", QUEUES[number % 4], priority=9))
        await eventually(lambda: stands(crew, model, waiting=len(receipts) - 1, running=1))

    model.answer(len(receipts))
    await crew.results(receipts)

    assert model.most == 1
    assert model.asked == ["first", *(f"answer-{n}" for n in range(8)), *(f"night-{n}" for n in range(12))]
    gaps = [arrived - answered for answered, arrived in zip(model.answered, model.arrived[1:], strict=False)]
    assert median(gaps) <= 0.1
    assert await crew.counted("retried") == 0


async def test_a_later_call_keeps_its_slot_and_its_waiting_is_not_time_of_the_job(
    crew: Crew, model: Thinking, eventually: Eventually
) -> None:
    process = await crew.process(local(crew))
    model.answer()
    patient = await crew.ask("patient", kind=Patience)
    await asyncio.wait_for(process.pauses.reached.wait(), 20)
    other = await crew.ask("other", Queue.ACTION, priority=9)
    await eventually(so(lambda: model.now == 1))
    process.pauses.go_on.set()

    await eventually(so(lambda: process.stood_still > 3.5 * TIMEOUT.total_seconds()))
    assert (await crew.waiting(), await crew.running(), model.now) == (0, 2, 1)
    model.answer(2)
    assert await crew.results([patient, other]) == [
        {"outcome": "done", "about": "patient"},
        {"outcome": "done", "about": "other"},
    ]
    assert model.asked == ["patient", "other", "patient"]
    assert await crew.counted("cut off") == 0


async def test_a_share_of_the_calls_is_kept_for_interactive_work(
    crew: Crew, model: Thinking, eventually: Eventually
) -> None:
    for _ in range(2):
        await crew.process(local(crew, concurrency=5, interactive_share=0.2))
    receipts = [await crew.ask(f"night-{number}", QUEUES[number % 4], priority=1) for number in range(8)]
    await eventually(lambda: stands(crew, model, waiting=4, running=4))
    receipts.append(await crew.ask("answer-0", priority=9))
    await eventually(lambda: stands(crew, model, waiting=4, running=5))
    receipts.append(await crew.ask("answer-1", Queue.SOCIAL, priority=9))
    await eventually(lambda: stands(crew, model, waiting=5, running=5))

    model.answer()
    await eventually(so(lambda: len(model.asked) == 6))
    assert model.asked[4:] == ["answer-0", "answer-1"]
    model.answer(len(receipts))
    await crew.results(receipts)
    assert model.most == 5


async def test_a_model_that_failed_is_tried_by_one_call_of_the_fleet(
    crew: Crew, model: Thinking, eventually: Eventually
) -> None:
    crew.server.script([Fails(500)] * 3, then=model)
    for _ in range(2):
        await crew.process(local(crew, concurrency=20), breaking=Breaking(failures=3, pause=timedelta(seconds=2)))
    receipts = [await crew.ask(f"failed-{number}", QUEUES[number], kind=Thought) for number in range(3)]
    await eventually(so(lambda: len(crew.server.requests) == 3))
    began = monotonic()
    receipts += [await crew.ask(f"later-{number}", QUEUES[number % 4]) for number in range(6)]
    await eventually(lambda: stands(crew, model, waiting=9, running=0))

    await eventually(so(lambda: model.now == 1))
    assert model.arrived[0] - began > 1.5
    tried_in_vain = await crew.counted("postponed") + 16

    async def all_have_looked_again() -> bool:
        return await crew.counted("postponed") >= tried_in_vain

    await eventually(all_have_looked_again)
    assert (model.most, len(crew.server.requests)) == (1, 4)
    model.answer(len(receipts))
    await crew.results(receipts)
    assert await crew.counted("retried") == 3


class Busy:
    """Says when it wants to be asked again."""

    at = 0.0

    async def respond(self, exchange: Exchange) -> None:
        self.at = monotonic()
        await Says429(retry_after="2").respond(exchange)


async def test_when_a_provider_names_a_time_nobody_asks_before_it_and_no_attempt_is_lost(
    crew: Crew, model: Thinking, eventually: Eventually
) -> None:
    busy = Busy()
    crew.server.script([busy], then=model)
    model.answer(10)
    for _ in range(2):
        await crew.process(local(crew))
    receipts = [await crew.ask("refused")]
    await eventually(so(lambda: busy.at))
    receipts += [await crew.ask(f"later-{number}", QUEUES[number % 4], priority=9) for number in range(6)]

    await crew.results(receipts)
    assert model.arrived[0] - busy.at >= 2
    assert len(crew.server.requests) == 8
    assert (await crew.counted("retried"), len(await crew.park.all())) == (0, 0)


def spent(bot: str, usd: float) -> ModelCall:
    return ModelCall(
        id=uuid4(),
        at=datetime.now(UTC),
        key=uuid4(),
        job_id=None,
        task=None,
        bot_name=bot,
        user_id="ann",
        provider="openai",
        model=DEAR,
        tier="main",
        prompt="mood",
        prompt_version="1",
        repair=False,
        outcome="answered",
        error=None,
        input_tokens=1,
        cached_input_tokens=0,
        output_tokens=1,
        tokens_estimated=False,
        cost_usd=usd,
        latency=timedelta(seconds=1),
    )


async def test_near_the_end_of_a_budget_the_cheaper_model_answers_and_at_its_end_jobs_wait_for_midnight(
    crew: Crew, model: Thinking, eventually: Eventually
) -> None:
    process = await crew.process(local(crew), caps=Caps(bot=Cap(usd=1.0)))
    for bot, usd in (("luna", 0.5), ("nova", 0.9), ("vega", 1.0)):
        await process.calls.record(spent(bot, usd))
    model.answer(10)
    rich, thrifty = await crew.ask("rich", bot="luna"), await crew.ask("thrifty", bot="nova")
    poor = await crew.ask("poor", bot="vega")

    await crew.results([rich, thrifty])
    assert dict(zip(model.asked, model.models, strict=True)) == {"rich": DEAR, "thrifty": CHEAP}
    await eventually(lambda: stands(crew, model, waiting=1, running=0))
    assert await crew.queue.job(poor).status() is JobStatus.DEFERRED
    due = (await crew.redis.zscore(Queue.SENSORY.value, poor)) / 1000
    midnight = datetime.now(UTC).replace(hour=0, minute=0, second=0, microsecond=0) + timedelta(days=1)
    assert abs(due - midnight.timestamp()) < 5
    assert (await crew.counted("retried"), len(await crew.park.all())) == (0, 0)
