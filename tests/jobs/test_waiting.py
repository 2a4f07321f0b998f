"""Whoever waits for a job hears of its end at once, and costs nothing meanwhile."""

import asyncio
from contextlib import suppress
from time import monotonic
from typing import Any

import pytest
from arq.connections import RedisSettings, create_pool
from arq.worker import Worker, func
from redis.asyncio import Redis

from mindfleet import InvalidJob, JobFailed, JobPending, JobStatus, QueueUnavailable, TaskQueue
from mindfleet.settings import Settings
from mindfleet.wire import decode, encode_json
from tests.conftest import Eventually
from tests.jobs.hand import TASKS, Hand, parked
from tests.jobs.server import Server

pytestmark = pytest.mark.stack

MANY = 1000


async def calls(redis: Redis) -> dict[str, int]:
    """How often each command was called, by clients and by scripts."""
    told: dict[str, dict[str, int]] = await redis.info("commandstats")
    return {name.removeprefix("cmdstat_"): each["calls"] for name, each in told.items()}


async def blocked(redis: Redis) -> int:
    told: dict[str, Any] = await redis.info("clients")
    return int(told["blocked_clients"])


async def is_waited_for(redis: Redis) -> bool:
    return await blocked(redis) == 1


async def test_a_job_that_has_ended_gives_its_result_at_once(queue: TaskQueue, hand: Hand) -> None:
    receipt = await queue.enqueue("run_note")
    await hand.work(written="hello")

    assert await queue.wait(receipt, 0.5) == {"outcome": "done", "written": "hello"}


async def test_of_a_job_that_is_not_there_it_is_not_said_that_it_goes_on(queue: TaskQueue) -> None:
    with pytest.raises(JobPending, match="there is no job nope"):
        await queue.wait("nope", 0.1)


async def test_a_waiter_hears_of_the_end_as_soon_as_it_comes(
    queue: TaskQueue, hand: Hand, redis: Redis, eventually: Eventually
) -> None:
    receipt = await queue.enqueue("run_note")
    waiting = asyncio.create_task(queue.wait(receipt))
    await eventually(lambda: is_waited_for(redis))

    began = monotonic()
    await hand.work(written="hello")

    assert await waiting == {"outcome": "done", "written": "hello"}
    assert monotonic() - began < 1


async def test_who_joins_while_others_wait_is_served_as_fast(
    queue: TaskQueue, hand: Hand, redis: Redis, eventually: Eventually
) -> None:
    first = asyncio.create_task(queue.wait(await queue.enqueue("run_note", _defer_by=3600)))
    await eventually(lambda: is_waited_for(redis))
    second = asyncio.create_task(queue.wait(await queue.enqueue("run_note")))
    await asyncio.sleep(0)

    began = monotonic()
    await hand.work()
    await second

    assert monotonic() - began < 1
    assert not first.done()
    first.cancel()
    await asyncio.gather(first, return_exceptions=True)


async def test_a_failure_is_raised_with_its_kind_and_words(queue: TaskQueue, hand: Hand) -> None:
    receipt = await queue.enqueue("run_note")
    [claim] = await hand.claim()
    await hand.settle((claim, parked(claim, "GiveUp", "no such thing")))

    with pytest.raises(JobFailed, match="GiveUp: no such thing") as failure:
        await queue.wait(receipt, 5)

    assert failure.value.kind == "GiveUp"


async def end_of(queue: TaskQueue, job_id: str) -> tuple[str, int]:
    """The last event, and whether the result is there when it comes."""
    last = [event async for event in queue.job(job_id).events()][-1]
    return last.kind, await queue.redis.exists(f"arq:result:{job_id}")


async def test_the_last_event_comes_after_the_result_is_stored(
    queue: TaskQueue, hand: Hand, redis: Redis, eventually: Eventually
) -> None:
    receipt = await queue.enqueue("run_note")
    following = asyncio.create_task(end_of(queue, receipt))
    await eventually(lambda: is_waited_for(redis))

    await hand.work()

    assert await following == ("done", 1)


