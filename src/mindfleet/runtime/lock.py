"""One process at a time: a lock in Redis that its owner renews, and that is free seconds after its owner died."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager, suppress
from datetime import timedelta

from redis.asyncio import Redis
from redis.exceptions import RedisError

from mindfleet.ending import end
from mindfleet.lua import LOCK, UNLOCK

LEASE = timedelta(seconds=3)

LOOK = timedelta(milliseconds=200)
"""How often one that waits looks."""


@asynccontextmanager
async def holding(redis: Redis, name: str, owner: str, *, lease: timedelta = LEASE) -> AsyncGenerator[None]:
    """Wait for the lock, and hold it for the block.

    It keeps others from doing the same work at once, no more: what the block does must be right even when its process
    was paused for longer than the lease and another has begun.

    Args:
        redis: where the lock is.
        name: of the lock; a key.
        owner: names this process, and no other ever.
        lease: for how long it stays with an owner that says nothing.
    """
    ms = int(lease.total_seconds() * 1000)
    while await LOCK(redis, name, owner, ms) != 1:  # noqa: ASYNC110 - another process has it
        await asyncio.sleep(LOOK.total_seconds())
    renewing = asyncio.create_task(_renew(redis, name, owner, ms))
    try:
        yield
    finally:
        await end(renewing)
        with suppress(RedisError, OSError):
            async with asyncio.timeout(lease.total_seconds()):  # then it is free by itself
                await UNLOCK(redis, name, owner)


async def _renew(redis: Redis, name: str, owner: str, ms: int) -> None:
    while True:
        await asyncio.sleep(ms / 3000)
        with suppress(RedisError, OSError):
            await LOCK(redis, name, owner, ms)
