"""Our producer, and arq's own worker at the other end."""

import asyncio
import importlib.util
from collections.abc import AsyncGenerator
from datetime import UTC, datetime, timedelta
from typing import Any

import arq.worker
import pytest
from arq.connections import RedisSettings, create_pool
from arq.jobs import Job
from arq.jobs import JobStatus as ArqStatus

from mindfleet import JobFailed, JobStatus, TaskQueue, job_deserializer, job_serializer
from mindfleet.settings import Settings
from mindfleet.wire import encode_msgpack

pytestmark = pytest.mark.stack

SUMMARY: dict[str, Any] = {"bot_name": "juniper", "session_id": "s", "user_id": "u"}


def _stock() -> Any:
    """arq's module anew: settings of ours put our worker into the one that all share."""
    spec = importlib.util.find_spec("arq.worker")
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    assert module.Worker.__module__ == arq.worker.__name__
    return module


STOCK = _stock()


@pytest.fixture(params=["json", "msgpack"])
async def queue(redis_url: str, request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> AsyncGenerator[Any]:
    monkeypatch.setenv("MINDFLEET_QUEUE__SERIALIZER", request.param)
    async with TaskQueue(redis_url, settings=Settings(), bot_name="juniper") as queue:
        yield queue


async def work_off(queue: TaskQueue, url: str, **functions: Any) -> Any:
    """A burst of the stock worker."""
    write = job_serializer if queue.encode is job_serializer else encode_msgpack
    worker = STOCK.Worker(
        [STOCK.func(function, name=name) for name, function in functions.items()],
        queue_name=TaskQueue.QUEUE_COGNITION,
        redis_settings=RedisSettings.from_dsn(url),
        job_serializer=write,
        job_deserializer=job_deserializer,
        burst=True,
        poll_delay=0.02,
        handle_signals=False,
    )
    try:
        async with asyncio.timeout(20):
            await worker.async_run()
    finally:
        await worker.close()
    return worker


async def summarize(_ctx: dict[Any, Any], **payload: Any) -> dict[str, Any]:
    return {"of": payload["session_id"]}


async def refuse(_ctx: dict[Any, Any], **_payload: Any) -> None:
    raise ValueError("no")


async def test_a_stock_worker_does_our_job_and_we_read_its_result(queue: TaskQueue, redis_url: str) -> None:
    receipt = await queue.enqueue("run_summarization", **SUMMARY)

    worker = await work_off(queue, redis_url, run_summarization=summarize)

    assert worker.jobs_complete == 1
    assert await queue.wait(receipt, 1) == {"of": "s"}
    assert await queue.job(receipt).status() is JobStatus.DONE


async def test_a_stock_workers_error_is_ours_too(queue: TaskQueue, redis_url: str) -> None:
    receipt = await queue.enqueue("run_summarization", **SUMMARY)

    await work_off(queue, redis_url, run_summarization=refuse)

    with pytest.raises(JobFailed, match="ValueError: no"):
        await queue.wait(receipt, 1)


async def test_a_stock_worker_waits_for_the_time_that_we_say(queue: TaskQueue, redis_url: str) -> None:
    due = datetime.now(UTC) + timedelta(seconds=0.3)
    receipt = await queue.enqueue("run_summarization", **SUMMARY, _defer_until=due)
    pool = await create_pool(RedisSettings.from_dsn(redis_url), job_deserializer=job_deserializer)
    job = Job(receipt, pool, TaskQueue.QUEUE_COGNITION, job_deserializer)
    assert await job.status() is ArqStatus.deferred

    await work_off(queue, redis_url, run_summarization=summarize)

    info = await job.result_info()
    assert info
    assert info.start_time >= due - timedelta(milliseconds=2)
    await pool.aclose(close_connection_pool=True)


async def test_our_ids_are_taken_for_a_stock_producer_and_its_ids_for_us(queue: TaskQueue, redis_url: str) -> None:
    pool = await create_pool(RedisSettings.from_dsn(redis_url), job_serializer=job_serializer)
    await queue.enqueue("run_summarization", **SUMMARY, _job_id="ours")
    named: dict[str, Any] = {"_queue_name": TaskQueue.QUEUE_COGNITION}
    assert await pool.enqueue_job("run_summarization", _job_id="ours", **named) is None
    assert await pool.enqueue_job("run_summarization", _job_id="theirs", **named)

    receipt = await queue.enqueue("run_summarization", **SUMMARY, _job_id="theirs")

    assert receipt.outcome == "duplicate"
    await pool.aclose(close_connection_pool=True)


async def test_a_stock_worker_leaves_nothing_of_our_job_that_lasts(queue: TaskQueue, redis_url: str) -> None:
    receipt = await queue.enqueue("run_summarization", **SUMMARY)

    await work_off(queue, redis_url, run_summarization=summarize)

    left = {key.decode() for key in await queue.redis.keys(f"*{receipt}*")}
    assert left == {f"arq:result:{receipt}", f"mindfleet:job:{receipt}"}
    assert all([await queue.redis.pttl(key) > 0 for key in left])


async def test_an_id_of_a_job_that_a_stock_worker_did_can_be_used_again(queue: TaskQueue, redis_url: str) -> None:
    await queue.enqueue("run_summarization", **SUMMARY, _job_id="again")
    await work_off(queue, redis_url, run_summarization=summarize)

    assert (await queue.enqueue("run_summarization", **SUMMARY, _job_id="again")).queued
    worker = await work_off(queue, redis_url, run_summarization=summarize)
    assert worker.jobs_complete == 1
