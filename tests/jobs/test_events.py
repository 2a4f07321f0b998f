"""A job tells of itself in a stream that can be read from any place."""

import asyncio
import logging

import pytest
from redis.asyncio import Redis

from mindfleet import InvalidJob, TaskQueue
from mindfleet.awaiting import Event
from mindfleet.current_job import JobContext, current_job
from mindfleet.jobs import Progress
from mindfleet.runtime.claims import Claim
from mindfleet.runtime.progress import RedisProgress
from tests.conftest import Eventually
from tests.jobs.hand import Hand, done, later, parked
from tests.jobs.server import Server
from tests.jobs.test_waiting import is_waited_for

pytestmark = pytest.mark.stack

DAY_MS = 86_400_000


async def events(queue: TaskQueue, job_id: str, after: str = "0") -> list[Event]:
    async with asyncio.timeout(20):
        return [event async for event in queue.job(job_id).events(after)]


async def report(queue: TaskQueue, claim: Claim, *said: object) -> None:
    """As a task does it that runs under that claim."""
    context = JobContext(claim.job_id, "run_note", claim.start, token=claim.token)
    token = current_job.set(context)
    try:
        await RedisProgress(queue).report(*said)  # type: ignore[arg-type]
    finally:
        current_job.reset(token)


async def a_life(queue: TaskQueue, hand: Hand) -> str:
    """A job that fails, reports, and is done."""
    receipt = await queue.enqueue("run_note")
    [claim] = await hand.claim()
    await hand.settle((claim, later(0)))
    [claim] = await hand.claim()
    await report(queue, claim, 1, 2, "halfway")
    await hand.finish(claim, written="hello")
    return receipt


async def test_of_a_job_that_there_is_not_nothing_is_told(queue: TaskQueue) -> None:
    assert await events(queue, "nobody") == []


async def test_a_job_tells_of_its_whole_life(queue: TaskQueue, hand: Hand) -> None:
    told = await events(queue, await a_life(queue, hand))

    assert [event.kind for event in told] == ["started", "retrying", "started", "progress", "done"]
    assert told[0].fields == {"worker": "hand", "start": "1"}
    assert told[1].fields == {"outcome": "retried", "delay": "0", "reason": "away"}
    assert told[3].fields == {"done": "1", "total": "2", "note": "halfway"}
    assert told[4].fields == {"outcome": "done", "text": '{"outcome": "done", "written": "hello"}'}
    assert [event.at for event in told] == sorted(event.at for event in told)


async def test_it_can_be_read_again_from_any_place(queue: TaskQueue, hand: Hand) -> None:
    receipt = await a_life(queue, hand)
    told = await events(queue, receipt)

    for number, event in enumerate(told):
        assert await events(queue, receipt, after=event.id) == told[number + 1 :]


async def test_who_reads_while_it_runs_hears_each_event_as_it_comes(
    queue: TaskQueue, hand: Hand, redis: Redis, eventually: Eventually
) -> None:
    receipt = await queue.enqueue("run_note")
    following = asyncio.create_task(events(queue, receipt))
    await eventually(lambda: is_waited_for(redis))
    [claim] = await hand.claim()
    await report(queue, claim, 1, 2)
    await hand.settle((claim, parked(claim, "GiveUp", "no")))

    told = await following

    assert [event.kind for event in told] == ["started", "progress", "error"]
    assert told[-1].fields["outcome"] == "parked"


async def test_reading_survives_a_restart_of_redis(
    queue: TaskQueue, hand: Hand, redis: Redis, valkey: Server, eventually: Eventually
) -> None:
    receipt = await queue.enqueue("run_note")
    following = asyncio.create_task(events(queue, receipt))
    [claim] = await hand.claim()
    await eventually(lambda: is_waited_for(redis))

    await valkey.kill()
    await valkey.start()
    await hand.settle((claim, done(claim)))

    assert [event.kind for event in await following] == ["started", "done"]


