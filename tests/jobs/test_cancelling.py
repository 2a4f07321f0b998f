"""A job is cancelled wherever it is, wholly, and nothing of that outlives it."""

import asyncio
from typing import Any

import pytest
from arq.connections import RedisSettings, create_pool
from arq.constants import abort_jobs_ss
from arq.jobs import Job
from arq.worker import Worker, func
from redis.asyncio import Redis

from mindfleet import JobFailed, JobStatus, TaskQueue, lua
from mindfleet.runtime.claims import Back
from mindfleet.wire import decode, encode_json
from tests.conftest import Eventually
from tests.jobs.hand import LEASE, Hand, done, later
from tests.jobs.server import Server

pytestmark = pytest.mark.stack


async def keys_of(redis: Redis, job_id: str) -> set[str]:
    """All keys that name the job."""
    keys: list[bytes] = await redis.keys(f"*{job_id}*")
    return {key.decode() for key in keys}


async def is_forgotten(redis: Redis, job_id: str) -> bool:
    return await keys_of(redis, job_id) == {f"arq:result:{job_id}", f"task:{job_id}:progress"}


async def test_a_waiting_job_ends_at_once_and_nothing_is_left_but_its_end(
    queue: TaskQueue, hand: Hand, redis: Redis
) -> None:
    receipt = await queue.enqueue("run_note")

    assert await queue.job(receipt).cancel()

    with pytest.raises(JobFailed, match="Cancelled"):
        await queue.wait(receipt, 1)
    assert await queue.job(receipt).status() is JobStatus.FAILED
    assert await is_forgotten(redis, receipt)
    assert await redis.zcard("arq:sensory") == await redis.zcard("mindfleet:ready:arq:sensory") == 0
    assert await hand.claim() == []


async def test_a_deferred_one_too(queue: TaskQueue, hand: Hand, redis: Redis) -> None:
    receipt = await queue.enqueue("run_note", _defer_by=3600)

    assert await queue.job(receipt).cancel()

    assert await is_forgotten(redis, receipt)
    assert await redis.zcard("arq:sensory") == 0


async def test_one_that_waits_out_a_retry_too(queue: TaskQueue, hand: Hand, redis: Redis) -> None:
    receipt = await queue.enqueue("run_note")
    [claim] = await hand.claim()
    await hand.settle((claim, later(60_000)))

    assert await queue.job(receipt).cancel()

    assert await is_forgotten(redis, receipt)


async def test_one_at_a_closed_gate_too(queue: TaskQueue, hand: Hand, redis: Redis) -> None:
    await lua.GATE(redis, "pause", "task:run_note", "", 0)
    receipt = await queue.enqueue("run_note")
    assert await hand.claim() == []
    assert await redis.zcard("mindfleet:blocked:task:run_note") == 1

    assert await queue.job(receipt).cancel()

    assert await redis.zcard("mindfleet:blocked:task:run_note") == 0
    assert await is_forgotten(redis, receipt)


async def test_its_result_is_in_arqs_form(queue: TaskQueue, hand: Hand, valkey: Server) -> None:
    receipt = await queue.enqueue("run_note", text="hello")
    await queue.job(receipt).cancel()

    stock = await create_pool(RedisSettings.from_dsn(valkey.url), job_deserializer=decode)
    told = await Job(receipt, stock, _queue_name="arq:sensory", _deserializer=decode).result_info()
    await stock.aclose()

    assert told
    assert (told.function, told.kwargs["text"], told.success) == ("run_note", "hello", False)
    assert isinstance(told.result, JobFailed)


async def test_a_running_job_is_stopped_by_its_worker(queue: TaskQueue, hand: Hand, redis: Redis) -> None:
    receipt = await queue.enqueue("run_note")
    [claim] = await hand.claim()

    assert await queue.job(receipt).cancel()

    assert await queue.job(receipt).status() is JobStatus.RUNNING
    assert await lua.RENEW(redis, LEASE, 1, receipt, claim.token) == [b"cancelled"]


