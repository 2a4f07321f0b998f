"""A producer keeps what PostgreSQL does not have yet, and sends it again when Redis has lost it."""

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Sequence
from dataclasses import replace
from typing import Any, cast
from uuid import uuid4

import pytest
from redis.asyncio import Redis
from redis.exceptions import ConnectionError as RedisConnectionError
from redis.exceptions import RedisError

from mindfleet import lua
from mindfleet.door import Door
from mindfleet.entrants import Entrant
from mindfleet.receipt import Receipt
from mindfleet.runtime.claims import End
from tests.conftest import Eventually
from tests.facade.wire import Wire, wire_to

QUEUE = "arq:cognition"


@pytest.fixture
async def redis(redis_url: str) -> AsyncGenerator[Redis]:
    async with Redis.from_url(redis_url) as redis:
        yield redis


@pytest.fixture
async def door(redis_url: str) -> AsyncGenerator[Door]:
    door = Door(Redis.from_url(redis_url), "mindfleet:results")
    yield door
    await door.close()


def a_job(job_id: str, lane: str = "") -> Entrant:
    return Entrant(job_id=job_id, queue=QUEUE, lane=lane, data=f'{{"n":"{uuid4()}"}}'.encode())


def a_trigger(job_id: str) -> Entrant:
    return replace(a_job(job_id), name="n", unique="done", merge="0:0")


async def test_what_redis_lost_is_sent_again_each_time_that_it_loses_it(
    door: Door, redis: Redis, eventually: Eventually
) -> None:
    await door.let_all_in([a_job("kept")])

    for number in range(3):
        await redis.flushdb()
        await door.let_all_in([a_job(f"after loss {number}")])  # the first to come to the empty Redis

        async def is_back() -> bool:
            return bool(await redis.exists("arq:job:kept"))

        await eventually(is_back)


async def test_data_that_are_lost_twice_within_a_millisecond_are_other_data_each_time(redis: Redis) -> None:
    epochs = []
    for _ in range(50):
        async with redis.pipeline(transaction=True) as both:
            both.flushdb()
            both.eval(lua.ENQUEUE.text, 0, "1795748000000", "0")
            epochs.append((await both.execute())[1][0])

    assert len(set(epochs)) == 50


