"""Who runs a job: one worker at a time, and after its death another within seconds."""

import asyncio
import time
from datetime import timedelta

import pytest

from mindfleet.entrants import Entrant
from mindfleet.runtime.claims import Back, End, Settled
from mindfleet.runtime.held import Held, Stop
from tests.conftest import Eventually
from tests.runtime.floor import QUEUE, Floor, ends, is_so

pytestmark = pytest.mark.stack

LEASE = 0.8
TICK = 0.05


async def test_a_dead_workers_job_runs_again_within_a_lease_whatever_its_time_limit(
    floor: Floor, eventually: Eventually
) -> None:
    first = await floor.worker()
    await floor.put("letter")
    await eventually(is_so(lambda: first.ids == ["letter"]))
    second = await floor.worker()

    await first.die()
    died = time.monotonic()
    await eventually(is_so(lambda: second.ids == ["letter"]))

    assert time.monotonic() - died < LEASE + TICK + 0.5  # a busy machine
    assert (second.began[0].claim.deaths, second.began[0].claim.tries) == (1, 1)
    assert await floor.count("cut off") == 1


async def test_a_lease_is_renewed_as_long_as_a_job_runs(floor: Floor, eventually: Eventually) -> None:
    first, second = await floor.worker(), await floor.worker()
    await floor.put("letter")
    await eventually(is_so(lambda: first.ids or second.ids))

    await asyncio.sleep(2.5 * LEASE)

    assert first.ids + second.ids == ["letter"]
    first.let_go.set()
    second.let_go.set()
    await eventually(is_so(lambda: first.arq.engine.is_idle and second.arq.engine.is_idle))  # type: ignore[union-attr]
    assert first.ids + second.ids == ["letter"]


async def test_a_worker_that_was_paused_longer_than_its_lease_can_no_longer_settle(
    floor: Floor, eventually: Eventually
) -> None:
    follow_up = (Entrant(job_id="follow-up", queue=QUEUE, data=b"{}"),)

    async def late(_: Held) -> Settled:
        await paused.let_go.wait()
        return End(outcome="done", result=b"late", keep=10_000, following=follow_up)

    paused = await floor.worker(late, max_jobs=1)
    paused.arq.engine.renew = _never  # type: ignore[union-attr, method-assign]
    await floor.put("letter")
    await eventually(is_so(lambda: paused.ids == ["letter"]))
    other = await floor.worker()
    await eventually(is_so(lambda: other.ids == ["letter"]))

    assert not paused.began[0].is_valid()
    assert not await paused.began[0].is_ours()
    paused.let_go.set()
    await eventually(is_so(lambda: paused.arq.engine._redis.lost == 1))  # type: ignore[union-attr]

    assert not await floor.redis.exists("arq:result:letter", "arq:job:follow-up")
    other.let_go.set()
    await eventually(is_so(lambda: other.arq.engine.is_idle))  # type: ignore[union-attr]
    assert await floor.count("done") == 1


async def test_whoever_lost_its_lease_is_told_at_the_next_renewal_and_stops(
    floor: Floor, eventually: Eventually
) -> None:
    first = await floor.worker()
    await floor.put("letter")
    await eventually(is_so(lambda: first.ids == ["letter"]))

    await floor.redis.hset("mindfleet:job:letter", "token", "another:2")  # type: ignore[misc]
    await eventually(is_so(lambda: first.stops == [Stop.LOST]))

    assert await floor.redis.hget("mindfleet:job:letter", "token") == b"another:2"  # type: ignore[misc]


async def test_a_job_that_does_not_heed_its_end_loses_its_lease(floor: Floor, eventually: Eventually) -> None:
    async def deaf(held: Held) -> Settled:
        held.until = time.monotonic() + 0.2
        await first.let_go.wait()
        return End(outcome="done")

    first = await floor.worker(deaf, max_jobs=1)
    await floor.put("letter")
    await eventually(is_so(lambda: first.ids == ["letter"]))
    second = await floor.worker(ends())

    await eventually(is_so(lambda: second.ids == ["letter"]))

    first.let_go.set()
    await eventually(is_so(lambda: first.arq.engine._redis.lost == 1))  # type: ignore[union-attr]


async def test_two_workers_of_one_name_never_hold_one_job(floor: Floor, eventually: Eventually) -> None:
    workers = [await floor.worker(worker_id="same") for _ in range(3)]
    await floor.put(*(f"letter-{number}" for number in range(12)))

    await eventually(is_so(lambda: sum(len(worker.ids) for worker in workers) == 12))

    assert len({job_id for worker in workers for job_id in worker.ids}) == 12


