"""What all tests share: one embedded stack a run, started when the first test needs it."""

import asyncio
import tempfile
from collections.abc import AsyncGenerator, Awaitable, Callable
from pathlib import Path

import pytest
from redis.asyncio import Redis

from mindfleet.embedded.runfile import Stack
from mindfleet.testing.stack import running_stack


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


Eventually = Callable[[Callable[[], Awaitable[bool]]], Awaitable[None]]


@pytest.fixture
def eventually() -> Eventually:
    """Waits until a condition holds, for at most 20 seconds."""

    async def wait(condition: Callable[[], Awaitable[bool]]) -> None:
        async with asyncio.timeout(20):
            while not await condition():  # noqa: ASYNC110 - what is waited for happens in another process
                await asyncio.sleep(0.02)

    return wait
