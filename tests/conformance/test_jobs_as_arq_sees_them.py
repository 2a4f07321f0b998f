"""Everything that `arq.jobs.Job` and arq's pool can tell of jobs that a worker of ours runs."""

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from arq import Retry
from arq.jobs import Job, JobStatus, ResultNotFound

from mindfleet import JobFailed
from mindfleet.steering import Steering
from tests.conformance.wires import Bench, func
from tests.conftest import Eventually

pytestmark = pytest.mark.stack


class Door:
    """A function that waits until it is let through."""

    def __init__(self) -> None:
        self.reached = asyncio.Event()
        self.opened = asyncio.Event()

    async def wait(self, _ctx: dict[Any, Any], word: str = "") -> str:
        self.reached.set()
        await self.opened.wait()
        return word.upper()

    @property
    def function(self) -> Any:
        return func(self.wait, name="wait")


async def _sent(job: Job | None) -> Job:
    assert job is not None
    return job


async def nothing(_ctx: dict[Any, Any]) -> None:
    """Done at once."""


async def fails(_ctx: dict[Any, Any]) -> None:
    raise ValueError("no")


async def test_the_status_of_a_job_through_its_life(any_bench: Bench) -> None:
    pool, door = any_bench.pool, Door()
    assert await Job("mine", pool).status() is JobStatus.not_found
    job = await _sent(await pool.enqueue_job("wait", _job_id="mine", _defer_by=0.2))
    assert await job.status() is JobStatus.deferred
    async with any_bench.working(door.function):
        await asyncio.wait_for(door.reached.wait(), 10)
        assert await job.status() is JobStatus.in_progress
        door.opened.set()
        await job.result(timeout=10, poll_delay=0.02)
    assert await job.status() is JobStatus.complete


async def test_a_job_that_waits_for_a_slot_is_queued(bench: Bench, eventually: Eventually) -> None:
    door = Door()
    async with bench.working(door.function, max_jobs=1):
        await bench.pool.enqueue_job("wait")
        await asyncio.wait_for(door.reached.wait(), 10)
        second = await _sent(await bench.pool.enqueue_job("wait", _job_id="second"))
        assert await second.status() is JobStatus.queued

        async def filed() -> bool:
            return bool(await bench.pool.exists("mindfleet:job:second"))

        await eventually(filed)
        assert await second.status() is JobStatus.queued
        door.opened.set()
        await second.result(timeout=10, poll_delay=0.02)


async def test_a_job_that_waits_out_a_retry_is_deferred(bench: Bench, eventually: Eventually) -> None:
    async def later(_ctx: dict[Any, Any]) -> None:
        raise Retry(defer=60)

    job = await _sent(await bench.pool.enqueue_job("later"))
    async with bench.working(func(later, name="later")) as worker:

        async def tried() -> bool:
            return worker.jobs_retried == 1 and await job.status() is JobStatus.deferred

        await eventually(tried)


async def test_a_job_that_is_paused_is_queued(bench: Bench, eventually: Eventually) -> None:
    await Steering(bench.pool).pause("queue", "arq:queue")
    job = await _sent(await bench.pool.enqueue_job("nothing", _job_id="mine"))
    async with bench.working(nothing):

        async def filed() -> bool:
            return bool(await bench.pool.exists("mindfleet:job:mine"))

        await eventually(filed)
        assert await job.status() is JobStatus.queued
        await Steering(bench.pool).resume("queue", "arq:queue")
        await job.result(timeout=10, poll_delay=0.02)


async def test_info_tells_what_was_sent_before_and_after(any_bench: Bench) -> None:
    before = datetime.now(UTC) - timedelta(milliseconds=2)
    job = await _sent(await any_bench.pool.enqueue_job("wait", word="hi"))
    door = Door()
    door.opened.set()

    waiting = await job.info()
    await any_bench.burst(door.function)
    done = await job.info()

    for info in (waiting, done):
        assert info
        assert (info.function, list(info.args), info.kwargs) == ("wait", [], {"word": "hi"})
        assert before <= info.enqueue_time <= datetime.now(UTC)
    assert waiting
    assert waiting.score
    assert done
    assert done.score is None


