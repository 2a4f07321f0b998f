"""A Redis that is away must not end what is done beside jobs."""

import asyncio
import logging
from collections.abc import Awaitable
from typing import Any

from redis.exceptions import RedisError, ResponseError

logger = logging.getLogger(__name__)

LONGEST = 5.0
"""Seconds for which Redis is waited for beside the exchange of jobs, which has a limit of its own."""


async def unless_away(doing: Awaitable[Any]) -> Any:  # noqa: ANN401 - what it gives, or None
    """A Redis that is away, or hangs, is waited for elsewhere."""
    try:
        async with asyncio.timeout(LONGEST):
            return await doing
    except ResponseError as refused:
        logger.warning("Redis refuses what is done beside jobs: %s", refused)
    except (RedisError, OSError) as away:
        logger.debug("Redis is away: %s", away)
    return None
