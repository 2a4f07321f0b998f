"""`Job.abort()` of stock arq against a worker of ours."""

import asyncio
from typing import Any

import pytest
from arq import Retry
from arq.constants import abort_jobs_ss
from arq.jobs import Job, JobStatus, serialize_job
from arq.utils import timestamp_ms

from tests.conformance.test_jobs_as_arq_sees_them import Door
from tests.conformance.wires import Bench, func
from tests.conftest import Eventually

pytestmark = pytest.mark.stack


async def _sent(job: Job | None) -> Job:
    assert job is not None
    return job


async def nothing(_ctx: dict[Any, Any]) -> None:
    """Done at once."""


async def test_a_running_job_is_aborted(any_bench: Bench) -> None:
    job, door = await _sent(await any_bench.pool.enqueue_job("wait")), Door()
    async with any_bench.working(door.function, allow_abort_jobs=True) as worker:
        await asyncio.wait_for(door.reached.wait(), 10)

        assert await job.abort(timeout=10, poll_delay=0.02)

        assert (worker.jobs_failed, worker.jobs_retried) == (1, 0)
    assert await job.status() is JobStatus.complete
    assert not await any_bench.pool.zcard(abort_jobs_ss)


async def test_a_deferred_job_is_aborted_without_being_run(bench: Bench) -> None:
    job, door = await _sent(await bench.pool.enqueue_job("wait", _defer_by=3600)), Door()
    async with bench.working(door.function, allow_abort_jobs=True) as worker:
        assert await job.abort(timeout=10, poll_delay=0.02)

        assert worker.jobs_failed == 1
    assert not door.reached.is_set()
    assert not await bench.pool.zcard(abort_jobs_ss)


async def test_a_job_is_aborted_before_any_worker_saw_it(bench: Bench) -> None:
    job, door = await _sent(await bench.pool.enqueue_job("wait")), Door()
    with pytest.raises(TimeoutError):
        await job.abort(timeout=0)

    worker = await bench.burst(door.function, allow_abort_jobs=True)

    assert worker.jobs_failed == 1
    assert not door.reached.is_set()
    assert not await bench.pool.zcard(abort_jobs_ss)


async def test_a_job_that_waits_for_a_slot_is_aborted_without_being_run(bench: Bench) -> None:
    door, started = Door(), []

    async def note(ctx: dict[Any, Any]) -> None:
        started.append(ctx["job_id"])

    functions = (door.function, func(note, name="note"))
    async with bench.working(*functions, max_jobs=1, allow_abort_jobs=True):
        await bench.pool.enqueue_job("wait")
        await asyncio.wait_for(door.reached.wait(), 10)
        second = await _sent(await bench.pool.enqueue_job("note"))
        aborting = asyncio.create_task(second.abort(timeout=10, poll_delay=0.02))
        while not await bench.pool.zcard(abort_jobs_ss):  # noqa: ASYNC110 - arq tells nobody
            await asyncio.sleep(0.01)
        door.opened.set()

        assert await aborting
    assert started == []


async def test_a_job_that_waits_out_a_retry_is_aborted(bench: Bench, eventually: Eventually) -> None:
    async def later(_ctx: dict[Any, Any]) -> None:
        raise Retry(defer=3600)

    job = await _sent(await bench.pool.enqueue_job("later"))
    async with bench.working(func(later, name="later"), allow_abort_jobs=True) as worker:

        async def tried() -> bool:
            return worker.jobs_retried == 1 and await job.status() is JobStatus.deferred

        await eventually(tried)

        assert await job.abort(timeout=10, poll_delay=0.02)


async def test_aborting_a_job_that_there_is_not_does_nothing(bench: Bench) -> None:
    assert not await Job("nobody", bench.pool).abort(timeout=1)


async def test_aborting_a_job_that_is_done_does_nothing(bench: Bench) -> None:
    job = await _sent(await bench.pool.enqueue_job("nothing"))
    await bench.burst(nothing, allow_abort_jobs=True)

    assert not await job.abort(timeout=1)


async def test_without_leave_to_abort_a_job_goes_on_and_abort_says_so(bench: Bench) -> None:
    job, door = await _sent(await bench.pool.enqueue_job("wait")), Door()
    async with bench.working(door.function):
        await asyncio.wait_for(door.reached.wait(), 10)
        aborting = asyncio.create_task(job.abort(timeout=10, poll_delay=0.02))
        while not await bench.pool.zcard(abort_jobs_ss):  # noqa: ASYNC110 - arq tells nobody
            await asyncio.sleep(0.01)
        door.opened.set()

        assert not await aborting
    assert not await bench.pool.zcard(abort_jobs_ss)


async def test_an_abort_from_before_a_job_was_enqueued_is_none_of_that_job(bench: Bench) -> None:
    assert not await Job("mine", bench.pool).abort(timeout=1)
    await asyncio.sleep(0.002)  # arq tells times by milliseconds
    job, door = await _sent(await bench.pool.enqueue_job("wait", "hi", _job_id="mine")), Door()
    async with bench.working(door.function, allow_abort_jobs=True):
        await asyncio.wait_for(door.reached.wait(), 10)
        done = await _sent(await bench.pool.enqueue_job("wait"))  # so that the worker has looked again
        while await done.status() is not JobStatus.in_progress:  # noqa: ASYNC110 - arq tells nobody
            await asyncio.sleep(0.01)
        door.opened.set()

        assert await job.result(timeout=10, poll_delay=0.02) == "HI"


async def test_an_abort_that_met_nobody_is_forgotten_after_a_minute(bench: Bench, eventually: Eventually) -> None:
    await bench.pool.zadd(abort_jobs_ss, {"old": timestamp_ms() - 61_000, "new": timestamp_ms()})
    async with bench.working(nothing, allow_abort_jobs=True):

        async def only_the_new_one() -> bool:
            return bool(await bench.pool.zrange(abort_jobs_ss, 0, -1) == [b"new"])

        await eventually(only_the_new_one)


async def test_an_abort_is_remembered_for_as_long_as_its_job_waits(bench: Bench) -> None:
    long_ago = timestamp_ms() - 120_000
    envelope = serialize_job("nothing", (), {}, None, long_ago, serializer=bench.wire.write)
    await bench.pool.set("arq:job:mine", envelope)
    await bench.pool.zadd("arq:queue", {"mine": timestamp_ms() + 300})
    await bench.pool.zadd(abort_jobs_ss, {"mine": long_ago + 1000})

    worker = await bench.burst(nothing, allow_abort_jobs=True)

    assert (worker.jobs_complete, worker.jobs_failed) == (0, 1)
    assert not await bench.pool.zcard(abort_jobs_ss)