async def test_a_result_has_all_that_arq_says_of_one(any_bench: Bench) -> None:
    job = await _sent(await any_bench.pool.enqueue_job("wait", "hi", _job_id="mine"))
    door = Door()
    door.opened.set()
    await any_bench.burst(door.function)

    result = await job.result_info()

    assert result
    assert (result.success, result.result, result.job_id, result.queue_name) == (True, "HI", "mine", "arq:queue")
    assert (result.job_try, list(result.args), result.kwargs) == (1, ["hi"], {})
    assert result.enqueue_time <= result.start_time <= result.finish_time


async def test_who_waits_for_a_result_gets_it_when_the_job_is_done(bench: Bench) -> None:
    job, door = await _sent(await bench.pool.enqueue_job("wait", "hi")), Door()
    async with bench.working(door.function):
        waiting = asyncio.create_task(job.result(timeout=10, poll_delay=0.02))
        await asyncio.wait_for(door.reached.wait(), 10)
        assert not waiting.done()
        door.opened.set()

        assert await waiting == "HI"


async def test_waiting_ends_after_its_time_and_the_job_goes_on(bench: Bench) -> None:
    job, door = await _sent(await bench.pool.enqueue_job("wait", "hi")), Door()
    async with bench.working(door.function):
        await asyncio.wait_for(door.reached.wait(), 10)
        with pytest.raises(TimeoutError):
            await job.result(timeout=0.05, poll_delay=0.02)
        door.opened.set()

        assert await job.result(timeout=10, poll_delay=0.02) == "HI"


async def test_nobody_waits_for_a_job_that_there_is_not(bench: Bench) -> None:
    with pytest.raises(ResultNotFound):
        await Job("nobody", bench.pool).result()
    assert await Job("nobody", bench.pool).info() is None
    assert await Job("nobody", bench.pool).result_info() is None


async def test_an_error_is_raised_by_its_name_and_words(bench: Bench) -> None:
    job = await _sent(await bench.pool.enqueue_job("fails"))
    await bench.burst(fails)

    with pytest.raises(JobFailed, match="ValueError: no"):
        await job.result(timeout=1)


async def test_a_pool_lists_what_is_queued(any_bench: Bench, eventually: Eventually) -> None:
    pool, door = any_bench.pool, Door()
    async with any_bench.working(door.function, max_jobs=1):
        await pool.enqueue_job("wait", "runs", _job_id="runs")
        await asyncio.wait_for(door.reached.wait(), 10)
        await pool.enqueue_job("wait", "waits", _job_id="waits")
        await pool.enqueue_job("wait", "is deferred", _job_id="deferred", _defer_by=60)

        listed = await pool.queued_jobs()

        assert {(job.job_id, job.function, *job.args) for job in listed} == {
            ("runs", "wait", "runs"),
            ("waits", "wait", "waits"),
            ("deferred", "wait", "is deferred"),
        }
        door.opened.set()

        async def one_is_left() -> bool:
            return bool(await pool.zcard("arq:queue") == 1)

        await eventually(one_is_left)


async def test_a_pool_lists_all_results_in_the_order_of_enqueueing(any_bench: Bench) -> None:
    for word in ("a", "b", "c"):
        await any_bench.pool.enqueue_job("wait", word, _job_id=word)
        await asyncio.sleep(0.002)  # arq orders by milliseconds
    door = Door()
    door.opened.set()
    await any_bench.burst(door.function)

    results = await any_bench.pool.all_job_results()

    assert [(result.job_id, result.result) for result in results] == [("a", "A"), ("b", "B"), ("c", "C")]


async def test_a_job_may_enqueue_another_by_its_context(any_bench: Bench) -> None:
    async def parent(ctx: dict[Any, Any]) -> str:
        child = await ctx["redis"].enqueue_job("nothing", _job_id="child")
        return str(child.job_id)

    await any_bench.pool.enqueue_job("parent")

    worker = await any_bench.burst(func(parent, name="parent"), nothing)

    assert worker.jobs_complete == 2
    assert await Job("child", any_bench.pool).status() is JobStatus.complete
