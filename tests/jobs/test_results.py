"""The ends of all jobs are one stream, which can be followed from any place."""

import asyncio
import json
from collections.abc import AsyncGenerator
from contextlib import aclosing
from time import monotonic
from typing import Any, cast

import pytest
from redis.asyncio import Redis
from redis.asyncio.client import PubSub

from mindfleet import InvalidJob, QueueUnavailable, TaskQueue
from mindfleet.results import Result
from mindfleet.settings import Settings
from tests.conftest import Eventually
from tests.jobs.hand import TASKS, Hand, done, parked
from tests.jobs.server import Server
from tests.jobs.test_waiting import blocked, is_waited_for

pytestmark = pytest.mark.stack


async def first(results: AsyncGenerator[Result], count: int) -> list[Result]:
    async with asyncio.timeout(20), aclosing(results):
        return [await anext(results) for _ in range(count)]


async def said(heard: PubSub) -> dict[str, Any]:
    """The next message."""
    message = cast("dict[str, Any] | None", await heard.get_message(timeout=10))
    assert message
    return message


async def test_each_end_is_an_entry_with_all_that_is_known(queue: TaskQueue, hand: Hand) -> None:
    receipt = await queue.enqueue("run_note")
    await hand.work(written="hello")
    other = await queue.enqueue("run_note", bot_name="wren")
    [claim] = await hand.claim()
    await hand.settle((claim, parked(claim, "GiveUp", "no such thing")))

    good, bad = await first(queue.results(after="0"), 2)

    assert (good.task_id, good.task, good.bot_name, good.queue) == (receipt, "run_note", "juniper", "arq:sensory")
    assert (good.worker_id, good.success, good.outcome) == ("hand", True, "done")
    assert (good.result, good.error) == ({"outcome": "done", "written": "hello"}, None)
    assert (bad.task_id, bad.bot_name, bad.success, bad.outcome) == (other, "wren", False, "parked")
    assert (bad.result, bad.error) == (None, "GiveUp: no such thing")
    assert good.timestamp <= bad.timestamp


async def test_a_cancelled_and_a_superseded_job_are_there_too(queue: TaskQueue, hand: Hand) -> None:
    cancelled = await queue.enqueue("run_note")
    await queue.job(cancelled).cancel()
    superseded = await queue.enqueue("run_mood")
    await queue.enqueue("run_mood")

    one, other = await first(queue.results(after="0"), 2)

    assert (one.task_id, one.outcome, one.worker_id) == (cancelled, "cancelled", "")
    assert one.error == "Cancelled: somebody asked for its end"
    assert (other.task_id, other.outcome, other.worker_id) == (superseded, "superseded", "")
    assert other.error == "Superseded: a newer one took its place"


async def test_it_is_followed_from_now_on_unless_told_otherwise(
    queue: TaskQueue, hand: Hand, redis: Redis, eventually: Eventually
) -> None:
    await queue.enqueue("run_note")
    await hand.work()
    following = asyncio.create_task(first(queue.results(), 1))
    await eventually(lambda: is_waited_for(redis))

    receipt = await queue.enqueue("run_note")
    await hand.work()

    assert [result.task_id for result in await following] == [receipt]


async def test_it_is_resumed_from_the_last_that_is_known(queue: TaskQueue, hand: Hand) -> None:
    receipts = [await queue.enqueue("run_note") for _ in range(5)]
    await hand.finish(*await hand.claim(5))
    seen = await first(queue.results(after="0"), 2)

    rest = await first(queue.results(after=seen[-1].id), 3)

    assert [result.task_id for result in seen + rest] == receipts


async def test_one_bot_sees_its_own(queue: TaskQueue, hand: Hand) -> None:
    await queue.enqueue("run_note", bot_name="wren")
    receipt = await queue.enqueue("run_note", bot_name="juniper")
    await hand.finish(*await hand.claim(2))

    assert [each.task_id for each in await first(queue.results(bot_name="juniper", after="0"), 1)] == [receipt]


async def test_it_is_followed_through_a_restart_of_redis(
    queue: TaskQueue, hand: Hand, redis: Redis, valkey: Server, eventually: Eventually
) -> None:
    receipts = [await queue.enqueue("run_note") for _ in range(2)]
    following = asyncio.create_task(first(queue.results(), 2))
    await eventually(lambda: is_waited_for(redis))
    [one, other] = await hand.claim(2)
    await hand.finish(one)

    await valkey.kill()
    await valkey.start()
    await hand.settle((other, done(other)))

    assert [result.task_id for result in await following] == receipts


