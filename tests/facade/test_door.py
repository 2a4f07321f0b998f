"""A producer keeps what PostgreSQL does not have yet, and sends it again when Redis has lost it."""

from collections.abc import AsyncGenerator
from uuid import uuid4

import pytest
from redis.asyncio import Redis

from mindfleet.door import Door
from mindfleet.entrants import Entrant
from tests.conftest import Eventually

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


def a_job(job_id: str) -> Entrant:
    return Entrant(job_id=job_id, queue=QUEUE, data=f'{{"n":"{uuid4()}"}}'.encode())


async def test_what_redis_lost_is_sent_again_each_time_that_it_loses_it(
    door: Door, redis: Redis, eventually: Eventually
) -> None:
    await door.let_in([a_job("kept")])

    for number in range(3):
        await redis.flushdb()
        await door.let_in([a_job(f"after loss {number}")])  # the first to come to the empty Redis

        async def is_back() -> bool:
            return bool(await redis.exists("arq:job:kept"))

        await eventually(is_back)
