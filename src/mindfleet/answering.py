"""Redis' silence and its errors, in the words of whoever calls the facade."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager

from redis.exceptions import RedisError

from mindfleet.closing import PoolClosed
from mindfleet.errors import QueueUnavailable

START_IT = "start it, for one by `./bot.sh start stack`, or set REDIS_URL"


@asynccontextmanager
async def answering(doing: str, limit: float, *, unknown: str = "") -> AsyncGenerator[None]:
    """Bound the time that a call may take, and say what a failure means.

    Args:
        doing: what is done, for the message.
        limit: seconds.
        unknown: what a call that may or may not have been carried out means.

    Raises:
        QueueUnavailable: Redis is away, or did not answer in time, or the queue was closed.
    """
    told = f", {unknown}" if unknown else ""
    try:
        async with asyncio.timeout(limit):
            yield
    except TimeoutError as error:
        raise QueueUnavailable(f"{doing}: Redis did not answer within {limit:g} s{told}") from error
    except PoolClosed as closed:
        raise QueueUnavailable(f"{doing}: the queue was closed meanwhile{told}") from closed
    except (RedisError, OSError) as error:
        raise QueueUnavailable(f"{doing}: Redis is away ({error}): {START_IT}") from error
