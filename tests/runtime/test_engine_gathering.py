"""Triggers that are gathered in one run: none in one that shall end or comes too early, and none is dropped as late."""

from datetime import UTC, datetime, timedelta

import pytest
from redis.asyncio import Redis

from tests.runtime.desk import QUEUE, START, Desk

pytestmark = pytest.mark.stack

GATHERED = {"name": "n", "unique": "done", "merge": "1000:5000"}


def at(ms: int) -> datetime:
    return datetime.fromtimestamp(START / 1000, UTC) + timedelta(milliseconds=ms)


async def done_by_a_stock_worker(redis: Redis, job_id: str) -> None:
    await redis.delete(f"arq:job:{job_id}")
    await redis.zrem(QUEUE, job_id)


async def test_no_run_whose_end_is_asked_for_takes_up_a_trigger(desk: Desk) -> None:
    await desk.put("a", **GATHERED)
    desk.now += 1001
    [a] = await desk.claim()
    await desk.cancel("a")
    await desk.hand_back(a)

    assert await desk.put("b", **GATHERED) == "queued"
    [a] = await desk.claim()
    assert (a.wish, a.merged) == ("cancelled", ())


async def test_no_run_that_an_older_version_enqueued_takes_up_a_trigger(desk: Desk) -> None:
    """Its task merged nothing then, and its worker would be told of none."""
    await desk.put("a", name="n", unique="done", due=at(5000))

    assert await desk.put("b", **GATHERED) == "queued"


async def test_no_run_takes_up_a_trigger_whose_time_is_later(desk: Desk) -> None:
    await desk.put("a", **GATHERED)
    assert await desk.put("later", **GATHERED, due=at(60_000), data=b"later") == "queued"
    assert await desk.put("later", **GATHERED, due=at(60_000), data=b"later") == "queued"  # its answer was lost
    assert await desk.put("b", **GATHERED, due=at(1000)) == "merged"  # the name is where it was

    desk.now += 1001
    [a] = await desk.claim()
    assert (a.job_id, a.merged) == ("a", (b"b",))
    await desk.settle(a)
    desk.now += 59_000
    assert await desk.started() == ["later"]


async def test_a_repeated_trigger_that_runs_by_itself_is_not_taken_up_too(desk: Desk) -> None:
    await desk.put("a", **GATHERED)
    about = {**GATHERED, "due": at(3000), "data": b"later"}
    assert await desk.put("later", **about) == "queued"

    desk.now += 2500
    assert await desk.put("later", **about) == "queued"
    [a] = await desk.claim()
    assert a.merged == ()


async def test_a_run_that_waits_for_triggers_is_worth_starting_for_as_long_as_from_its_due_time(desk: Desk) -> None:
    await desk.put("a", **GATHERED, deadline=at(500))
    desk.now += 1001

    [a] = await desk.claim()
    assert a.deadline == START + 1500


@pytest.mark.parametrize(("worth", "until"), [(600, START + 2500), (10_000, START + 11_900), (None, None)])
async def test_a_run_is_worth_starting_for_as_long_as_any_trigger_in_it(
    desk: Desk, worth: int | None, until: int | None
) -> None:
    await desk.put("a", **GATHERED, deadline=at(600))
    desk.now += 900
    await desk.put("b", **GATHERED, deadline=None if worth is None else at(900 + worth))
    desk.now += 1001

    [a] = await desk.claim()
    assert a.deadline == until


async def test_a_trigger_that_comes_after_the_deadline_is_not_dropped_with_its_run(desk: Desk) -> None:
    """It waited behind another one of its lane, say."""
    await desk.put("first", lane="l")
    [first] = await desk.claim()
    await desk.put("a", **GATHERED, lane="l", deadline=at(500))
    desk.now += 4000
    await desk.claim()
    await desk.put("b", **GATHERED, lane="l", deadline=at(4600))
    await desk.settle(first)

    [a] = await desk.claim()
    assert a.deadline == START + 4600
    assert a.merged == (b"b",)


async def test_where_stock_workers_are_no_run_takes_up_a_trigger(redis: Redis) -> None:
    """They would do that job, and know of no other payload."""
    desk = Desk(redis)
    await redis.set(f"{QUEUE}:health-check", "of arq's own worker")
    await desk.put("a", **GATHERED)
    assert await desk.put("b", **GATHERED) == "queued"

    await desk.open()
    assert await desk.put("c", **GATHERED) == "merged"  # ours write that, too


async def test_before_any_worker_has_been_there_a_run_takes_up_triggers(redis: Redis) -> None:
    desk = Desk(redis)
    await desk.put("a", **GATHERED)

    assert await desk.put("b", **GATHERED) == "merged"


@pytest.mark.parametrize("about", [GATHERED, {"name": "n", "unique": "done"}, {"name": "n", "unique": "started"}])
async def test_what_a_stock_worker_has_done_holds_no_name(redis: Redis, about: dict[str, str]) -> None:
    desk = Desk(redis)
    await desk.put("a", **about)
    await done_by_a_stock_worker(redis, "a")
    await desk.open()

    assert await desk.put("b", **about) == "queued"


async def test_what_a_stock_worker_has_done_keeps_the_name_for_its_time(redis: Redis) -> None:
    desk = Desk(redis)
    await desk.put("a", name="n", unique="60000")
    await done_by_a_stock_worker(redis, "a")

    assert await desk.put("b", name="n", unique="60000") == "duplicate"


async def test_what_a_stock_worker_has_done_leaves_nothing_to_the_next_of_its_id(redis: Redis) -> None:
    desk = Desk(redis)
    await desk.put("a", deadline=at(1000))
    await done_by_a_stock_worker(redis, "a")
    await desk.open()
    desk.now += 5000

    await desk.put("a")
    [a] = await desk.claim()
    assert a.deadline is None
    assert await redis.pttl("mindfleet:job:a") == -1


async def test_a_time_before_1970_is_past_where_no_worker_has_been_yet(redis: Redis) -> None:
    desk = Desk(redis)
    await desk.put("a", due=datetime(1960, 1, 1, tzinfo=UTC))
    await desk.open()

    assert await desk.started() == ["a"]
