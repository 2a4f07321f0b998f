"""What all tests share: one embedded stack a run, started when the first test needs it."""

import asyncio
import tempfile
from collections.abc import AsyncGenerator, Awaitable, Callable, Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings
from redis.asyncio import Redis

from mindfleet.embedded.runfile import Stack
from mindfleet.testing.stack import running_stack
from tests.kept_logging import changed_since, ways_of_logging
from tests.private_redis import PrivateRedis, private_redis

settings.register_profile("any machine", suppress_health_check=[HealthCheck.too_slow], deadline=None)
settings.load_profile("any machine")  # how long an example takes says how busy it is

BEFORE_ALL = {name: way for name, way in ways_of_logging().items() if name in ("root", "all")}


def pytest_collection_finish() -> None:
    """To be imported is to change nothing for others."""
    if changed := changed_since(BEFORE_ALL):
        raise pytest.UsageError(f"a test file, or what it imports, leaves logging changed for all others: {changed}")


@pytest.fixture(autouse=True)
def logging_stays_as_it_is() -> Iterator[None]:
    """A test that changes it for those after it fails."""
    before = ways_of_logging()
    yield
    changed = changed_since(before)
    assert not changed, f"this test leaves logging changed for those after it: {changed}"


@pytest.fixture(scope="session")
async def stack() -> AsyncGenerator[Stack]:
    """Valkey, PostgreSQL and the Bolt server, with their addresses."""
    with tempfile.TemporaryDirectory(prefix="mindfleet-") as home:
        async with running_stack(Path(home)) as running:
            yield running


@pytest.fixture
async def redis_url(stack: Stack) -> AsyncGenerator[str]:
    """An empty database of Redis."""
    url = stack.redis_url.removesuffix("/0") + "/9"
    redis = Redis.from_url(url)
    await redis.flushdb()
    yield url
    await redis.flushdb()
    await redis.aclose()


@pytest.fixture
async def server(tmp_path: Path) -> AsyncGenerator[PrivateRedis]:
    """A Redis of a test's own, to be stopped, killed and restarted."""
    async with private_redis(tmp_path) as server:
        yield server


Eventually = Callable[[Callable[[], Awaitable[bool]]], Awaitable[None]]


@pytest.fixture
def eventually() -> Eventually:
    """Waits until a condition holds, for at most 20 seconds."""

    async def wait(condition: Callable[[], Awaitable[bool]]) -> None:
        async with asyncio.timeout(20):
            while not await condition():  # noqa: ASYNC110 - what is waited for happens in another process
                await asyncio.sleep(0.02)

    return wait
