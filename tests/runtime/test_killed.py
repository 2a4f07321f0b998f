"""SIGKILL and SIGSTOP of a worker's process, in every state of its jobs: nothing is lost, and counts are right."""

import asyncio
from signal import SIGCONT, SIGKILL, SIGSTOP, SIGTERM
from time import monotonic

import pytest

from mindfleet import JobStatus
from mindfleet.steering import Steering
from tests.conftest import Eventually
from tests.runtime.house import RECOVERED, House, killed

pytestmark = pytest.mark.stack


async def test_jobs_that_run_wait_are_deferred_or_wait_out_a_retry(house: House, eventually: Eventually) -> None:
    async with house.process() as process:
        fails = await house.put("fails", fails=True)
        await eventually(house.has("began", "fails"))
        running = [f"runs-{number}" for number in range(4)]
        for name in running:
            await house.put(name, stays=True)
        await eventually(house.has("began", "fails", *running))
        await house.put("waits")
        await house.put("deferred", _defer_by=1.0)
        assert await house.queue.job(fails).status() is JobStatus.DEFERRED
        died = await killed(process)

    async with house.taking_over():
        rest = ("fails", "waits", "deferred")
        await eventually(house.has("began", "fails", *running, *rest, *running))
        assert monotonic() - died < RECOVERED
        await house.let_go()
        await eventually(house.has("ended", *running, *rest))

        async def is_settled() -> bool:
            return (await house.counts()).get("done") == 7

        await eventually(is_settled)
    assert await house.counts() == {"done": 7, "cut off": 4, "retried": 1}
    assert not await house.redis.exists("arq:sensory", "mindfleet:running:arq:sensory")


async def test_a_job_that_is_held_at_a_gate(house: House, eventually: Eventually) -> None:
    steering = Steering(house.redis)
    async with house.process() as process:
        await house.put("first", stays=True)
        await eventually(house.has("began", "first"))
        await steering.pause("task", "run_labour")
        await house.put("held")
        await killed(process)

    async with house.taking_over():

        async def is_cut_off() -> bool:
            return (await house.counts()).get("cut off") == 1

        await eventually(is_cut_off)
        assert await house.noted("began") == ["first"]
        await house.let_go()
        await steering.resume("task", "run_labour")
        await eventually(house.has("ended", "first", "held"))


async def test_a_job_that_was_asked_to_end_and_did_not_is_not_run_again(house: House, eventually: Eventually) -> None:
    async with house.process() as process:
        job = await house.put("deaf", stays=True, deaf=True)
        await eventually(house.has("began", "deaf"))
        assert await house.queue.job(job).cancel()
        await killed(process)

    async with house.taking_over():

        async def is_cancelled() -> bool:
            return (await house.counts()).get("cancelled") == 1

        await eventually(is_cancelled)
    assert await house.noted("began") == ["deaf"]
    assert await house.queue.job(job).status() is JobStatus.FAILED


@pytest.mark.parametrize(
    ("dies", "began", "counts"),
    [
        ("claimed", ["job"], {"done": 1, "cut off": 1}),
        ("ended", ["job", "job"], {"done": 1, "cut off": 1}),
        ("settled", ["job"], {"done": 1}),
    ],
)
async def test_a_worker_that_dies_between_claiming_and_settling(
    house: House, eventually: Eventually, dies: str, began: list[str], counts: dict[str, int]
) -> None:
    job = await house.put("job")
    async with house.process(LABOURED_DIES=dies) as process:
        assert await asyncio.wait_for(process.wait(), 20) == -SIGKILL

    async with house.taking_over():
        await house.queue.wait(job, timeout=20)

    assert await house.noted("began") == began
    assert await house.counts() == counts


async def test_a_job_of_a_worker_that_drains(house: House, eventually: Eventually) -> None:
    async def both_begin() -> bool:
        began = await house.noted("began")
        return began.count("stays") == 2 and "late" in began

    async with house.process() as process:
        job = await house.put("stays", stays=True)
        await eventually(house.has("began", "stays"))
        process.send_signal(SIGTERM)
        late = await house.put("late")
        died = await killed(process)

    async with house.taking_over():
        await eventually(both_begin)
        assert monotonic() - died < RECOVERED
        await house.let_go()
        await house.queue.wait(job, timeout=20)
        await house.queue.wait(late, timeout=20)
    counts = await house.counts()
    assert counts.pop("cut off") in (1, 2)  # `late` may be there before the signal
    assert counts == {"done": 2}


async def test_a_process_that_stood_still_longer_than_its_lease_changes_nothing_when_it_goes_on(
    house: House, eventually: Eventually
) -> None:
    async with house.process() as process:
        await house.put("stays", stays=True)
        await eventually(house.has("began", "stays"))
        process.send_signal(SIGSTOP)
        stood_still = monotonic()

        async with house.taking_over():
            await eventually(house.has("began", "stays", "stays"))
            assert monotonic() - stood_still < RECOVERED
            process.send_signal(SIGCONT)
            await house.let_go()
            await eventually(lambda: _is_done(house, 1))
        await house.put("next")
        await eventually(lambda: _is_done(house, 2))
        assert process.returncode is None

    assert await house.counts() == {"done": 2, "cut off": 1}


async def _is_done(house: House, jobs: int) -> bool:
    return (await house.counts()).get("done") == jobs
