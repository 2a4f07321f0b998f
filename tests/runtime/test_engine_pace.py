"""How soon a worker takes what is there, and what it does as soon as it is told."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from datetime import timedelta
from functools import partial
from statistics import median

import pytest

from mindfleet.queues import Queue
from mindfleet.runtime.claims import Again, End, Settled
from mindfleet.runtime.exchange import Claimed, Ended, Exchange
from mindfleet.runtime.held import Held
from mindfleet.runtime.neighbours import OPEN
from mindfleet.steering import Steering
from tests.conftest import Eventually
from tests.runtime.floor import QUEUE, Floor, after, ends, is_so

pytestmark = pytest.mark.stack

SLOW_TICK = 0.5


async def test_an_idle_worker_is_woken_by_an_enqueue(floor: Floor, eventually: Eventually) -> None:
    taken: dict[str, float] = {}

    async def note(held: Held) -> Settled:
        taken[held.claim.job_id] = time.monotonic()
        return End(outcome="done")

    await floor.worker(note, poll_delay=SLOW_TICK)
    waits = []
    for name in map(str, range(15)):
        await eventually(_waits(floor))
        sent = time.monotonic()
        await floor.put(name)
        await eventually(is_so(partial(taken.get, name)))
        waits.append(taken[name] - sent)

    assert median(waits) < SLOW_TICK / 10


async def test_a_deferred_job_starts_when_it_is_due_and_not_a_tick_later(floor: Floor, eventually: Eventually) -> None:
    late: list[float] = []

    async def note(held: Held) -> Settled:
        late.append(time.time() - held.claim.due / 1000)
        return End(outcome="done")

    await floor.worker(note, poll_delay=SLOW_TICK)
    for number in range(5):
        await floor.put(f"letter-{number}", due=after(0.3))
        await eventually(is_so(partial(_longer, late, number)))

    assert min(late) >= 0
    assert median(late) < SLOW_TICK / 5


async def test_a_retry_starts_when_its_delay_is_over(floor: Floor, eventually: Eventually) -> None:
    starts: list[float] = []

    async def once_more(_: Held) -> Settled:
        starts.append(time.monotonic())
        return Again(outcome="retried", delay=200, failed=True) if len(starts) == 1 else End(outcome="done")

    await floor.worker(once_more, poll_delay=SLOW_TICK)
    await floor.put("letter")
    await eventually(is_so(lambda: len(starts) == 2))

    assert 0.19 <= starts[1] - starts[0] < 0.2 + SLOW_TICK


async def test_what_a_stock_producer_puts_there_is_found_within_a_tick(floor: Floor, eventually: Eventually) -> None:
    worker = await floor.worker(ends(), poll_delay=SLOW_TICK)
    await eventually(_waits(floor))

    sent = time.monotonic()
    await floor.redis.set("arq:job:stock", b"{}", px=86_400_000)
    await floor.redis.zadd(QUEUE, {"stock": int(time.time() * 1000)})
    await eventually(is_so(lambda: worker.ids == ["stock"]))

    assert time.monotonic() - sent < SLOW_TICK + 0.3
    assert worker.began[0].claim.is_stock


async def test_a_worker_takes_as_many_jobs_as_it_is_told_to_within_a_second(
    floor: Floor, eventually: Eventually
) -> None:
    worker = await floor.worker(max_jobs=2)
    await floor.put(*(f"letter-{number}" for number in range(9)))
    await eventually(is_so(lambda: len(worker.ids) == 2))

    told = time.monotonic()
    await Steering(floor.redis).set_max_jobs(Queue.SENSORY, 6)
    await eventually(is_so(lambda: len(worker.ids) == 6))
    assert time.monotonic() - told < 1

    await Steering(floor.redis).reset_max_jobs(Queue.SENSORY)
    await eventually(is_so(lambda: worker.arq.engine and worker.arq.engine.slots == 2))


async def test_a_paused_queue_gives_nothing_and_goes_on_when_it_is_resumed(
    floor: Floor, eventually: Eventually
) -> None:
    worker = await floor.worker(ends())
    await Steering(floor.redis).pause("queue", QUEUE)
    await eventually(is_so(lambda: worker.arq.engine and worker.arq.engine.is_paused))
    await floor.put("letter")
    await asyncio.sleep(0.2)
    assert worker.ids == []

    resumed = time.monotonic()
    await Steering(floor.redis).resume("queue", QUEUE)
    await eventually(is_so(lambda: worker.ids == ["letter"]))
    assert time.monotonic() - resumed < 1


async def test_a_job_whose_runner_fails_is_tried_again_and_takes_no_other_with_it(
    floor: Floor, eventually: Eventually, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("mindfleet.runtime.engine.BROKEN_AGAIN", 100)

    async def breaks(held: Held) -> Settled:
        if held.claim.job_id == "bad" and held.claim.start == 1:
            raise RuntimeError("a runner")
        return End(outcome="done")

    worker = await floor.worker(breaks)
    await floor.put("bad", "good")

    async def both_are_done() -> bool:
        return await floor.count("done") == 2

    await eventually(both_are_done)
    assert sorted(worker.ids) == ["bad", "bad", "good"]


async def test_a_job_is_stopped_when_somebody_asks_for_its_end(floor: Floor, eventually: Eventually) -> None:
    worker = await floor.worker(lease=timedelta(seconds=20))
    await floor.put("letter", "other")
    await eventually(is_so(lambda: len(worker.ids) == 2))

    await floor.redis.publish("mindfleet:cancel", "cancelled letter")

    async def cancelled() -> bool:
        return await floor.count("cancelled") == 1

    await eventually(cancelled)
    assert await floor.redis.exists("arq:in-progress:other")


async def test_under_load_a_worker_sends_at_most_two_commands_a_job(floor: Floor, eventually: Eventually) -> None:
    await floor.put(*(f"letter-{number}" for number in range(1000)))
    await floor.redis.config_resetstat()

    await floor.worker(ends(), max_jobs=32, lease=timedelta(seconds=20))

    async def all_are_done() -> bool:
        return await floor.count("done") == 1000

    await eventually(all_are_done)
    stats = await floor.redis.info("commandstats")
    sent = sum(stats[name]["calls"] for name in ("cmdstat_fcall", "cmdstat_evalsha", "cmdstat_eval") if name in stats)
    assert sent <= 1000


def _longer(those: list[float], length: int) -> bool:
    return len(those) > length


def _waits(floor: Floor) -> Callable[[], Awaitable[bool]]:
    async def waits() -> bool:
        return bool(await floor.redis.exists(f"mindfleet:idle:{QUEUE}"))

    return waits


async def test_under_load_each_round_trip_is_of_half_the_slots_and_none_is_for_nothing(
    floor: Floor, eventually: Eventually, monkeypatch: pytest.MonkeyPatch
) -> None:
    trips: list[tuple[int, int]] = []
    turn = Exchange.turn

    async def noted(exchange: Exchange, ended: Ended, room: int, company: int = OPEN) -> Claimed:
        trips.append((len(ended), room))
        return await turn(exchange, ended, room, company)

    await Steering(floor.redis).pause("queue", QUEUE)
    worker = await floor.worker(ends(), max_jobs=16, poll_delay=SLOW_TICK)
    await floor.put(*map(str, range(800)))
    await eventually(_waits(floor))
    monkeypatch.setattr(Exchange, "turn", noted)
    await Steering(floor.redis).resume("queue", QUEUE)
    await eventually(is_so(lambda: len(worker.ids) == 800))

    busy = trips[: len(trips) - 4]
    assert max(max(trip) for trip in busy) == 8
    assert busy.count((8, 8)) > 80
    assert (0, 0) not in busy
