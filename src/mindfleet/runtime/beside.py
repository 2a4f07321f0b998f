"""Endless work beside other work."""

import asyncio
import logging
from collections.abc import AsyncGenerator, Awaitable
from contextlib import asynccontextmanager

from mindfleet.ending import end

logger = logging.getLogger(__name__)


@asynccontextmanager
async def beside(*work: Awaitable[None]) -> AsyncGenerator[None]:
    """Have endless work done as long as the block lasts."""
    tasks = [asyncio.ensure_future(each) for each in work]
    for task in tasks:
        task.add_done_callback(_tell_of_death)
    try:
        yield
    finally:
        await end(*tasks)


def _tell_of_death(task: "asyncio.Future[None]") -> None:
    if not task.cancelled() and (error := task.exception()):
        logger.critical("what was to be done for ever has ended, restart this worker", exc_info=error)
