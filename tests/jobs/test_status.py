"""A job says where it is, in every state that it can be in."""

import pytest
from arq.connections import RedisSettings, create_pool
from redis.asyncio import Redis

from mindfleet import JobStatus, TaskQueue, lua
from mindfleet.wire import encode_json
from tests.conftest import Eventually
from tests.jobs.hand import Hand, later, parked
from tests.jobs.server import Server

pytestmark = pytest.mark.stack


async def test_it_is_queued_when_its_time_has_come(queue: TaskQueue, hand: Hand) -> None:
    receipt = await queue.enqueue("run_note")

    assert await queue.job(receipt).status() is JobStatus.QUEUED


async def test_it_is_queued_where_no_worker_of_ours_is(queue: TaskQueue) -> None:
    receipt = await queue.enqueue("run_note")

    assert await queue.job(receipt).status() is JobStatus.QUEUED


async def test_it_is_deferred_until_then(queue: TaskQueue, hand: Hand) -> None:
    receipt = await queue.enqueue("run_note", _defer_by=60)

    assert await queue.job(receipt).status() is JobStatus.DEFERRED


async def test_it_is_running_in_the_hands_of_a_worker(queue: TaskQueue, hand: Hand) -> None:
    receipt = await queue.enqueue("run_note")
    await hand.claim()

    assert await queue.job(receipt).status() is JobStatus.RUNNING


async def test_it_is_queued_again_when_that_worker_is_gone(
    queue: TaskQueue, redis: Redis, hand: Hand, eventually: Eventually
) -> None:
    receipt = await queue.enqueue("run_note")
    await Hand(redis, lease=20).claim()

    async def is_queued() -> bool:
        return await queue.job(receipt).status() is JobStatus.QUEUED

    await eventually(is_queued)


async def test_it_is_deferred_while_it_waits_out_a_retry(queue: TaskQueue, hand: Hand) -> None:
    receipt = await queue.enqueue("run_note")
    [claim] = await hand.claim()
    await hand.settle((claim, later(60_000)))

    assert await queue.job(receipt).status() is JobStatus.DEFERRED


async def test_it_is_queued_at_a_closed_gate(queue: TaskQueue, hand: Hand, redis: Redis) -> None:
    await lua.GATE(redis, "pause", "task:run_note", "", 0)
    receipt = await queue.enqueue("run_note")
    await hand.claim()

    assert await queue.job(receipt).status() is JobStatus.QUEUED


@pytest.mark.parametrize("keep", [60_000, 0])
async def test_it_is_done_or_failed_at_the_end_whether_its_result_is_kept_or_not(
    queue: TaskQueue, hand: Hand, keep: int
) -> None:
    good, bad = await queue.enqueue("run_note"), await queue.enqueue("run_note")
    [one, other] = await hand.claim(2)
    await hand.finish(one, keep=keep)
    await hand.settle((other, parked(other, "GiveUp", "no", keep=keep)))

    assert await queue.job(good).status() is JobStatus.DONE
    assert await queue.job(bad).status() is JobStatus.FAILED


async def test_a_job_of_a_stock_producer_says_so_too(queue: TaskQueue, valkey: Server) -> None:
    stock = await create_pool(RedisSettings.from_dsn(valkey.url), job_serializer=encode_json)
    await stock.enqueue_job("run_note", _job_id="now", _queue_name="arq:sensory")
    await stock.enqueue_job("run_note", _job_id="later", _queue_name="arq:sensory", _defer_by=60)
    await stock.aclose()

    assert await queue.job("now").status() is JobStatus.QUEUED
    assert await queue.job("later").status() is JobStatus.DEFERRED


async def test_nothing_is_known_of_what_never_was(queue: TaskQueue) -> None:
    assert await queue.job("nobody").status() is JobStatus.UNKNOWN
