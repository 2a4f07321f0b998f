"""Heartbeats on a real Redis: who lives is listed, who died is gone, and nobody deletes another's."""

import asyncio
import logging
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import AbstractAsyncContextManager
from datetime import UTC, datetime, timedelta

import pytest
from redis.asyncio import Redis

from mindfleet.observe.heartbeat import INDEX, PREFIX, Birth, heartbeat, workers
from mindfleet.queues import Queue
from mindfleet.testing.clock import FakeClock
from mindfleet.vitals import Vitals
from tests.adapters.cut_wire import wire_to

pytestmark = pytest.mark.stack

Eventually = Callable[[Callable[[], Awaitable[bool]]], Awaitable[None]]

NOW = datetime(2026, 3, 2, 18, tzinfo=UTC)
OFTEN = timedelta(milliseconds=50)


@pytest.fixture
async def redis(redis_url: str) -> AsyncGenerator[Redis]:
    async with Redis.from_url(redis_url) as redis:
        yield redis


def beating(
    redis: Redis,
    name: str,
    *,
    vitals: Vitals | None = None,
    every: timedelta = OFTEN,
    holds_for: timedelta = timedelta(seconds=15),
) -> AbstractAsyncContextManager[None]:
    birth = Birth(host="here", pid=7, version="1.2.3", started_at=NOW, health="http://127.0.0.1:1")
    vitals = vitals or Vitals(name, {Queue.COGNITION: 5, Queue.SOCIAL: 10})
    return heartbeat(redis, vitals, birth, clock=FakeClock(NOW), every=every, holds_for=holds_for)


async def names(redis: Redis) -> list[str]:
    return [info.worker_id for info in await workers(redis)]


async def test_a_heartbeat_tells_all_of_its_process(redis: Redis) -> None:
    vitals = Vitals("w1-cell", {Queue.COGNITION: 5, Queue.SOCIAL: 10})
    vitals.queue(Queue.COGNITION).claimed(4)
    vitals.queue(Queue.COGNITION).settled()
    vitals.queue(Queue.COGNITION).settled(failed=True)
    vitals.ticked(0.25)

    async with beating(redis, "w1-cell", vitals=vitals):
        [info] = await workers(redis)

    assert info.model_dump() == {
        "worker_id": "w1-cell",
        "timestamp": NOW,
        "queues": ("cognition", "social"),
        "slots": 15,
        "active_tasks": 2,
        "tasks_processed": 2,
        "tasks_failed": 1,
        "loop_lag_seconds": 0.25,
        "version": "1.2.3",
        "host": "here",
        "pid": 7,
        "started_at": NOW,
        "draining": False,
        "health": "http://127.0.0.1:1",
    }


async def test_a_heartbeat_is_gone_fifteen_seconds_after_the_last(redis: Redis) -> None:
    async with beating(redis, "w1-cell"):
        assert 14_000 < await redis.pttl(PREFIX + "w1-cell") <= 15_000
        score = await redis.zscore(INDEX, "w1-cell")
        seconds, _ = await redis.time()
        assert score is not None
        assert 13 <= score / 1000 - seconds <= 16


async def test_each_heartbeat_tells_anew(redis: Redis, eventually: Eventually) -> None:
    vitals = Vitals("w1-cell", {Queue.COGNITION: 5})

    async def draining() -> bool:
        return [info.draining for info in await workers(redis)] == [True]

    async with beating(redis, "w1-cell", vitals=vitals):
        vitals.drains()
        await eventually(draining)


async def test_whoever_died_is_listed_no_more(redis: Redis, eventually: Eventually) -> None:
    dead = beating(redis, "dead", every=timedelta(hours=1), holds_for=timedelta(milliseconds=300))
    await dead.__aenter__()

    async def only_the_living() -> bool:
        return await names(redis) == ["living"]

    try:
        async with beating(redis, "living"):
            assert await names(redis) == ["dead", "living"]
            await eventually(only_the_living)
            assert await redis.zrange(INDEX, 0, -1) == [b"living"]
            assert not await redis.exists(PREFIX + "dead")
    finally:
        await dead.__aexit__(None, None, None)


