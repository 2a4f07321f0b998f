"""Waiting for what nobody tells us about: other processes."""

import asyncio
from collections.abc import Awaitable, Callable
from inspect import isawaitable

_EVERY = 0.02
"""Seconds."""


async def until(condition: Callable[[], bool | Awaitable[bool]]) -> None:
    """Returns once the condition holds; asked 50 times a second, for as long as it takes."""
    while not await _holds(condition):  # noqa: ASYNC110 - another process sets no event of ours
        await asyncio.sleep(_EVERY)


async def _holds(condition: Callable[[], bool | Awaitable[bool]]) -> bool:
    answer = condition()
    return await answer if isawaitable(answer) else answer
