"""The limits hold whoever asks: many workers, each with a connection of its own, over one Redis."""

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import datetime, timedelta
from functools import partial
from random import Random

import pytest
from redis.asyncio import Redis

from mindfleet.adapters.limits.redis_limits import RedisLimits
from mindfleet.adapters.limits.released import RELEASED
from mindfleet.current_job import JobContext, current_job
from mindfleet.llm.gate import Gate
from mindfleet.ports.limits import Reservation, Settlement, Target
from mindfleet.testing.clock import FakeClock
from tests.limits.fleet import ANSWERED, SECOND, admitted, refused, target, wish

pytestmark = pytest.mark.stack

Make = Callable[..., RedisLimits]
Eventually = Callable[[Callable[[], Awaitable[bool]]], Awaitable[None]]


@asynccontextmanager
async def looking(url: str) -> AsyncGenerator[Redis]:
    redis = Redis.from_url(url)
    try:
        yield redis
    finally:
        await redis.aclose()


def servers_time() -> str:
    return ""


async def stands_in_line(redis: Redis, narrow: Target, number: int) -> bool:
    return int(await redis.zcard(f"mindfleet:limit:line:{narrow.scope}")) == number


class Crowd:
    """How many are inside, and the most there ever were."""

    def __init__(self) -> None:
        self.now = self.most = self.passed = 0

    async def visit(self) -> None:
        self.now += 1
        self.most = max(self.most, self.now)
        for _ in range(20):
            await asyncio.sleep(0)
        self.now -= 1
        self.passed += 1


async def test_eight_workers_never_have_more_calls_at_once_than_may_be(worker: Make) -> None:
    narrow, crowd = target(concurrency=3), Crowd()

    async def work(gate: Gate) -> None:
        async with gate.passed(narrow, 10):
            await crowd.visit()

    gates = [Gate(worker(now=servers_time)) for _ in range(8)]
    async with asyncio.timeout(60):
        await asyncio.gather(*(work(gate) for gate in gates for _ in range(6)))
    assert (crowd.most, crowd.passed) == (3, 48)


async def test_those_who_wait_at_other_workers_are_let_in_by_rank_and_then_in_order(
    worker: Make, redis_url: str, eventually: Eventually
) -> None:
    narrow, order = target(concurrency=1), list[tuple[int, int]]()
    gates = [Gate(worker(now=servers_time)) for _ in range(4)]

    async def work(number: int, priority: int) -> None:
        context = JobContext(f"job-{number}", "run_x", 1, priority=priority, models_asked={"already"})
        token = current_job.set(context)
        try:
            async with gates[number % 4].passed(narrow, 10):
                order.append((priority, number))
        finally:
            current_job.reset(token)

    blocker = await admitted(limits := worker(now=servers_time), wish(narrow))
    waiting: list[asyncio.Task[None]] = []
    async with looking(redis_url) as redis:
        for number in range(12):
            waiting.append(asyncio.create_task(work(number, priority=(9, 1, 5)[number % 3])))
            await eventually(partial(stands_in_line, redis, narrow, number + 1))
    await limits.settle(blocker, ANSWERED)
    async with asyncio.timeout(60):
        await asyncio.gather(*waiting)
    assert order == sorted(order, key=lambda one: (-one[0], one[1]))


@pytest.mark.parametrize("seed", range(5))
async def test_no_minute_has_more_requests_or_tokens_than_may_be(worker: Make, clock: FakeClock, seed: int) -> None:
    chance = Random(seed)  # noqa: S311 - not for secrets
    scarce = target(requests=7, tokens=500)
    workers = [worker() for _ in range(4)]
    let_in: list[tuple[datetime, int]] = []
    for _ in range(150):
        clock.advance(timedelta(seconds=chance.choice((0, 1, 3, 20))))
        wanted = wish(scarce, tokens=chance.randint(1, 200), stays=chance.random() < 0.5)
        one = chance.choice(workers)
        answer = await one.reserve(wanted)
        if isinstance(answer, Reservation):
            let_in.append((clock.now(), wanted.tokens))
            await one.settle(answer, Settlement("answered", wanted.tokens))
    assert len(let_in) > 20
    for start, _ in let_in:
        minute = [tokens for at, tokens in let_in if start <= at < start + timedelta(minutes=1)]
        assert len(minute) <= 7
        assert sum(minute) <= 500