async def test_whoever_waits_is_told_at_once_when_the_queue_is_closed(
    valkey: Server, hand: Hand, redis: Redis, eventually: Eventually
) -> None:
    queue = TaskQueue(valkey.url, bot_name="wren", settings=Settings(), tasks=TASKS)
    receipt = await queue.enqueue("run_note")
    handle = queue.job(receipt)
    waiting = asyncio.gather(queue.wait(receipt, 60), end_of(queue, receipt), return_exceptions=True)
    await eventually(lambda: is_waited_for(redis))

    began = monotonic()
    await queue.close()
    ends = await waiting

    assert monotonic() - began < 5
    assert [type(end) for end in ends] == [QueueUnavailable, QueueUnavailable]
    assert {str(end) for end in ends} == {
        f"wait for job {receipt}: the task queue was closed meanwhile; the job itself goes on"
    }
    with pytest.raises(QueueUnavailable, match="was closed"):
        await handle.wait(60)
    await hand.work(written="after all")
    assert (await queue.wait(receipt, 10))["written"] == "after all"
    await queue.close()


async def test_a_thousand_waiters_share_one_blocking_command(
    queue: TaskQueue, hand: Hand, redis: Redis, eventually: Eventually
) -> None:
    receipts = await queue.put_all([queue.entrant(TASKS["run_note"].payload(bot_name="wren")) for _ in range(MANY)])
    before = await calls(redis)
    waiting = [asyncio.create_task(queue.wait(receipt)) for receipt in receipts]
    await eventually(lambda: is_waited_for(redis))
    connected = (await redis.info("clients"))["connected_clients"]
    claims = await hand.claim(MANY)
    for start in range(0, MANY, 100):
        await hand.finish(*claims[start : start + 100], number=start)

    results = await asyncio.gather(*waiting)

    after = await calls(redis)
    assert [len(claims), len(results)] == [MANY, MANY]
    # At most one reading for each settlement and for the claim, one look at the results of each, and the first of both.
    assert after["xread"] - before.get("xread", 0) <= 13
    assert after["mget"] - before.get("mget", 0) <= 13
    assert connected <= 4


async def test_a_waiting_that_times_out_leaves_the_job_alone(queue: TaskQueue, hand: Hand) -> None:
    receipt = await queue.enqueue("run_note")

    with pytest.raises(JobPending, match="it goes on"):
        await queue.wait(receipt, 0.05)

    assert await queue.job(receipt).status() is JobStatus.QUEUED
    await hand.work()
    assert await queue.wait(receipt)


async def test_a_waiting_that_times_out_can_cancel_the_job(queue: TaskQueue, hand: Hand) -> None:
    receipt = await queue.enqueue("run_note")

    with pytest.raises(JobPending, match="cancelled"):
        await queue.wait(receipt, 0.05, cancel_on_timeout=True)

    assert await queue.job(receipt).status() is JobStatus.FAILED
    assert await hand.claim() == []


async def test_even_without_time_a_job_that_has_ended_gives_its_result(queue: TaskQueue, hand: Hand) -> None:
    receipt = await queue.enqueue("run_note")
    await hand.work()

    assert (await queue.wait(receipt, 0, cancel_on_timeout=True))["outcome"] == "done"


async def test_waiting_survives_a_restart_of_redis(
    queue: TaskQueue, hand: Hand, redis: Redis, valkey: Server, eventually: Eventually
) -> None:
    receipt = await queue.enqueue("run_note")
    waiting = asyncio.create_task(queue.wait(receipt))
    await eventually(lambda: is_waited_for(redis))

    await valkey.kill()
    await valkey.start()
    await hand.work(written="after all")

    assert (await waiting)["written"] == "after all"


async def test_a_redis_that_is_still_away_at_the_end_is_told_as_such() -> None:
    nowhere = TaskQueue("redis://127.0.0.1:1/0", settings=Settings(), tasks=TASKS)

    with pytest.raises(QueueUnavailable, match="away"):
        await nowhere.wait("job", 0.2)
    for asked in (nowhere.job("job").status(), nowhere.job("job").result(), nowhere.job("job").progress()):
        with pytest.raises(QueueUnavailable, match="away"):
            await asked
    with pytest.raises(QueueUnavailable, match="away"):
        await nowhere.job("job").cancel()
    await nowhere.close()


