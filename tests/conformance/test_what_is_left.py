"""What a worker that was built with arq's arguments alone leaves behind in Redis."""

import asyncio
from datetime import timedelta
from signal import Signals
from typing import Any

import pytest
from arq import Retry
from arq.worker import Worker, async_check_health

from mindfleet.runtime.worker import FleetWorker
from mindfleet.runtime.worker_settings import stopped
from tests.conformance.wires import Bench, func
from tests.conftest import Eventually

pytestmark = pytest.mark.stack


async def nothing(_ctx: dict[Any, Any]) -> None:
    """Done at once."""


async def fails(_ctx: dict[Any, Any]) -> None:
    raise ValueError("no")


async def tries(ctx: dict[Any, Any]) -> None:
    if ctx["job_try"] < 3:
        raise Retry(defer=0.01)


async def sleeps(_ctx: dict[Any, Any]) -> None:
    await asyncio.Event().wait()


@pytest.mark.parametrize("function", [nothing, fails, tries, func(sleeps, timeout=0.02)])
async def test_of_a_job_that_ended_only_its_result_is_left(bench: Bench, function: Any) -> None:
    await bench.pool.enqueue_job(getattr(function, "name", None) or function.__qualname__, _job_id="mine")

    await bench.burst(function)

    assert await bench.pool.keys() == [b"arq:result:mine"]


async def test_without_a_result_nothing_is_left(bench: Bench) -> None:
    for _ in range(50):
        await bench.pool.enqueue_job("nothing")

    await bench.burst(nothing, keep_result=0, max_jobs=7)

    assert await bench.pool.keys() == []


async def test_a_worker_that_waited_leaves_only_what_expires(bench: Bench) -> None:
    async with bench.working(nothing, keep_result=0):
        job = await bench.pool.enqueue_job("nothing")
        while await bench.pool.exists(f"arq:job:{job.job_id}" if job else ""):  # noqa: ASYNC110 - arq tells nobody
            await asyncio.sleep(0.01)

    assert all([await bench.pool.pttl(key) > 0 for key in await bench.pool.keys()])


async def test_a_hook_that_raises_at_the_end_leaves_no_connection_open(bench: Bench) -> None:
    async def on_shutdown(_ctx: dict[Any, Any]) -> None:
        raise ValueError("no")

    worker = bench.worker(nothing, burst=True, on_shutdown=on_shutdown)
    await worker.async_run()
    with pytest.raises(ValueError, match="no"):
        await worker.close()

    await worker.close()  # there is nothing left to close


async def test_a_worker_can_be_subclassed(bench: Bench) -> None:
    class Mine(FleetWorker):
        started = 0

        async def main(self) -> None:
            Mine.started += 1
            await super().main()

    await bench.pool.enqueue_job("nothing")
    worker = Mine([nothing], redis_settings=bench.settings, burst=True, handle_signals=False, **bench.wire.both)
    await worker.async_run()
    await worker.close()

    assert (Mine.started, worker.jobs_complete) == (1, 1)
    assert isinstance(worker, Worker)


async def test_a_worker_that_was_closed_can_be_run_again_as_watch_does(bench: Bench, eventually: Eventually) -> None:
    began: list[int] = []

    async def broods_once(_ctx: dict[Any, Any]) -> None:
        began.append(1)
        if len(began) == 1:
            await asyncio.Event().wait()

    async def has_begun() -> bool:
        return bool(began)

    await bench.pool.enqueue_job("broods", _job_id="mine")
    worker = bench.worker(func(broods_once, name="broods"))
    running = asyncio.create_task(worker.async_run())
    await eventually(has_begun)

    worker.handle_sig(Signals.SIGUSR1)
    await worker.close()
    await asyncio.gather(running, return_exceptions=True)
    running = asyncio.create_task(worker.async_run())

    async def is_done() -> bool:
        return bool(await bench.pool.exists("arq:result:mine"))

    await eventually(is_done)
    assert (len(began), worker.jobs_complete) == (2, 1)
    await stopped(worker, running, timedelta())


async def test_the_sign_of_life_of_a_queue_stays_until_its_last_worker_ends(
    bench: Bench, eventually: Eventually
) -> None:
    async def is_given() -> bool:
        return bool(await bench.pool.exists("arq:queue:health-check"))

    async def is_checked() -> bool:
        return await async_check_health(bench.settings) == 0

    async with bench.working(nothing):
        async with bench.working(nothing):
            await eventually(is_given)
        assert await is_checked()
    assert not await is_checked()


async def test_a_worker_shows_itself_as_arqs_does(bench: Bench) -> None:
    await bench.pool.enqueue_job("nothing")

    worker = await bench.burst(nothing, queue_read_limit=3)

    assert str(worker) == "<Worker j_complete=1 j_failed=0 j_retried=0 j_ongoing=0>"
    assert worker.queue_read_limit == 3
    assert bench.worker(nothing).queue_read_limit == 100
    assert worker.timezone is not None


async def test_a_worker_on_a_pool_of_its_own_takes_its_queue_and_its_words(bench: Bench) -> None:
    bench.pool.default_queue_name = "arq:mine"
    job = await bench.pool.enqueue_job("nothing")
    worker = FleetWorker([nothing], redis_pool=bench.pool, queue_name=None, burst=True, handle_signals=False)

    await worker.async_run()

    assert worker.queue_name == "arq:mine"
    assert worker.jobs_complete == 1
    assert job
    assert await job.result(timeout=1) is None


async def test_a_queue_without_name_or_pool_is_refused() -> None:
    with pytest.raises(ValueError, match="queue_name is absent"):
        FleetWorker([nothing], queue_name=None)


async def test_a_worker_without_anything_to_do_is_refused() -> None:
    with pytest.raises(RuntimeError, match="at least one function or cron_job"):
        FleetWorker([])