async def test_one_of_fifty_tries_a_model_that_failed(worker: Make, clock: FakeClock) -> None:
    failing, workers = target(), [worker() for _ in range(10)]
    for _ in range(5):
        await workers[0].settle(await admitted(workers[0], wish(failing)), Settlement("failed"))
    clock.advance(20 * SECOND)
    answers = await asyncio.gather(*(one.reserve(wish(failing)) for one in workers for _ in range(5)))
    assert sum(isinstance(answer, Reservation) for answer in answers) == 1


async def test_a_hold_is_obeyed_by_all(worker: Make, clock: FakeClock) -> None:
    asked, workers = target(), [worker() for _ in range(10)]
    await workers[0].settle(await admitted(workers[0], wish(asked)), Settlement("paused", pause=5 * SECOND))
    for one in workers:
        assert (await refused(one, wish(asked, priority=10))).after == 5 * SECOND
    clock.advance(5 * SECOND)
    await admitted(workers[-1], wish(asked))


async def test_the_call_of_a_dead_worker_ends_with_its_lease(worker: Make, clock: FakeClock) -> None:
    narrow, alive = target(concurrency=1), worker()
    await admitted(dying := worker(), wish(narrow))
    await dying.close()
    clock.advance(9 * SECOND)
    await refused(alive, wish(narrow, stays=False))
    clock.advance(2 * SECOND)
    await admitted(alive, wish(narrow))


async def test_a_trial_of_a_dead_worker_ends_with_its_lease(worker: Make, clock: FakeClock) -> None:
    failing, alive = target(), worker()
    for _ in range(5):
        await alive.settle(await admitted(alive, wish(failing)), Settlement("failed"))
    clock.advance(20 * SECOND)
    await admitted(dying := worker(), wish(failing))
    await dying.close()
    await refused(alive, wish(failing))
    clock.advance(11 * SECOND)
    await admitted(alive, wish(failing))


async def test_a_call_is_kept_for_as_long_as_its_worker_lives(
    worker: Make, redis_url: str, eventually: Eventually
) -> None:
    narrow = target(concurrency=1)
    living = worker(now=servers_time, lease=timedelta(milliseconds=200))
    held = f"mindfleet:limit:held:{narrow.scope}"
    reservation = await admitted(living, wish(narrow))
    async with looking(redis_url) as redis:
        first: float = await redis.zscore(held, reservation.token)

        async def kept_beyond_its_lease() -> bool:
            lease: float = await redis.zscore(held, reservation.token) or 0
            return lease > first + 500

        await eventually(kept_beyond_its_lease)
        await refused(worker(now=servers_time), wish(narrow))
        await redis.flushdb()

        async def is_counted_again() -> bool:
            return bool(await redis.exists(held))

        await eventually(is_counted_again)
        await living.settle(reservation, ANSWERED)
        assert not await redis.exists(held)


async def test_a_job_that_went_away_has_its_turn_when_it_comes_in_time(worker: Make, clock: FakeClock) -> None:
    narrow, one, other = target(concurrency=1), worker(), worker()
    running = await admitted(one, wish(narrow))
    await refused(one, job := wish(narrow, "job", stays=False))
    clock.advance(5 * SECOND)
    await one.settle(running, ANSWERED)
    assert (await refused(other, wish(narrow, stays=False))).why == "line"
    clock.advance(SECOND)
    await admitted(other, job)