async def test_the_result_of_arqs_own_worker_is_found_too(queue: TaskQueue, valkey: Server, redis: Redis) -> None:
    async def run_note(ctx: dict[Any, Any], **_payload: str) -> str:
        return "by arq"

    receipt = await queue.enqueue("run_note")
    waiting = asyncio.create_task(queue.wait(receipt))
    stock = Worker(
        [func(run_note, name="run_note")],
        queue_name="arq:sensory",
        burst=True,
        redis_settings=RedisSettings.from_dsn(valkey.url),
        job_serializer=encode_json,
        job_deserializer=decode,
        handle_signals=False,
    )
    await stock.main()
    await stock.close()

    assert await waiting == "by arq"
    assert not await redis.exists(f"task:{receipt}:progress")


async def test_the_end_of_an_earlier_job_of_that_name_is_not_taken_for_this_ones(queue: TaskQueue, hand: Hand) -> None:
    receipt = await queue.enqueue("run_note", _job_id="nightly")
    await hand.work(run="first")
    await queue.wait(receipt)
    await queue.enqueue("run_note", _job_id="nightly")

    with pytest.raises(JobPending):
        await queue.wait(receipt, 0.1)

    await hand.work(run="second")
    assert (await queue.wait(receipt))["run"] == "second"


async def test_nor_is_it_when_a_stock_producer_sends_the_next(
    queue: TaskQueue, hand: Hand, valkey: Server, redis: Redis
) -> None:
    receipt = await queue.enqueue("run_note", _job_id="nightly")
    await hand.work(keep=0)
    stock = await create_pool(RedisSettings.from_dsn(valkey.url), job_serializer=encode_json)
    assert await stock.enqueue_job("run_note", _job_id="nightly", _queue_name="arq:sensory")
    await stock.aclose()

    with pytest.raises(JobPending):
        await queue.wait(receipt, 0.2)

    [claim] = await hand.claim()
    assert [each["event"] for each in await told(redis, receipt)] == ["started"]
    await hand.finish(claim, run="second")
    assert (await queue.wait(receipt))["run"] == "second"


async def told(redis: Redis, job_id: str) -> list[dict[str, str]]:
    entries = await redis.xrange(f"task:{job_id}:progress")
    return [{key.decode(): value.decode() for key, value in fields.items()} for _, fields in entries]


async def test_of_a_result_that_is_not_kept_the_waiter_hears_what_was_told(queue: TaskQueue, hand: Hand) -> None:
    receipt = await queue.enqueue("run_note")
    await hand.work(keep=0, written="hello")

    assert await queue.wait(receipt, 5) == {"outcome": "done", "written": "hello"}
    assert await queue.job(receipt).status() is JobStatus.DONE


async def test_of_a_failure_that_is_not_kept_too(queue: TaskQueue, hand: Hand) -> None:
    receipt = await queue.enqueue("run_note")
    [claim] = await hand.claim()
    await hand.settle((claim, parked(claim, "GiveUp", "no", keep=0)))

    with pytest.raises(JobFailed, match="GiveUp: no"):
        await queue.wait(receipt, 5)
    assert await queue.job(receipt).status() is JobStatus.FAILED


async def test_who_waits_for_a_job_that_a_newer_one_replaces_is_told(queue: TaskQueue, hand: Hand) -> None:
    receipt = await queue.enqueue("run_mood")
    await queue.enqueue("run_mood")

    with pytest.raises(JobFailed, match="Superseded: a newer one took its place"):
        await queue.wait(receipt, 5)


@pytest.mark.parametrize("name", ["", "\ud800", None, 5])
async def test_what_is_no_id_is_refused_and_disturbs_nobody(queue: TaskQueue, name: Any) -> None:
    with pytest.raises(InvalidJob, match="no id of a job"):
        await queue.wait(name, 1)


async def test_nothing_is_read_once_nobody_waits(
    queue: TaskQueue, hand: Hand, redis: Redis, eventually: Eventually
) -> None:
    with suppress(JobPending):
        await queue.wait(await queue.enqueue("run_note"), 0.1)

    async def nobody_is() -> bool:
        return await blocked(redis) == 0

    await eventually(nobody_is)
