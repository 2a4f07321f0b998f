"""Waiting until all is thought through, on a real Valkey."""

import asyncio
from collections.abc import AsyncGenerator, Awaitable
from datetime import UTC, datetime, timedelta
from typing import cast

import pytest
from redis.asyncio import Redis

from mindfleet.cli.demo import settling
from mindfleet.cli.demo.settling import Work, job_counts, settled
from mindfleet.cli.demo.stage import Cell
from mindfleet.cli.exits import CommandFailed
from mindfleet.errors import StoreUnavailable
from mindfleet.ports.conversations import Conversations
from mindfleet.queues import Queue
from mindfleet.runtime.outcomes import counts_key

pytestmark = pytest.mark.stack

LATER = datetime.now(UTC).timestamp() * 1000 + 3_600_000


class Gathering:
    """Transcripts with so many windows to be analysed, at each look; None: PostgreSQL is away."""

    def __init__(self, *windows: int | None) -> None:
        self._windows = list(windows)

    async def gathering(self) -> int:
        found = self._windows.pop(0) if len(self._windows) > 1 else self._windows[0]
        if found is None:
            raise StoreUnavailable("away")
        return found


def conversations(*windows: int | None) -> Conversations:
    return cast("Conversations", Gathering(*windows))


def came_up() -> Awaitable[object]:
    up: asyncio.Future[None] = asyncio.get_running_loop().create_future()
    up.set_result(None)
    return up


@pytest.fixture
async def redis(redis_url: str) -> AsyncGenerator[Redis]:
    redis = Redis.from_url(redis_url)
    yield redis
    await redis.aclose()


@pytest.fixture
async def cell() -> Cell:
    return Cell(came_up(), lambda: True)


async def wait(cell: Cell, redis: Redis, transcripts: Conversations) -> list[Work]:
    seen: list[Work] = []
    async with asyncio.timeout(10):
        await settled(cell, redis, transcripts, seen=seen.append)
    return seen


async def test_returns_when_nothing_waits(cell: Cell, redis: Redis) -> None:
    for outcome, jobs in (("done", 3), ("retried", 5), ("parked", 1)):
        await cast("Awaitable[int]", redis.hincrby(counts_key(Queue.SENSORY), outcome, jobs))
    assert await wait(cell, redis, conversations(0)) == [Work(ended=4, waiting=0)]
    assert (await job_counts(redis))[Queue.SENSORY] == {"done": 3, "retried": 5, "parked": 1}


async def test_waits_for_jobs_and_for_those_that_are_tried_again_later(cell: Cell, redis: Redis) -> None:
    await redis.zadd(Queue.SENSORY.value, {"ready": 0})
    await redis.zadd(Queue.COGNITION.value, {"a retry": LATER})
    waiting = asyncio.create_task(wait(cell, redis, conversations(0)))
    for queue, job in ((Queue.SENSORY, "ready"), (Queue.COGNITION, "a retry")):
        await asyncio.wait([waiting], timeout=0.2)
        assert not waiting.done()
        await redis.zrem(queue.value, job)
    seen = await waiting
    assert [work.waiting for work in (seen[0], seen[-1])] == [2, 0]


async def test_does_not_wait_for_timers_of_sessions(cell: Cell, redis: Redis) -> None:
    await redis.zadd(Queue.SENSORY.value, {"run_session_timeout:s": LATER})
    assert len(await wait(cell, redis, conversations(0))) == 1


async def test_waits_for_windows_that_are_still_gathering(cell: Cell, redis: Redis) -> None:
    await redis.zadd(Queue.SENSORY.value, {"run_window_analysis:w:timer": LATER})
    assert len(await wait(cell, redis, conversations(2, 1, 0))) == 3


async def test_does_not_wait_for_a_window_that_nothing_will_ever_analyse(cell: Cell, redis: Redis) -> None:
    assert len(await wait(cell, redis, conversations(1))) == 1


async def test_bears_it_when_postgresql_is_away_for_a_while(cell: Cell, redis: Redis) -> None:
    assert len(await wait(cell, redis, conversations(None, None, 0))) == 3


async def test_says_so_when_the_workers_do_not_stay_up(redis: Redis) -> None:
    await redis.zadd(Queue.SENSORY.value, {"ready": 0})
    with pytest.raises(CommandFailed, match="do not stay up"):
        await wait(Cell(came_up(), lambda: False), redis, conversations(0))


async def test_says_so_when_nothing_moves(cell: Cell, redis: Redis, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(settling, "PATIENCE", timedelta(seconds=0.1))
    await redis.zadd(Queue.SENSORY.value, {"stuck": 0})
    with pytest.raises(CommandFailed, match="1 wait"):
        await wait(cell, redis, conversations(0))
