"""How a function that is cancelled ends: what it then says counts, as for arq, where it says anything."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from arq import Retry
from arq.jobs import Job

from mindfleet.runtime.worker import FleetWorker
from tests.conformance.wires import Bench, func
from tests.conftest import Eventually

pytestmark = pytest.mark.stack

Abort = Callable[[Any], Awaitable[tuple[bool, Job, FleetWorker]]]


async def until_cancelled() -> None:
    try:
        await asyncio.Event().wait()
    except asyncio.CancelledError:
        return


async def gives_what_it_has(_ctx: dict[Any, Any]) -> str:
    await until_cancelled()
    return "half"


async def says_why(_ctx: dict[Any, Any]) -> None:
    await until_cancelled()
    raise ValueError("cleaned up")


async def wants_another_try(ctx: dict[Any, Any]) -> str:
    if ctx["job_try"] == 1:
        await until_cancelled()
        raise Retry(defer=0.01)
    return "second"


async def is_cancelled_with_a_word(_ctx: dict[Any, Any]) -> None:
    raise asyncio.CancelledError("a word")


@pytest.fixture
def abort(pickled: Bench, eventually: Eventually) -> Abort:
    """Run a function, abort it, and say what `Job.abort` did."""

    async def aborted(function: Any) -> tuple[bool, Job, FleetWorker]:
        job = await pickled.pool.enqueue_job("it")
        assert job
        async with pickled.working(func(function, name="it"), allow_abort_jobs=True) as worker:

            async def runs() -> bool:
                return job.job_id in worker.job_tasks

            await eventually(runs)
            return await job.abort(timeout=5, poll_delay=0.05), job, worker

    return aborted


async def test_what_a_function_gives_when_its_time_is_up_is_its_result(pickled: Bench) -> None:
    job = await pickled.pool.enqueue_job("it")
    assert job

    worker = await pickled.burst(func(gives_what_it_has, name="it", timeout=0.05))

    assert await job.result(timeout=1) == "half"
    assert (worker.jobs_complete, worker.jobs_failed) == (1, 0)


async def test_what_a_function_raises_when_its_time_is_up_is_its_error(pickled: Bench) -> None:
    job = await pickled.pool.enqueue_job("it")
    assert job

    worker = await pickled.burst(func(says_why, name="it", timeout=0.05))

    assert worker.jobs_failed == 1
    with pytest.raises(ValueError, match="cleaned up"):
        await job.result(timeout=1)


async def test_a_function_whose_time_is_up_may_ask_for_another_try(pickled: Bench) -> None:
    job = await pickled.pool.enqueue_job("it")
    assert job

    worker = await pickled.burst(func(wants_another_try, name="it", timeout=0.05))

    assert await job.result(timeout=1) == "second"
    assert (worker.jobs_complete, worker.jobs_failed, worker.jobs_retried) == (1, 0, 1)


async def test_a_function_that_ends_well_although_it_was_aborted_is_done(abort: Abort) -> None:
    is_aborted, job, worker = await abort(gives_what_it_has)

    assert not is_aborted
    assert await job.result(timeout=1) == "half"
    assert (worker.jobs_complete, worker.jobs_failed) == (1, 0)


async def test_what_a_function_raises_when_it_is_aborted_is_its_error(abort: Abort) -> None:
    with pytest.raises(ValueError, match="cleaned up"):
        await abort(says_why)


async def test_a_function_that_is_aborted_gets_no_other_try(abort: Abort) -> None:
    is_aborted, _, worker = await abort(wants_another_try)

    assert is_aborted
    assert (worker.jobs_complete, worker.jobs_failed) == (0, 1)


async def test_a_cancellation_that_a_function_raises_keeps_its_words(pickled: Bench) -> None:
    job = await pickled.pool.enqueue_job("it")
    assert job

    await pickled.burst(func(is_cancelled_with_a_word, name="it"), retry_jobs=False)

    with pytest.raises(asyncio.CancelledError, match="a word"):
        await job.result(timeout=1)
