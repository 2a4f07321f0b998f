"""Limits as the fake that is shipped, and in Redis with a connection for each worker."""

from collections.abc import AsyncGenerator, Callable

import pytest
from redis.asyncio import Redis

from mindfleet.adapters.limits.redis_limits import RedisLimits
from mindfleet.ports.limits import Limits
from mindfleet.testing.clock import FakeClock
from mindfleet.testing.limits import InMemoryLimits
from tests.limits.fleet import milliseconds


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture
async def worker(redis_url: str, clock: FakeClock) -> AsyncGenerator[Callable[..., RedisLimits]]:
    """Makes the limits of one worker, with a connection of its own; the scripts' time is the test's clock."""
    made: list[tuple[RedisLimits, Redis]] = []

    def make(**options: object) -> RedisLimits:
        redis = Redis.from_url(redis_url)
        fields = {"now": lambda: milliseconds(clock)} | options
        made.append((RedisLimits(redis, **fields), redis))  # type: ignore[arg-type]  # as RedisLimits takes them
        return made[-1][0]

    yield make
    for limits, redis in made:
        await limits.close()
        await redis.aclose()


@pytest.fixture(params=["fake", pytest.param("redis", marks=pytest.mark.stack)])
def limits(request: pytest.FixtureRequest, clock: FakeClock) -> Limits:
    if request.param == "fake":
        return InMemoryLimits(clock)
    make: Callable[..., RedisLimits] = request.getfixturevalue("worker")
    return make()
