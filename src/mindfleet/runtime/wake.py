"""Being woken: what Redis publishes for a worker."""

# pyright: reportUnknownVariableType=false, reportUnknownMemberType=false
# The types that redis ships are not complete.

import asyncio
import logging
from collections.abc import Callable, Mapping
from typing import Any, cast

from redis.asyncio import Redis
from redis.asyncio.client import PubSub
from redis.exceptions import NoPermissionError, RedisError

CANCEL = "mindfleet:cancel"
RELEASED = "mindfleet:released"

QUIET = 10.0
"""Seconds without a message after which the connection is looked after."""

DENIED_FOR = 600.0
"""Seconds after which a user who may not listen tries again."""

DENIED = "%s, so that jobs are found at ticks only; let this user of Redis have the channels &mindfleet:*"

PATIENCE = 3.0
"""Seconds within which Redis must say something when it is asked to; a connection may be dead without saying so."""

LOOKS = 4

logger = logging.getLogger(__name__)

Hear = Callable[[str], None]


def wake_channel(queue: str) -> str:
    """Where it is said that a job of the queue can be started."""
    return f"mindfleet:wake:{queue}"


async def listen(redis: Redis, ears: Mapping[str, Hear], *, deafened: Callable[[], None]) -> None:
    """Call the ear of each channel with what is said there; for ever, through every loss of Redis.

    Args:
        redis: whose pool lends one connection.
        ears: what to call with each message, by channel.
        deafened: called whenever messages may have been missed.
    """
    while True:
        try:
            async with redis.pubsub() as heard:
                await heard.subscribe(*ears)
                deafened()
                while True:
                    said = await _next(heard)
                    if said["type"] == "message":
                        message = cast("dict[str, bytes]", said)
                        ears[message["channel"].decode()](message["data"].decode(errors="replace"))
        except NoPermissionError as denied:
            logger.warning(DENIED, denied)
            await asyncio.sleep(DENIED_FOR)
        except (RedisError, OSError) as lost:
            logger.debug("not listening: %s", lost)
            await asyncio.sleep(0.2)


async def _next(heard: PubSub) -> Mapping[str, Any]:
    """What is said next; after a while in which nothing is, Redis is asked to say something.

    Raises:
        TimeoutError: it does not, and may have lost us.
    """
    said = await heard.get_message(timeout=QUIET)
    if said is None:
        await heard.ping()
        said = await heard.get_message(timeout=PATIENCE)
    if said is None:
        raise TimeoutError("Redis does not say that it still tells us of jobs")
    return cast("Mapping[str, Any]", said)


async def is_heard(redis: Redis, channel: str) -> bool:
    """Whether anybody listens there; one that has just left may still be counted, so a second look is taken."""
    for look in range(LOOKS):
        [(_, listeners)] = await redis.pubsub_numsub(channel)
        if not listeners:
            return False
        await asyncio.sleep(0.02 * look)
    return True
