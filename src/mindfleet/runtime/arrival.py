"""Waits for the fleet's Redis before its first use: a worker may be started before the server, or while it is away."""

# pyright: reportUnknownMemberType=false
# The types that redis ships are not complete.

import asyncio
import logging
import random
from dataclasses import replace
from datetime import timedelta

from arq.connections import RedisSettings
from redis.asyncio.retry import Retry as RedisRetry
from redis.backoff import NoBackoff
from redis.exceptions import RedisError

from mindfleet.runtime.arq_client import client_of, close_client

FIRST = timedelta(milliseconds=100)
CAP = timedelta(seconds=5)
"""The first pause between two tries, and the longest; each is twice the one before, less up to half of it."""

ANSWERS_WITHIN = timedelta(seconds=2)

logger = logging.getLogger("arq.connections")  # what arq's command shows, which has set up the logs where we do not


async def until_redis_answers(where: RedisSettings) -> None:
    """Try for as long as it takes; says why it has to, once for each reason, and when that is over."""
    once = replace(where, conn_retries=0, retry=RedisRetry(NoBackoff(), 0), retry_on_error=[], retry_on_timeout=False)
    pause, said = FIRST, None
    while why := await _trouble(once):
        if why != said:
            logger.warning("Redis at %s does not answer (%s): trying again", place(where), why)
        said = why
        await asyncio.sleep((pause * (0.5 + 0.5 * random.random())).total_seconds())  # noqa: S311 - no secret
        pause = min(2 * pause, CAP)
    if said:
        logger.info("Redis at %s answers", place(where))


async def see_redis(where: RedisSettings) -> None:
    """Try as often as `where` says, as arq does.

    Raises:
        RedisError, OSError: why the last try failed.
    """
    left = where.conn_retries
    while True:
        try:
            await _ping(where)
        except (RedisError, OSError) as error:
            if left <= 0:
                raise
            logger.warning("Redis at %s does not answer (%s): %d more tries", place(where), error, left)
        else:
            return
        left -= 1
        await asyncio.sleep(where.conn_retry_delay)


def place(where: RedisSettings) -> str:
    """Where that is, without who one is there."""
    if where.unix_socket_path:
        return where.unix_socket_path
    if isinstance(where.host, str):
        return f"{where.host}:{where.port}"
    return ", ".join(f"{host}:{port}" for host, port in where.host)


async def _trouble(where: RedisSettings) -> str | None:
    try:
        async with asyncio.timeout(ANSWERS_WITHIN.total_seconds()):
            await _ping(where)
    except TimeoutError:
        return f"no answer within {ANSWERS_WITHIN.total_seconds():g} s"
    except (RedisError, OSError) as error:
        return str(error) or type(error).__name__
    return None


async def _ping(where: RedisSettings) -> None:
    client = client_of(where)
    try:
        await client.ping()
    finally:
        await close_client(client)
