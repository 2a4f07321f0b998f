"""A Valkey of our own that can be killed and come back, a producer, and a worker made by hand."""

import tempfile
from collections.abc import AsyncGenerator
from pathlib import Path

import pytest
from redis.asyncio import Redis

from mindfleet import TaskQueue
from mindfleet.embedded.ports import pick
from mindfleet.settings import Settings
from tests.jobs.hand import TASKS, Hand
from tests.jobs.server import Server


@pytest.fixture(scope="session")
async def valkey() -> AsyncGenerator[Server]:
    with tempfile.TemporaryDirectory(prefix="mindfleet-") as home:
        server = Server(Path(home), pick(1)[0])
        await server.start()
        yield server
        await server.kill()


@pytest.fixture
async def redis(valkey: Server) -> AsyncGenerator[Redis]:
    async with Redis.from_url(valkey.url) as redis:
        await redis.flushall()
        yield redis


@pytest.fixture
async def queue(redis: Redis, valkey: Server) -> AsyncGenerator[TaskQueue]:
    async with TaskQueue(valkey.url, bot_name="juniper", settings=Settings(), tasks=TASKS) as queue:
        yield queue


@pytest.fixture
async def hand(redis: Redis) -> Hand:
    """A worker of the queue `sensory`; it has signed in."""
    hand = Hand(redis)
    assert await hand.claim(0) == []
    return hand