async def test_its_end_takes_its_own_heartbeat_back_and_no_other(redis: Redis) -> None:
    async with beating(redis, "one"):
        async with beating(redis, "two"):
            assert await names(redis) == ["one", "two"]
        assert await names(redis) == ["one"]
    assert await names(redis) == []
    assert await redis.keys("*") == []


async def test_two_processes_of_one_name_are_two_and_the_end_of_one_is_not_the_others(redis: Redis) -> None:
    async with beating(redis, "w1-cell"):
        before = await redis.hget(PREFIX + "w1-cell", "owner")  # type: ignore[misc]  # half typed there
        async with beating(redis, "w1-cell"):
            first, second = await names(redis)
            assert first == "w1-cell"
            assert second.startswith("w1-cell~")
        assert await names(redis) == ["w1-cell"]
        assert await redis.hget(PREFIX + "w1-cell", "owner") == before  # type: ignore[misc]


async def test_the_second_of_a_name_has_it_alone_once_the_first_has_ended(
    redis: Redis, eventually: Eventually, caplog: pytest.LogCaptureFixture
) -> None:
    first = beating(redis, "w1-cell")
    await first.__aenter__()

    async def alone() -> bool:
        return await names(redis) == ["w1-cell"]

    with caplog.at_level(logging.WARNING):
        async with beating(redis, "w1-cell"):
            assert len(await names(redis)) == 2
            await first.__aexit__(None, None, None)
            await eventually(alone)
            assert await redis.zcard(INDEX) == 1
        assert await redis.keys("*") == []
    assert caplog.text.count("another process calls itself w1-cell") == 1


async def test_a_redis_that_is_away_costs_heartbeats_and_nothing_else(
    redis_url: str, redis: Redis, eventually: Eventually, caplog: pytest.LogCaptureFixture
) -> None:
    async def listed() -> bool:
        return await names(redis) == ["w1-cell"]

    async def not_listed() -> bool:
        return not await listed()

    async def said() -> bool:
        return "no heartbeat" in caplog.text

    async with wire_to(redis_url) as wire, Redis.from_url(wire.url) as away:
        await wire.cut()
        with caplog.at_level(logging.WARNING):
            async with beating(away, "w1-cell"):
                await eventually(said)
                await wire.mend()
                await eventually(listed)
                await redis.flushdb()
                await eventually(listed)
                await wire.cut()
    assert await not_listed() or await redis.pttl(PREFIX + "w1-cell") > 0


async def test_what_is_no_heartbeat_is_said_and_left_out(redis: Redis, caplog: pytest.LogCaptureFixture) -> None:
    async with beating(redis, "w1-cell"):
        seconds, _ = await redis.time()
        await redis.zadd(INDEX, {"strange": seconds * 1000 + 60_000, "nothing": seconds * 1000 + 60_000})
        await redis.hset(PREFIX + "strange", "told", "{}")  # type: ignore[misc]  # half typed there
        with caplog.at_level(logging.WARNING):
            assert await names(redis) == ["w1-cell"]
    assert "the heartbeat of strange cannot be read" in caplog.text


async def test_the_list_is_read_without_looking_for_keys(redis: Redis) -> None:
    async with beating(redis, "w1-cell", every=timedelta(hours=1)):
        await redis.config_resetstat()
        await workers(redis)
        used = await redis.info("commandstats")
    assert {"cmdstat_scan", "cmdstat_keys"}.isdisjoint(used)


async def test_a_heartbeat_of_a_cancelled_process_is_taken_back(redis: Redis, eventually: Eventually) -> None:
    async def live() -> None:
        async with beating(redis, "w1-cell"):
            await asyncio.Event().wait()

    async def listed() -> bool:
        return await names(redis) == ["w1-cell"]

    living = asyncio.create_task(live())
    await eventually(listed)
    living.cancel()
    await asyncio.wait([living])
    assert await names(redis) == []