async def test_an_enqueue_that_finds_other_data_has_the_lost_sent_again_at_once(
    door: Door, redis: Redis, eventually: Eventually, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Until then they would die with their producer."""
    monkeypatch.setattr("mindfleet.door.LOOKS_EVERY", 3600.0)
    await door.let_all_in([a_job("kept")])
    await redis.flushdb()
    await door.let_all_in([a_job("finds it")])

    async def is_back() -> bool:
        return bool(await redis.exists("arq:job:kept"))

    await eventually(is_back)


async def test_what_redis_lost_comes_back_before_what_follows_it_in_its_lane(door: Door, redis: Redis) -> None:
    first, other, second = a_job("first", "lane"), a_job("other"), a_job("second", "lane")
    await door.let_all_in([first, other])
    await redis.flushdb()

    [receipt] = await door.let_all_in([second])

    assert receipt.queued
    assert await redis.get("arq:job:first") == first.data
    assert await _place(redis, "first") < await _place(redis, "second")


async def test_what_redis_lost_is_due_when_it_was_first_accepted(door: Door, redis: Redis) -> None:
    await door.let_all_in([a_job("first", "lane")])
    due, _ = await _place(redis, "first")
    await redis.flushdb()

    await door.let_all_in([a_job("second", "lane")])

    assert (await _place(redis, "first"))[0] == due


async def test_a_restart_is_noticed_before_anything_is_let_in(door: Door, redis: Redis) -> None:
    """Its file has the epoch of before, and may lack the last second; scripts it has none."""
    await door.let_all_in([a_job("first", "lane")])
    await redis.flushdb()
    await redis.set("mindfleet:epoch", "before.1")
    door._unconfirmed.epoch = "before.1"
    await redis.script_flush()

    await door.let_all_in([a_job("second", "lane")])

    assert await _place(redis, "first") < await _place(redis, "second")


async def test_a_trigger_that_was_merged_is_sent_again_and_merged_again(
    door: Door, redis: Redis, eventually: Eventually
) -> None:
    first, trigger = a_trigger("first"), a_trigger("trigger")
    receipts = await door.let_all_in([first, trigger])
    assert [receipt.outcome for receipt in receipts] == ["queued", "merged"]
    assert receipts[1].entry > receipts[0].entry  # type: ignore[operator]  # both have one
    await redis.flushdb()
    await door.let_all_in([a_job("finds it")])

    async def is_back() -> bool:
        return bool(await redis.lrange("mindfleet:more:first", 0, -1) == [trigger.data])  # type: ignore[misc]

    await eventually(is_back)
    assert not await redis.exists("arq:job:trigger")


async def test_a_trigger_that_postgresql_has_is_kept_no_longer(
    door: Door, redis: Redis, eventually: Eventually
) -> None:
    await door.let_all_in([a_trigger("first"), a_trigger("trigger")])
    assert len(door._unconfirmed) == 2
    await redis.set("mindfleet:ledger:watermark", f"{2**50}-0")

    async def is_kept_no_longer() -> bool:
        return len(door._unconfirmed) == 0

    await eventually(is_kept_no_longer)


async def _place(redis: Redis, job_id: str) -> tuple[int, int]:
    due, number = await cast("Awaitable[list[bytes]]", redis.hmget(f"mindfleet:job:{job_id}", ["due", "seq"]))
    return int(due), int(number)


@pytest.fixture
async def deaf_door(redis_url: str) -> AsyncGenerator[tuple[Door, Wire]]:
    """A producer, and the wire between it and Redis."""
    async with wire_to(redis_url) as wire:
        door = Door(Redis.from_url(wire.url), "mindfleet:results")
        yield door, wire
        await door.close()


async def test_what_redis_took_without_a_word_is_kept_when_it_was_repeated(
    deaf_door: tuple[Door, Wire], redis: Redis, eventually: Eventually
) -> None:
    door, wire = deaf_door
    await door.let_all_in([a_job("before")])
    wire.is_cut = True
    with pytest.raises(RedisError):
        await door.let_all_in([a_job("unheard")])
    wire.is_cut = False
    (receipt,) = await door.let_all_in([a_job("unheard")])
    assert receipt.duplicate

    await redis.flushdb()

    async def is_back() -> bool:
        return bool(await redis.exists("arq:job:unheard"))

    await eventually(is_back)


async def test_a_job_that_ended_before_its_enqueue_was_repeated_is_not_run_again(
    door: Door, redis: Redis, monkeypatch: pytest.MonkeyPatch
) -> None:
    await lua.CLAIM(redis, QUEUE, "worker", 10, 4000, 0, 5, 0, 1, 0)
    together = lua.together

    async def unheard(*asked: Any, **more: Any) -> list[Any]:
        await together(*asked, **more)
        *_, [claim] = await lua.CLAIM(redis, QUEUE, "worker", 10, 4000, 0, 5, 0, 1, 0)
        done = End(outcome="done", result=b'{"r":1}', keep=60_000)
        await lua.SETTLE(redis, "worker", 1, 100, 1, *claim[:2], *done.arguments())
        raise RedisConnectionError("the answer was lost")

    monkeypatch.setattr(lua, "together", unheard)
    await door.let_in(a_job("quick"))

    assert not await redis.exists("arq:job:quick")


async def test_what_was_sent_again_needlessly_is_kept_still(door: Door, redis: Redis, eventually: Eventually) -> None:
    """Another epoch need not mean that anything was lost: after a restart Redis has what its file has."""
    await door.let_all_in([a_job("kept")])
    await redis.set("mindfleet:epoch", "another.1")

    async def is_sent_again() -> bool:
        return bool(await redis.get("mindfleet:epoch") != b"another.1")

    await eventually(is_sent_again)
    await door.let_all_in([a_job("makes it hear of it")])
    await redis.flushdb()

    async def is_back() -> bool:
        return bool(await redis.exists("arq:job:kept"))

    await eventually(is_back)


async def test_what_postgresql_has_is_kept_no_longer(door: Door, redis: Redis, eventually: Eventually) -> None:
    await door.let_all_in([a_job("kept")])
    await redis.set("mindfleet:epoch", "another.1")
    await door.let_all_in([a_job("makes it hear of it")])

    async def is_everything_placed() -> bool:
        await redis.xtrim("mindfleet:ledger", maxlen=0)
        await redis.set("mindfleet:ledger:watermark", f"{2**50}-0")
        return len(door._unconfirmed) == 0

    await eventually(is_everything_placed)


async def test_what_is_lost_once_more_while_it_is_sent_again_is_sent_again(
    door: Door, redis: Redis, eventually: Eventually, monkeypatch: pytest.MonkeyPatch
) -> None:
    await door.let_in(a_job("kept", lane="lane"))
    await redis.flushdb()
    send, send_again = door._send, door._send_again
    is_lost, is_let_in = asyncio.Event(), asyncio.Event()

    async def sends(entrants: Sequence[Entrant]) -> list[Receipt]:
        if len(entrants) == 1 and not is_lost.is_set():  # the second piece
            await redis.flushdb()
            is_lost.set()
        return await send(entrants)

    async def sends_again() -> None:
        await is_let_in.wait()
        await send_again()

    monkeypatch.setattr(door, "_send", sends)
    monkeypatch.setattr(door, "_send_again", sends_again)
    await door.let_all_in([a_job("new", lane="lane"), *(a_job(f"other-{number}") for number in range(99))])
    is_let_in.set()

    async def is_back() -> bool:
        return bool(await redis.exists("arq:job:kept"))

    await eventually(is_back)


async def test_whoever_closes_sends_again_first_what_redis_has_lost(redis: Redis, redis_url: str) -> None:
    door, job = Door(Redis.from_url(redis_url), "mindfleet:results"), a_job("kept")
    await door.let_in(job)
    await redis.flushdb()
    await door.close()

    assert await redis.get("arq:job:kept") == job.data
