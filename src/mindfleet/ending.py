"""Ending tasks that would go on for ever."""

import asyncio
from typing import Any

AGAIN = 1.0
"""Seconds after which a task that goes on is cancelled once more."""


async def end(*tasks: "asyncio.Future[Any] | None") -> None:
    """Cancel them, and wait until they have ended, whatever becomes of them.

    Once is not enough. Up to Python 3.11 `asyncio.wait_for`, with which redis-py sends commands, drops a cancellation
    that comes at the moment at which they are sent; the task goes on, and whoever waited for its end would for ever.
    """
    going_on = {task for task in tasks if task}
    while going_on:
        for task in going_on:
            task.cancel()
        ended, going_on = await asyncio.wait(going_on, timeout=AGAIN)
        for task in ended:
            _ = task.cancelled() or task.exception()  # seen: nobody is to be told of it
