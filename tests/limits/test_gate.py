"""A call's way to its endpoint, as a job has it."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Generator
from contextlib import contextmanager
from datetime import timedelta
from functools import partial
from time import monotonic

import pytest

from mindfleet import BotJob, Done, Queue, Retry, task
from mindfleet.adapters.embeddings.endpoint import EndpointEmbedder
from mindfleet.adapters.openai_chat import OpenAIChat
from mindfleet.current_job import JobContext, current_job
from mindfleet.errors import ModelRefused, ModelUnavailable, OnHold
from mindfleet.llm.gate import Gate
from mindfleet.llm.gateway import Gateway, TierModel
from mindfleet.ports.limits import Limits, Refusal, Reservation, Settlement, Target, Wish
from mindfleet.registry import Registry
from mindfleet.runtime.claims import Claim
from mindfleet.runtime.executor import Executor, TimedOut
from mindfleet.runtime.held import Held
from mindfleet.runtime.verdict import Again, Dead, Finished, Verdict
from mindfleet.testing.clock import FakeClock
from mindfleet.testing.limits import InMemoryLimits
from mindfleet.testing.llm import AnswersInMemory, ModelCallsInMemory
from mindfleet.testing.model_server import Behaviour, Fails, ScriptedModelServer
from mindfleet.testing.model_server import Limits as Says429
from tests.limits.counting import Counting
from tests.limits.fleet import ANSWERED, SECOND, admitted, refused, target, wish
from tests.llm.moods import ask_for, right_answer

Eventually = Callable[[Callable[[], Awaitable[bool]]], Awaitable[None]]


@contextmanager
def running(job_id: str = "job", *, priority: int = 5, later: bool = False) -> Generator[JobContext]:
    """Within, the code runs for a job; `later`: for one that has asked a model before."""
    context = JobContext(job_id, "run_x", 1, priority=priority, models_asked={"another"} if later else set())
    token = current_job.set(context)
    try:
        yield context
    finally:
        current_job.reset(token)


@pytest.fixture
def limits(clock: FakeClock) -> InMemoryLimits:
    return InMemoryLimits(clock)


async def stands_still(context: JobContext) -> bool:
    return context.limit.waiting


async def pass_through(gate: Gate, of: Target) -> None:
    async with gate.passed(of, 10):
        pass


async def test_a_first_call_that_would_have_to_wait_sends_the_job_back(limits: InMemoryLimits) -> None:
    narrow = target(concurrency=1)
    await admitted(limits, wish(narrow))
    with running(), pytest.raises(OnHold, match="all calls that may run at once") as on_hold:
        await pass_through(Gate(limits), narrow)
    assert on_hold.value.gate == f"hold:{narrow.scope}"
    assert on_hold.value.after == SECOND


async def test_a_later_call_waits_for_its_turn(limits: InMemoryLimits, eventually: Eventually) -> None:
    narrow = target(concurrency=1)
    held = await admitted(limits, wish(narrow))
    with running(later=True) as context:
        waiting = asyncio.create_task(pass_through(Gate(limits), narrow))
        await eventually(partial(stands_still, context))
        await limits.settle(held, ANSWERED)
        async with asyncio.timeout(10):
            await waiting
    assert not context.limit.waiting


async def test_after_its_first_call_a_job_waits(limits: InMemoryLimits) -> None:
    with running() as context:
        await pass_through(Gate(limits), target())
    assert context.models_asked


async def test_a_later_call_does_not_wait_for_a_pause_of_hours(limits: InMemoryLimits) -> None:
    asked = target()
    await limits.settle(await admitted(limits, wish(asked)), Settlement("paused", pause=timedelta(hours=2)))
    with running(later=True), pytest.raises(OnHold) as on_hold:
        await pass_through(Gate(limits), asked)
    assert (on_hold.value.gate, on_hold.value.after) == (f"hold:{asked.provider}", timedelta(hours=2))


async def test_outside_of_a_job_it_is_the_model_that_is_not_there(limits: InMemoryLimits) -> None:
    asked = target()
    await limits.settle(await admitted(limits, wish(asked)), Settlement("paused", pause=timedelta(hours=2)))
    with pytest.raises(ModelUnavailable) as unavailable:
        await pass_through(Gate(limits), asked)
    assert unavailable.value.retry_after == timedelta(hours=2)


async def test_who_is_stopped_while_waiting_leaves_the_line(limits: InMemoryLimits, eventually: Eventually) -> None:
    narrow = target(concurrency=1)
    held = await admitted(limits, wish(narrow))
    with running(later=True) as context:
        waiting = asyncio.create_task(pass_through(Gate(limits), narrow))
        await eventually(partial(stands_still, context))
    waiting.cancel()
    await asyncio.gather(waiting, return_exceptions=True)
    await limits.settle(held, ANSWERED)
    await admitted(limits, wish(narrow, priority=0))


class Slow:
    """Limits whose answers are on their way until they are let go."""

    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        self.asked, self.go_on = asyncio.Event(), asyncio.Event()
        self.settle, self.leave, self.watching = limits.settle, limits.leave, limits.watching

    async def reserve(self, wish: Wish) -> Reservation | Refusal:
        answer = await self._limits.reserve(wish)
        self.asked.set()
        await self.go_on.wait()
        return answer


async def test_who_is_stopped_while_the_reservation_is_on_its_way_leaves_none(limits: InMemoryLimits) -> None:
    narrow, slow = target(concurrency=1), Slow(limits)
    with running():
        asking = asyncio.create_task(pass_through(Gate(slow), narrow))
        await slow.asked.wait()
        asking.cancel()
        slow.go_on.set()
        await asyncio.gather(asking, return_exceptions=True)
    await admitted(limits, wish(narrow))


@pytest.mark.parametrize(
    ("error", "why"),
    [
        (ModelUnavailable("busy", retry_after=3 * SECOND), "hold"),
        (ModelUnavailable("away"), "breaker"),
        (ModelRefused("no"), None),
        (KeyError("a bug of ours"), None),
    ],
)
async def test_how_a_call_ends_is_what_the_others_see(clock: FakeClock, error: Exception, why: str | None) -> None:
    limits, asked = InMemoryLimits(clock, failures=1), target(concurrency=1)
    with pytest.raises(type(error)):
        async with Gate(limits).passed(asked, 10):
            raise error
    answer = await limits.reserve(wish(asked))
    assert (answer.why if isinstance(answer, Refusal) else None) == why


async def test_what_a_call_took_is_what_counts(limits: InMemoryLimits) -> None:
    scarce = target(tokens=100)
    async with Gate(limits).passed(scarce, 90) as passage:
        passage.tokens = 20
    await admitted(limits, wish(scarce, tokens=80))
    await refused(limits, wish(scarce, tokens=1))


class Closed:
    """Limits that nobody can read."""

    async def reserve(self, wish: Wish) -> Refusal:
        return Refusal("away", f"hold:{wish.target.scope}", SECOND)


async def test_while_nobody_counts_a_person_is_served_and_a_job_comes_again(limits: InMemoryLimits) -> None:
    closed = Slow(limits)
    closed.reserve = Closed().reserve  # type: ignore[method-assign]  # the rest is never called
    await pass_through(Gate(closed), target())
    with running(), pytest.raises(OnHold):
        await pass_through(Gate(closed), target())


class Turn:
    """Something to wait for, through a gate."""

    def __init__(self, gate: Gate, of: Target) -> None:
        self._gate = gate
        self._of = of

    async def wait(self) -> None:
        await asyncio.gather(*(pass_through(self._gate, self._of) for _ in range(2)))


TIMEOUT = timedelta(milliseconds=300)


@task(queue=Queue.SOCIAL, timeout=TIMEOUT, retry=Retry(attempts=1))
async def run_patience(job: BotJob, turn: Turn) -> Done:
    """Wait for two turns at once, and then for ever when the bot is called so."""
    await turn.wait()
    if job.bot_name == "endless":
        await asyncio.Event().wait()
    return Done()


async def attempted(turn: Turn, bot: str) -> Verdict:
    executor = Executor(Registry([run_patience]), {Turn: turn}, enabled=lambda _: True)
    return await executor.run("run_patience", {"bot_name": bot}, limit=timedelta(seconds=5), failures=0)


@pytest.mark.parametrize(("bot", "ends"), [("luna", Finished), ("endless", Dead)])
async def test_waiting_for_a_turn_is_not_time_of_the_job(limits: InMemoryLimits, bot: str, ends: type[Verdict]) -> None:
    narrow = target(concurrency=1)
    held = await admitted(limits, wish(narrow))
    with running(later=True) as context:
        attempting = asyncio.create_task(attempted(Turn(Gate(limits), narrow), bot))
        done, _ = await asyncio.wait({attempting}, timeout=2 * TIMEOUT.total_seconds())
        assert not done
        await limits.settle(held, ANSWERED)
        async with asyncio.timeout(10):
            verdict = await attempting
    assert isinstance(verdict, ends)
    assert context.limit.added >= 2 * TIMEOUT.total_seconds() * 0.9
    if isinstance(verdict, Dead):
        assert isinstance(verdict.because, TimedOut)


CLAIM = Claim(
    job_id="job",
    token="worker 1",  # noqa: S106 - no secret
    data=b"",
    start=1,
    due=0,
    ready=0,
    failures=0,
    deaths=0,
    wish="",
    deadline=None,
    priority=5,
    lane="",
    is_stock=False,
    interruptions=0,
)


async def test_a_lease_is_kept_for_as_long_as_a_job_waits_for_its_turn(eventually: Eventually) -> None:
    until = monotonic() + 0.2
    held = Held(CLAIM, lease=4.0, until=until)

    async def is_past_its_time() -> bool:
        return monotonic() > until

    with held.limit.stands_still():
        await eventually(is_past_its_time)
        assert held.is_in_time()
    assert held.is_in_time()
    assert not Held(CLAIM, lease=4.0, until=until).is_in_time()


async def test_a_job_that_is_on_hold_runs_again_without_losing_an_attempt(limits: InMemoryLimits) -> None:
    narrow = target(concurrency=1)
    await admitted(limits, wish(narrow))
    with running():
        verdict = await attempted(Turn(Gate(limits), narrow), "luna")
    assert isinstance(verdict, Again)
    assert isinstance(verdict.because, OnHold)


@pytest.fixture
async def server() -> AsyncIterator[ScriptedModelServer]:
    async with ScriptedModelServer(answer=right_answer) as server:
        yield server


Gateways = Callable[[Limits, Target], Gateway]


@pytest.fixture
async def gateways(server: ScriptedModelServer, clock: FakeClock) -> AsyncIterator[Gateways]:
    """Makes the gateway of one worker."""
    made: list[OpenAIChat] = []

    def make(limits: Limits, of: Target) -> Gateway:
        made.append(OpenAIChat(base_url=server.url, api_key=None, clock=clock))
        tier = TierModel(made[-1], of.model, of)
        return Gateway(
            tiers={"main": tier, "reflective": tier, "utility": tier},
            answers=AnswersInMemory(),
            calls=ModelCallsInMemory(),
            clock=clock,
            gate=Gate(limits),
        )

    yield make
    for chat in made:
        await chat.close()


async def test_after_a_429_no_worker_asks_before_the_provider_wants_it(
    server: ScriptedModelServer, gateways: Gateways, limits: InMemoryLimits, clock: FakeClock
) -> None:
    asked = target()
    first, second = (gateways(limits, asked) for _ in range(2))
    server.script([Says429(retry_after="7")])
    with running("a"), pytest.raises(ModelUnavailable) as unavailable:
        await first.answer(ask_for())
    assert unavailable.value.retry_after == 7 * SECOND
    for gateway in (first, second):
        with running("b", priority=10), pytest.raises(OnHold) as on_hold:
            await gateway.answer(ask_for())
        assert (on_hold.value.gate, on_hold.value.after) == (f"hold:{asked.provider}", 7 * SECOND)
    assert len(server.requests) == 1
    clock.advance(7 * SECOND)
    with running("c"):
        await second.answer(ask_for())
    assert len(server.requests) == 2


@pytest.mark.parametrize("failure", [Fails(500), Fails(503), Says429(retry_after=None)])
async def test_after_five_failures_one_call_tries_it(
    server: ScriptedModelServer, gateways: Gateways, limits: InMemoryLimits, clock: FakeClock, failure: Behaviour
) -> None:
    gateway = gateways(limits, target())
    server.script([failure] * 5)
    for _ in range(5):
        with running(), pytest.raises(ModelUnavailable):
            await gateway.answer(ask_for())
    with running(), pytest.raises(OnHold, match="its last calls failed"):
        await gateway.answer(ask_for())
    assert len(server.requests) == 5
    clock.advance(20 * SECOND)
    with running():
        await gateway.answer(ask_for())
        await gateway.answer(ask_for())


async def test_the_minutes_tokens_are_what_the_endpoint_says_they_were(
    server: ScriptedModelServer, gateways: Gateways, limits: InMemoryLimits
) -> None:
    scarce = target(tokens=2000)
    gateway = gateways(limits, scarce)
    answer = await gateway.answer(ask_for())
    taken = answer.input_tokens + answer.output_tokens
    await admitted(limits, wish(scarce, tokens=2000 - taken))
    await refused(limits, wish(scarce, tokens=1))


async def test_a_stored_answer_is_given_whatever_is_on_hold(
    server: ScriptedModelServer, gateways: Gateways, limits: InMemoryLimits
) -> None:
    asked = target()
    gateway, ask = gateways(limits, asked), ask_for()
    given = await gateway.answer(ask)
    await limits.settle(await admitted(limits, wish(asked)), Settlement("paused", pause=60 * SECOND))
    with running():
        assert await gateway.answer(ask) == given


async def test_chat_and_embeddings_of_one_machine_never_overlap(
    server: ScriptedModelServer, gateways: Gateways, limits: InMemoryLimits, clock: FakeClock
) -> None:
    counting = Counting()
    server.script([], then=counting)
    chat, vectors = (
        Target(provider="local/gpu", model=model, scope="local/gpu", concurrency=1) for model in ("chat", "vectors")
    )
    gateway = gateways(limits, chat)
    embedder = EndpointEmbedder(
        base_url=server.url, api_key=None, model="vectors", clock=clock, gate=Gate(limits), target=vectors
    )
    async with asyncio.timeout(60):
        await asyncio.gather(
            *(gateway.answer(ask_for()) for _ in range(6)), *(embedder.query(f"text {n}") for n in range(6))
        )
    await embedder.close()
    assert (counting.most, counting.given) == (1, 12)
