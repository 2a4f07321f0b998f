"""A Redis that is away must not end what is done beside jobs."""

import asyncio
from collections.abc import Awaitable
from contextlib import suppress
from typing import Any

from redis.exceptions import RedisError

LONGEST = 5.0
"""Seconds for which Redis is waited for beside the exchange of jobs, which has a limit of its own."""


async def unless_away(doing: Awaitable[Any]) -> Any:  # noqa: ANN401 - what it gives, or None
    """A Redis that is away, or hangs, is waited for elsewhere."""
    with suppress(RedisError, OSError):
        async with asyncio.timeout(LONGEST):
            return await doing
    return None
