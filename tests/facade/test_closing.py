"""A queue that is closed leaves no connection behind, whatever was under way."""

import asyncio
import gc
from collections.abc import AsyncGenerator

import pytest
from redis.asyncio import Redis

from mindfleet import QueueUnavailable, Receipt, TaskQueue
from mindfleet.settings import Settings
from tests.conftest import Eventually
from tests.private_redis import PrivateRedis

pytestmark = pytest.mark.stack

TURNS = (1, 2, 4, 7, 12, 20, 50)
"""Of the loop, after which it is closed: while it connects, while it logs in, and while Redis works."""


@pytest.fixture
async def redis(server: PrivateRedis) -> AsyncGenerator[Redis]:
    async with Redis.from_url(server.url) as redis:
        yield redis


def _calls(queue: TaskQueue) -> "list[asyncio.Task[Receipt]]":
    return [asyncio.create_task(queue.enqueue_reflection(f"user{number}", "juniper")) for number in range(3)]


@pytest.mark.parametrize("is_connected", [False, True], ids=["at its first use", "once it is connected"])
@pytest.mark.parametrize("turns", TURNS)
async def test_what_is_under_way_when_it_is_closed_is_answered_and_opens_no_connection(
    server: PrivateRedis, redis: Redis, eventually: Eventually, *, turns: int, is_connected: bool
) -> None:
    async def only_one_is_left() -> bool:
        return len(await redis.client_list()) == 1

    queue = TaskQueue(server.url, settings=Settings())
    if is_connected:
        await queue.connect()
        await queue.enqueue_reflection("ana", "juniper")
    calls = _calls(queue)
    for _ in range(turns):
        await asyncio.sleep(0)
    await queue.close()

    assert all(isinstance(told, Receipt) for told in await asyncio.gather(*calls))
    gc.collect()
    await eventually(only_one_is_left)
    assert not [task for task in asyncio.all_tasks() if "PostgreSQL" in task.get_name()]


async def test_what_was_enqueued_on_a_loop_that_has_ended_is_sent_again_from_the_next(
    server: PrivateRedis, redis: Redis
) -> None:
    queue = TaskQueue(server.url, settings=Settings())

    async def enqueue(user: str) -> Receipt:
        try:
            return await queue.enqueue_reflection(user, "juniper")
        finally:
            await queue.close()

    first = await asyncio.to_thread(asyncio.run, enqueue("ana"))
    await redis.flushall()
    await asyncio.to_thread(asyncio.run, enqueue("ben"))

    assert await redis.exists(f"arq:job:{first}")


async def test_what_a_redis_that_hangs_does_not_answer_fails_soon_when_it_is_closed(server: PrivateRedis) -> None:
    queue = TaskQueue(server.url, settings=Settings.model_validate({"queue": {"enqueue_timeout": 20}}))
    await queue.enqueue_reflection("ana", "juniper")
    server.pause()
    try:
        calls = _calls(queue)
        await asyncio.sleep(0.05)
        async with asyncio.timeout(5):
            await queue.close()
            for told in await asyncio.gather(*calls, return_exceptions=True):
                assert isinstance(told, QueueUnavailable)
                assert "the queue was closed" in str(told)
    finally:
        server.go_on()