async def test_waiting_and_reading_share_one_connection(
    queue: TaskQueue, hand: Hand, redis: Redis, eventually: Eventually
) -> None:
    receipt = await queue.enqueue("run_note")
    both = asyncio.gather(queue.wait(receipt), events(queue, receipt), events(queue, receipt))
    await eventually(lambda: is_waited_for(redis))

    await hand.work(written="hello")

    result, first, second = await both
    assert result["written"] == "hello"
    assert [event.kind for event in first] == ["started", "done"]
    assert first == second


async def test_who_comes_later_makes_nobody_hear_a_thing_twice(
    queue: TaskQueue, hand: Hand, redis: Redis, eventually: Eventually
) -> None:
    receipt = await queue.enqueue("run_note")
    [claim] = await hand.claim()
    heard: list[str] = []

    async def follow() -> None:
        heard.extend([event.kind async for event in queue.job(receipt).events()])

    async def both_have_joined() -> bool:
        return len(await redis.keys("mindfleet:bell:*")) == 1

    first = asyncio.create_task(follow())
    await eventually(lambda: is_waited_for(redis))
    second = asyncio.create_task(events(queue, receipt))
    await eventually(both_have_joined)
    await eventually(lambda: is_waited_for(redis))
    await hand.finish(claim)

    await first
    assert heard == [event.kind for event in await second] == ["started", "done"]


async def test_the_stream_is_capped_and_gone_a_day_after_the_last_event(
    queue: TaskQueue, hand: Hand, redis: Redis
) -> None:
    receipt = await queue.enqueue("run_note")
    [claim] = await hand.claim()
    for number in range(400):
        await report(queue, claim, number, 400)
    await redis.pexpire(f"task:{receipt}:progress", 1_000_000)

    await report(queue, claim, 400, 400)

    assert 100 <= await redis.xlen(f"task:{receipt}:progress") <= 200
    assert DAY_MS - 60_000 < await redis.pttl(f"task:{receipt}:progress") <= DAY_MS


async def test_the_last_report_is_the_progress_even_after_the_end(queue: TaskQueue, hand: Hand) -> None:
    receipt = await queue.enqueue("run_note")
    assert await queue.job(receipt).progress() is None
    [claim] = await hand.claim()
    await report(queue, claim, 1, 3, "one")
    await report(queue, claim, 2, 3, "two")

    assert await queue.job(receipt).progress() == Progress(2, 3, "two")
    await hand.finish(claim)
    assert await queue.job(receipt).progress() == Progress(2, 3, "two")


async def test_a_worker_that_lost_the_job_tells_nothing_more(
    queue: TaskQueue, hand: Hand, caplog: pytest.LogCaptureFixture
) -> None:
    receipt = await queue.enqueue("run_note")
    [lost] = await hand.claim()
    await hand.settle((lost, later(0)))
    [claim] = await hand.claim()

    with caplog.at_level(logging.DEBUG):
        await report(queue, lost, 1, 2)
    assert await queue.job(receipt).progress() is None
    assert "no longer held here" in caplog.text
    await hand.finish(claim)
    await report(queue, claim, 2, 2)
    assert await queue.job(receipt).progress() is None


@pytest.mark.parametrize("place", ["$", "", "now", "1-x"])
async def test_what_is_no_place_is_refused(queue: TaskQueue, place: str) -> None:
    with pytest.raises(InvalidJob, match="no place in a stream"):
        await events(queue, "job", after=place)


async def test_the_next_job_of_that_name_has_a_stream_of_its_own(queue: TaskQueue, hand: Hand) -> None:
    receipt = await queue.enqueue("run_note", _job_id="nightly")
    await hand.work(run="first")
    await queue.enqueue("run_note", _job_id="nightly")
    await hand.work(run="second")

    told = await events(queue, receipt)

    assert [event.kind for event in told] == ["started", "done"]
    assert "second" in told[-1].fields["text"]
