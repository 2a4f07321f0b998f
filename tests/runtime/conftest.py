"""A Redis and a database of their own for what runs in a worker."""

from collections.abc import AsyncGenerator

import pytest
from redis.asyncio import Redis

from mindfleet import TaskQueue
from mindfleet.adapters.postgres import Database
from mindfleet.embedded.runfile import Stack
from mindfleet.settings import Settings
from tests.contracts.databases import migrated_database
from tests.runtime import laboured
from tests.runtime.desk import Desk
from tests.runtime.floor import Floor, floor_at
from tests.runtime.house import House


@pytest.fixture
async def redis(redis_url: str) -> AsyncGenerator[Redis]:
    """An empty Redis."""
    redis = Redis.from_url(redis_url)
    yield redis
    await redis.aclose()


@pytest.fixture(scope="session")
async def database(stack: Stack) -> AsyncGenerator[Database]:
    """With every migration."""
    async with migrated_database(stack.database_url) as url, await Database.open(url) as database:
        yield database


@pytest.fixture
async def floor(redis_url: str, redis: Redis) -> AsyncGenerator[Floor]:
    """A queue, and as many workers as a test wants."""
    async with floor_at(redis_url, redis) as floor:
        yield floor


@pytest.fixture
async def desk(redis: Redis) -> Desk:
    """The scripts, at times that a test says."""
    desk = Desk(redis)
    await desk.open()
    return desk


@pytest.fixture
async def house(redis_url: str, monkeypatch: pytest.MonkeyPatch) -> AsyncGenerator[House]:
    """A producer, and as many processes as a test wants."""
    monkeypatch.setattr(laboured, "URL", redis_url)
    async with (
        TaskQueue(redis_url, bot_name="juniper", settings=Settings(), tasks=laboured.TASKS) as queue,
        Redis.from_url(redis_url) as redis,
    ):
        yield House(redis_url, queue, redis)
