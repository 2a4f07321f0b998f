"""A Redis that is away must not end what is done beside jobs."""

import asyncio
import logging
from collections.abc import Awaitable
from typing import Any

from redis.exceptions import RedisError, ResponseError

logger = logging.getLogger(__name__)

LONGEST = 5.0
"""Seconds for which Redis is waited for beside the exchange of jobs, which has a limit of its own."""

BETWEEN_TURNS = 1.0
"""Seconds for which Redis may keep an engine from its next turn, by which it finds out that a connection is dead."""


async def unless_away(doing: Awaitable[Any], within: float = LONGEST) -> Any:  # noqa: ANN401 - what it gives, or None
    """A Redis that is away, or hangs, is waited for elsewhere.

    Args:
        doing: is given up when it takes too long.
        within: seconds.
    """
    try:
        async with asyncio.timeout(within):
            return await doing
    except ResponseError as refused:
        logger.warning("Redis refuses what is done beside jobs: %s", refused)
    except (RedisError, OSError) as away:
        logger.debug("Redis is away: %s", away)
    return None