async def test_what_a_worker_hands_back_is_first_in_line_and_has_cost_it_nothing(
    floor: Floor, eventually: Eventually
) -> None:
    first = await floor.worker(max_jobs=1)
    await floor.put("one")
    await eventually(is_so(lambda: first.ids == ["one"]))
    await floor.put("two")

    await first.stop()
    second = await floor.worker(max_jobs=1)
    await eventually(is_so(lambda: second.ids == ["one"]))

    claim = second.began[0].claim
    assert (claim.tries, claim.failures, claim.deaths, claim.interruptions) == (1, 0, 0, 1)
    assert await floor.count("handed back") == 1


async def test_a_worker_that_ends_gives_its_jobs_their_time(floor: Floor, eventually: Eventually) -> None:
    first = await floor.worker()
    await floor.put("quick")
    await eventually(is_so(lambda: first.ids == ["quick"]))

    stopping = asyncio.create_task(first.stop(timedelta(seconds=10)))
    await floor.put("later")
    first.let_go.set()
    await stopping

    assert await floor.count("done") == 1
    assert first.ids == ["quick"]


async def test_a_claim_whose_answer_was_lost_is_free_again_at_once(floor: Floor, eventually: Eventually) -> None:
    first = await floor.worker(lease=timedelta(seconds=60))
    exchange = first.arq.engine._redis  # type: ignore[union-attr]
    read = exchange._read

    def lost(claimed: object, asked: float) -> object:
        if len(claimed[4]):  # type: ignore[index]
            exchange._read = read  # type: ignore[method-assign]
            raise ConnectionError("the answer is lost")
        return read(claimed, asked)  # type: ignore[arg-type]

    exchange._read = lost  # type: ignore[method-assign]
    await floor.put("letter")

    await eventually(is_so(lambda: first.ids == ["letter"]))

    assert first.began[0].claim.deaths == 0
    assert first.began[0].claim.tries == 1


async def test_what_ended_while_an_answer_was_lost_is_settled_and_not_run_again(
    floor: Floor, eventually: Eventually
) -> None:
    first = await floor.worker()
    await floor.put("letter")
    await eventually(is_so(lambda: first.ids == ["letter"]))
    exchange = first.arq.engine._redis  # type: ignore[union-attr]
    turn, failures = exchange.turn, 0

    async def away(*_: object) -> object:
        nonlocal failures
        failures += 1
        if failures > 2:
            exchange.turn = turn  # type: ignore[method-assign]
        raise ConnectionError("away")

    exchange.turn = away  # type: ignore[method-assign]
    first.let_go.set()
    await eventually(is_so(lambda: first.arq.engine.is_idle and failures > 2))  # type: ignore[union-attr]

    assert await floor.count("done") == 1
    assert first.ids == ["letter"]


async def test_a_settlement_that_breaks_the_script_takes_no_other_with_it(floor: Floor, eventually: Eventually) -> None:
    async def end(held: Held) -> Settled:
        await first.let_go.wait()
        return End(outcome="done", result=b"x", keep="broken" if held.claim.job_id == "bad" else 0)  # type: ignore[arg-type]

    first = await floor.worker(end)
    await floor.put("one", "bad", "two")
    await eventually(is_so(lambda: len(first.ids) == 3))
    first.let_go.set()

    async def both_are_done() -> bool:
        return not await floor.redis.exists("mindfleet:job:one", "mindfleet:job:two")

    await eventually(both_are_done)
    await eventually(is_so(lambda: first.ids.count("bad") > 1))
    assert first.ids.count("one") == first.ids.count("two") == 1


async def test_forty_workers_run_as_many_jobs_as_they_have_slots(floor: Floor, eventually: Eventually) -> None:
    workers = [await floor.worker(max_jobs=5, lease=timedelta(seconds=20)) for _ in range(40)]
    await floor.put(*(f"letter-{number}" for number in range(250)))

    await eventually(is_so(lambda: sum(len(worker.ids) for worker in workers) == 200))

    assert {len(worker.ids) for worker in workers} == {5}
    assert await floor.redis.zcard(QUEUE) == 250


async def _never() -> None:
    """Renew nothing."""


async def test_what_is_handed_back_waits_for_no_job_that_does_not_heed_its_end(
    floor: Floor, eventually: Eventually
) -> None:
    over = asyncio.Event()

    async def heed_unless_stubborn(held: Held) -> Settled:
        try:
            await over.wait()
        except asyncio.CancelledError:
            if held.claim.job_id == "stubborn":
                await over.wait()
        return End(outcome="done") if over.is_set() else Back()

    first = await floor.worker(heed_unless_stubborn, lease=timedelta(seconds=20))
    await floor.put("letter", "stubborn")
    await eventually(is_so(lambda: len(first.ids) == 2))

    stopping = asyncio.create_task(first.stop())
    second = await floor.worker()
    await eventually(is_so(lambda: second.ids == ["letter"]))

    assert second.began[0].claim.deaths == 0
    assert not stopping.done()
    over.set()
    await stopping
