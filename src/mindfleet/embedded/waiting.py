"""Waiting for what nobody tells us about: other processes."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import timedelta
from inspect import isawaitable

SOON = timedelta(milliseconds=20)


async def until(condition: Callable[[], bool | Awaitable[bool]], *, every: timedelta = SOON) -> None:
    """Returns once the condition holds; asked again and again, for as long as it takes."""
    while not await _holds(condition):  # noqa: ASYNC110 - another process sets no event of ours
        await asyncio.sleep(every.total_seconds())


async def _holds(condition: Callable[[], bool | Awaitable[bool]]) -> bool:
    answer = condition()
    return await answer if isawaitable(answer) else answer
