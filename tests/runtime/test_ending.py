"""Whoever ends tasks has them end, though a cancellation may be dropped on its way."""

import asyncio
from contextlib import suppress

from mindfleet.ending import end


async def test_a_task_that_drops_a_cancellation_is_cancelled_once_more() -> None:
    async def go_on() -> None:
        with suppress(asyncio.CancelledError):
            await asyncio.Event().wait()
        await asyncio.Event().wait()

    task = asyncio.create_task(go_on())
    await asyncio.sleep(0)
    async with asyncio.timeout(10):
        await end(task)

    assert task.cancelled()


async def test_what_has_ended_or_fails_at_its_end_hinders_nobody() -> None:
    async def fail() -> None:
        try:
            await asyncio.Event().wait()
        finally:
            raise ValueError("at its end")

    async def do_nothing() -> None:
        pass

    failing, done = asyncio.create_task(fail()), asyncio.create_task(do_nothing())
    await asyncio.sleep(0)
    await end(failing, done, None)

    assert failing.done()
    assert not done.cancelled()