async def test_as_many_jobs_are_called_as_there_are_places(worker: Make, redis_url: str) -> None:
    narrow, one = target(concurrency=2), worker()
    running = [await admitted(one, wish(narrow)) for _ in range(2)]
    await refused(one, wish(narrow, "present", priority=6))
    for job in ("first", "second", "third"):
        await refused(one, wish(narrow, job, stays=False))
    async with looking(redis_url) as redis:
        called = [await redis.zrange(f"mindfleet:limit:soon:{narrow.scope}", 0, -1)]
        for call in running:
            await one.settle(call, ANSWERED)
            called.append(await redis.zrange(f"mindfleet:limit:soon:{narrow.scope}", 0, -1))
    assert [sorted(tickets) for tickets in called] == [[b"present"], [b"present"], [b"first", b"present"]]


async def test_who_is_far_behind_in_the_line_looks_again_more_rarely(worker: Make) -> None:
    narrow, limits = target(concurrency=2), worker()
    for _ in range(2):
        await admitted(limits, wish(narrow))
    waits = [(await refused(limits, wish(narrow, stays=False))).after / SECOND for _ in range(12)]
    assert waits == [1, 1, 2, 2, 3, 3, 4, 4, 5, 5, 5, 5]
    urgent = await refused(limits, wish(narrow, priority=9, stays=False))
    assert urgent.after == SECOND
    assert (await refused(limits, wish(narrow))).after == SECOND


async def test_a_job_that_does_not_come_holds_nobody_up_for_long(worker: Make, clock: FakeClock) -> None:
    narrow, one = target(concurrency=1), worker()
    running = await admitted(one, wish(narrow))
    await refused(one, wish(narrow, "cancelled", stays=False))
    await refused(one, second := wish(narrow, "second", stays=False))
    await one.settle(running, ANSWERED)
    await refused(one, second)
    clock.advance(2 * SECOND)
    await admitted(one, second)


async def test_who_is_late_keeps_the_place_that_nobody_has_taken(worker: Make, clock: FakeClock) -> None:
    narrow, one = target(concurrency=1), worker()
    running = await admitted(one, wish(narrow))
    await refused(one, first := wish(narrow))
    clock.advance(2 * SECOND)
    await refused(one, second := wish(narrow))
    clock.advance(1.5 * SECOND)
    await refused(one, first)
    await one.settle(running, ANSWERED)
    await refused(one, second)
    await admitted(one, first)


async def test_a_worker_that_died_in_the_line_holds_nobody_up_for_long(
    worker: Make, clock: FakeClock, redis_url: str
) -> None:
    narrow, one = target(concurrency=1), worker()
    running = await admitted(one, wish(narrow))
    await refused(one, wish(narrow))
    await one.settle(running, ANSWERED)
    await refused(one, second := wish(narrow))
    clock.advance(4 * SECOND)
    await admitted(one, second)
    async with looking(redis_url) as redis:
        left = {
            kind: await redis.exists(f"mindfleet:limit:{kind}:{narrow.scope}") for kind in ("line", "soon", "wants")
        }
    assert left == {"line": 0, "soon": 0, "wants": 0}


async def test_of_a_minute_that_is_over_nothing_is_kept(worker: Make, clock: FakeClock, redis_url: str) -> None:
    scarce, one = target(requests=5, tokens=100), worker()
    for _ in range(3):
        await one.settle(await admitted(one, wish(scarce)), ANSWERED)
    clock.advance(61 * SECOND)
    last = await admitted(one, wish(scarce, tokens=7))
    async with looking(redis_url) as redis:
        assert await redis.zrange(f"mindfleet:limit:calls:{scarce.scope}", 0, -1) == [last.token.encode()]
        kept = await redis.execute_command("HGETALL", f"mindfleet:limit:tokens:{scarce.scope}")  # type: ignore[no-untyped-call]
    assert kept == {b"sum": b"7", last.token.encode(): b"7"}


