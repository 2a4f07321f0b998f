"""A worker that was handed a pool without serializers: what it sends through it, it has to be able to read."""

import asyncio
from typing import Any

import pytest
from arq import create_pool, cron
from arq.connections import ArqRedis
from arq.worker import FailedJobs
from redis.asyncio import Redis

from mindfleet import job_serializer
from mindfleet.runtime.worker import FleetWorker
from tests.conformance.wires import PICKLE, Bench, func

pytestmark = pytest.mark.stack


async def child(_ctx: dict[Any, Any]) -> str:
    return "child"


async def parent(ctx: dict[Any, Any]) -> str:
    job = await ctx["redis"].enqueue_job("child")
    return str(job.job_id)


async def fails(_ctx: dict[Any, Any]) -> None:
    raise ValueError("no")


async def bare_pool(bench: Bench) -> ArqRedis:
    pool = await create_pool(bench.settings)
    assert (pool.job_serializer, pool.job_deserializer) == (None, None)
    return pool


async def burst(pool: ArqRedis, *functions: Any, **more: Any) -> FleetWorker:
    worker = FleetWorker(functions, redis_pool=pool, burst=True, poll_delay=0.05, handle_signals=False, **more)
    try:
        async with asyncio.timeout(30):
            await worker.async_run()
    finally:
        await worker.close()
    return worker


async def test_its_own_cron_jobs_run(bench: Bench) -> None:
    job = cron(child, name="child", run_at_startup=True, month=1)  # type: ignore[arg-type]

    worker = await burst(await bare_pool(bench), cron_jobs=[job])

    assert (worker.jobs_complete, worker.jobs_failed) == (1, 0)


async def test_what_a_job_enqueues_runs_and_its_result_can_be_read(bench: Bench) -> None:
    job = await bench.pool.enqueue_job("parent")
    assert job

    worker = await burst(await bare_pool(bench), func(parent, name="parent"), func(child, name="child"))

    assert (worker.jobs_complete, worker.jobs_failed) == (2, 0)
    assert {each.result for each in await bench.pool.all_job_results()} == {await job.result(timeout=1), "child"}


async def test_run_check_reads_results_of_that_pool(bench: Bench) -> None:
    await bench.pool.enqueue_job("fails")
    worker = FleetWorker(
        [func(fails, name="fails")], redis_pool=await bare_pool(bench), burst=True, handle_signals=False
    )

    with pytest.raises(FailedJobs, match="no"):
        await worker.run_check()
    await worker.close()


async def test_a_pool_that_writes_as_the_worker_does_is_the_workers_own(bench: Bench) -> None:
    pool = await create_pool(bench.settings, **bench.wire.both)
    bare = await bare_pool(bench)

    assert FleetWorker([child], redis_pool=pool).pool is pool
    assert FleetWorker([child], redis_pool=bare).pool is not bare

    for each in (pool, bare):
        await each.aclose(close_connection_pool=True)


async def test_a_client_that_is_no_arqs_serves_a_worker_too(bench: Bench) -> None:
    job = await bench.pool.enqueue_job("child")
    assert job

    worker = await burst(Redis.from_url(bench.url), func(child, name="child"))

    assert worker.jobs_complete == 1
    assert await job.result(timeout=1) == "child"


async def test_the_pool_of_whoever_passed_it_writes_as_before(bench: Bench) -> None:
    pool = await bare_pool(bench)

    await burst(pool, func(child, name="child"), job_serializer=job_serializer)

    assert (pool.job_serializer, pool.job_deserializer) == (None, None)


async def test_a_worker_that_is_told_to_pickle_reads_what_such_a_pool_sends(bench: Bench) -> None:
    pool = await bare_pool(bench)
    job = await pool.enqueue_job("child")
    assert job

    worker = await burst(pool, func(child, name="child"), **PICKLE.both)

    assert worker.jobs_complete == 1
    assert await job.result(timeout=1) == "child"
    await pool.aclose(close_connection_pool=True)