async def test_whoever_follows_is_told_at_once_when_the_queue_is_closed(
    valkey: Server, hand: Hand, redis: Redis, eventually: Eventually
) -> None:
    queue = TaskQueue(valkey.url, bot_name="wren", settings=Settings(), tasks=TASKS)
    receipt = await queue.enqueue("run_note")
    await hand.work()
    begun, unbegun = queue.results(after="0"), queue.results()
    seen = await anext(begun)
    following = asyncio.gather(anext(begun), anext(queue.results()), return_exceptions=True)
    await eventually(lambda: are_followed(redis, 2))

    began = monotonic()
    await queue.close()
    ends = await following

    assert monotonic() - began < 1
    told = "follow the results: the task queue was closed meanwhile; the jobs themselves go on"
    assert [(type(end), str(end)) for end in ends] == [(QueueUnavailable, told)] * 2
    with pytest.raises(QueueUnavailable, match="was closed"):
        await anext(unbegun)
    with pytest.raises(StopAsyncIteration):
        await anext(begun)
    await eventually(lambda: are_followed(redis, 0))
    assert (seen.task_id, await queue.enqueue("run_note", _job_id="next")) == (receipt, "next")
    await hand.work()
    assert [each.task_id for each in await first(queue.results(after=seen.id), 1)] == ["next"]
    await queue.close()


async def test_whoever_follows_while_redis_is_away_is_told_too(valkey: Server, eventually: Eventually) -> None:
    queue = TaskQueue(valkey.url, bot_name="wren", settings=Settings(), tasks=TASKS)
    following = asyncio.create_task(anext(queue.results()))
    await asyncio.sleep(0)
    await valkey.kill()
    try:
        await queue.close()

        with pytest.raises(QueueUnavailable, match="was closed"):
            await asyncio.wait_for(following, 2)
    finally:
        await valkey.start()


async def test_who_stops_following_is_told_nothing(queue: TaskQueue, redis: Redis, eventually: Eventually) -> None:
    following = asyncio.create_task(anext(queue.results()))
    await eventually(lambda: are_followed(redis, 1))

    following.cancel()

    with pytest.raises(asyncio.CancelledError):
        await following
    await eventually(lambda: are_followed(redis, 0))


async def are_followed(redis: Redis, times: int) -> bool:
    return await blocked(redis) == times


async def test_it_is_capped(queue: TaskQueue, redis: Redis, hand: Hand) -> None:
    few = Hand(redis, results="100")
    await queue.put_all([queue.entrant(TASKS["run_note"].payload(bot_name="wren")) for _ in range(500)])
    await few.finish(*await few.claim(500))

    assert 100 <= await redis.xlen("mindfleet:results") <= 200


async def test_each_is_published_on_the_channel_that_is_set(redis: Redis, valkey: Server, hand: Hand) -> None:
    settings = Settings.model_validate({"queue": {"results_channel": "fleet/ends"}})
    async with (
        TaskQueue(valkey.url, bot_name="juniper", settings=settings, tasks=TASKS) as queue,
        redis.pubsub() as heard,
    ):
        await heard.subscribe("fleet/ends")
        assert await heard.get_message(timeout=5)
        receipt, cancelled = await queue.enqueue("run_note"), await queue.enqueue("run_note")
        await queue.job(cancelled).cancel()
        superseded, last = await queue.enqueue("run_mood"), await queue.enqueue("run_mood")
        await queue.job(last).cancel()
        await Hand(redis, results=settings.queue.results).work(written='"a/b" \n ü')

        told = [json.loads((await said(heard))["data"]) for _ in range(4)]
        kept = await first(queue.results(after="0"), 4)

    assert [(each["task_id"], each["outcome"], each["success"]) for each in told] == [
        (cancelled, "cancelled", "0"),
        (superseded, "superseded", "0"),
        (last, "cancelled", "0"),
        (receipt, "done", "1"),
    ]
    assert told[-1]["result"] == kept[-1].result == {"outcome": "done", "written": '"a/b" \n ü'}
    assert [each["id"] for each in told] == [each.id for each in kept]


async def test_without_a_channel_nothing_is_published(queue: TaskQueue, hand: Hand, redis: Redis) -> None:
    async with redis.pubsub() as heard:
        await heard.psubscribe("*")
        assert await heard.get_message(timeout=5)
        await queue.enqueue("run_note")
        await hand.work()
        await redis.publish("last", "")

        assert (await said(heard))["channel"] == b"last"


@pytest.mark.parametrize("place", ["", "now", "1-x"])
async def test_what_is_no_place_is_refused_at_the_call(queue: TaskQueue, place: str) -> None:
    with pytest.raises(InvalidJob, match="no place in a stream"):
        queue.results(after=place)