@pytest.mark.parametrize("settled", [later(60_000), Back()])
async def test_one_that_fails_before_it_hears_of_it_does_not_run_again(
    queue: TaskQueue, hand: Hand, settled: Any
) -> None:
    receipt = await queue.enqueue("run_note")
    [claim] = await hand.claim()
    await queue.job(receipt).cancel()

    await hand.settle((claim, settled))

    [again] = await hand.claim()
    assert (again.job_id, again.wish) == (receipt, "cancelled")


async def test_one_that_is_done_before_it_hears_of_it_is_done(queue: TaskQueue, hand: Hand, redis: Redis) -> None:
    receipt = await queue.enqueue("run_note")
    [claim] = await hand.claim()
    await queue.job(receipt).cancel()

    await hand.settle((claim, done(claim)))

    assert (await queue.wait(receipt, 1))["outcome"] == "done"
    assert await is_forgotten(redis, receipt)


async def test_the_wish_dies_with_the_job(queue: TaskQueue, hand: Hand) -> None:
    receipt = await queue.enqueue("run_note", _job_id="nightly")
    [claim] = await hand.claim()
    await queue.job(receipt).cancel()
    await hand.settle((claim, done(claim)))

    await queue.enqueue("run_note", _job_id="nightly")

    [again] = await hand.claim()
    assert (again.job_id, again.wish) == (receipt, "")


async def test_cancelling_one_leaves_all_others(queue: TaskQueue, hand: Hand) -> None:
    one, other = await queue.enqueue("run_note"), await queue.enqueue("run_note")

    await queue.job(one).cancel()

    [claim] = await hand.claim(5)
    assert claim.job_id == other


async def test_there_is_nothing_to_cancel_of_what_has_ended_or_never_was(queue: TaskQueue, hand: Hand) -> None:
    receipt = await queue.enqueue("run_note")
    await hand.work()

    assert not await queue.job(receipt).cancel()
    assert not await queue.job("nobody").cancel()
    assert (await queue.wait(receipt, 1))["outcome"] == "done"


async def test_a_job_of_a_stock_producer_that_no_worker_has_seen_can_be_cancelled(
    queue: TaskQueue, hand: Hand, valkey: Server, redis: Redis
) -> None:
    stock = await create_pool(RedisSettings.from_dsn(valkey.url), job_serializer=encode_json)
    assert await stock.enqueue_job("run_note", _job_id="stock", _queue_name="arq:sensory", _defer_by=60)
    await stock.aclose()

    assert await queue.job("stock").cancel()

    assert await is_forgotten(redis, "stock")
    assert await redis.zcard("arq:sensory") == 0
    with pytest.raises(JobFailed, match="Cancelled"):
        await queue.wait("stock", 1)


async def test_a_job_that_arqs_own_worker_runs_is_aborted_by_it(
    queue: TaskQueue, valkey: Server, redis: Redis, eventually: Eventually
) -> None:
    async def run_note(ctx: dict[Any, Any], **_payload: str) -> None:
        await asyncio.Event().wait()

    receipt = await queue.enqueue("run_note")
    stock = Worker(
        [func(run_note, name="run_note")],
        queue_name="arq:sensory",
        burst=True,
        allow_abort_jobs=True,
        poll_delay=0.02,
        redis_settings=RedisSettings.from_dsn(valkey.url),
        job_serializer=encode_json,
        job_deserializer=decode,
        handle_signals=False,
    )
    working = asyncio.create_task(stock.main())

    async def is_running() -> bool:
        return await queue.job(receipt).status() is JobStatus.RUNNING

    await eventually(is_running)
    assert await queue.job(receipt).cancel()
    with pytest.raises(JobFailed, match="CancelledError"):
        await queue.wait(receipt, 20)

    await asyncio.wait_for(working, 20)
    await stock.close()
    assert await redis.zcard(abort_jobs_ss) == 0