async def test_many_small_calls_do_not_keep_a_large_one_waiting(worker: Make, clock: FakeClock) -> None:
    scarce, one = target(tokens=1000), worker()
    await admitted(one, wish(scarce, tokens=500))
    clock.advance(30 * SECOND)
    await refused(one, large := wish(scarce, tokens=900, stays=False))
    await refused(one, wish(scarce, tokens=100))
    clock.advance(32 * SECOND)
    await admitted(one, large)


async def test_every_release_is_said_by_the_name_of_its_gate(worker: Make, redis_url: str) -> None:
    narrow, one = target(concurrency=1), worker()
    async with looking(redis_url) as redis, redis.pubsub() as channel:
        await channel.subscribe(RELEASED)
        assert await channel.get_message(timeout=5)
        await one.settle(await admitted(one, wish(narrow)), ANSWERED)
        said = await channel.get_message(timeout=5)
    assert said
    assert said["data"] == f"hold:{narrow.scope}".encode()


async def test_a_release_elsewhere_wakes_the_first_of_those_who_wait_here(
    worker: Make, redis_url: str, eventually: Eventually
) -> None:
    narrow, here, there = target(concurrency=1), worker(), worker()
    woken: list[int] = []

    async def wait(priority: int) -> None:
        with here.watching(narrow, (10 - priority, 0.0)) as opening:
            await opening(timedelta(minutes=1))
            woken.append(priority)

    waiting = [asyncio.create_task(wait(priority)) for priority in (1, 9, 5)]
    async with looking(redis_url) as redis:

        async def is_heard() -> bool:
            return bool(await redis.publish(RELEASED, "another"))

        await eventually(is_heard)
    for number in range(1, 4):
        await there.settle(await admitted(there, wish(narrow)), ANSWERED)

        async def another_is_awake(number: int = number) -> bool:
            return len(woken) == number

        await eventually(another_is_awake)
    await asyncio.gather(*waiting)
    assert woken == [9, 5, 1]


async def test_no_key_outlives_its_use(worker: Make, redis_url: str) -> None:
    busy: Target = target(concurrency=1, requests=3, tokens=100)
    one = worker()
    running = await admitted(one, wish(busy))
    await refused(one, wish(busy))
    await refused(one, wish(busy, stays=False))
    await one.settle(running, Settlement("failed"))
    await admitted(one, wish(target()))
    await one.settle(await admitted(one, wish(target(provider=busy.provider))), Settlement("paused", pause=SECOND))
    async with looking(redis_url) as redis:
        keys = [key async for key in redis.scan_iter("*")]
        assert len(keys) >= 7
        assert {key: await redis.pttl(key) for key in keys if await redis.pttl(key) < 0} == {}


async def test_whoever_is_called_takes_the_promise_of_nobody_else(worker: Make, redis_url: str) -> None:
    busy, one = target(concurrency=2, requests=3), worker()
    first, second = await admitted(one, wish(busy)), await admitted(one, wish(busy))
    await one.settle(first, ANSWERED)
    third = await admitted(one, wish(busy))
    promised, called = wish(busy, stays=False), wish(busy, stays=False)
    await refused(one, promised)
    await one.settle(second, ANSWERED)
    assert (await refused(one, called)).why == "line"
    assert (await refused(one, promised)).why == "requests"  # it comes when the minute is over

    await one.settle(third, ANSWERED)

    async with looking(redis_url) as redis:
        assert await redis.pttl(f"mindfleet:limit:soon:{busy.scope}") > 63_000


async def test_while_redis_is_away_nobody_is_let_in_and_nothing_breaks(clock: FakeClock) -> None:
    redis = Redis.from_url("redis://127.0.0.1:1")
    limits = RedisLimits(redis)
    wanted = wish(target())
    assert (await refused(limits, wanted)).why == "away"
    await limits.leave(wanted)
    await limits.settle(Reservation(wanted.target, "token", 1), ANSWERED)
    await limits.close()
    await redis.aclose()
