"""What watches a worker process from within: the pulse of its loop, its stores, and what waits in its queues.

None of it ends the process: an error of a probe is a sign like any other.
"""

import asyncio
import logging
from collections.abc import AsyncGenerator, Awaitable, Callable, Coroutine, Mapping
from contextlib import asynccontextmanager
from datetime import timedelta
from functools import partial
from importlib.resources import files
from typing import TypeVar, cast

from redis.asyncio import Redis

from mindfleet.ending import end
from mindfleet.queues import Queue
from mindfleet.vitals import TICK, Vitals

R = TypeVar("R")

PROBE_EVERY = timedelta(seconds=5)

PROBE = "mindfleet:probe"

STORE_ANSWERS_WITHIN = timedelta(seconds=3)
"""What a store may take for a question that costs it nothing."""

LOOK_EVERY = timedelta(seconds=5)

Ping = Callable[[], Awaitable[object]]
"""Asks a store something that costs it nothing; raises when it does not answer."""

Backlog = Callable[[Queue], Awaitable[int]]
"""Counts the jobs of a queue that a claim would find now."""

logger = logging.getLogger(__name__)


@asynccontextmanager
async def in_background(*watches: Coroutine[None, None, None]) -> AsyncGenerator[None]:
    """Run them beside the body, and end them with it; one that fails says so in the log and ends alone."""
    running = [asyncio.create_task(watch) for watch in watches]
    for task in running:
        task.add_done_callback(_say_if_it_failed)
    try:
        yield
    finally:
        await end(*running)


async def watch_loop(vitals: Vitals) -> None:
    """Tick four times a second, for as long as the loop lets it, and say how late each tick was."""
    loop = asyncio.get_running_loop()
    while True:
        due = loop.time() + TICK
        await asyncio.sleep(TICK)
        vitals.ticked(max(0.0, loop.time() - due))


async def watch_stores(vitals: Vitals, stores: Mapping[str, Ping], *, every: timedelta = PROBE_EVERY) -> None:
    """Ask every store again and again, all at once, each for a bounded time; the first time after a pause."""
    while True:
        await asyncio.sleep(every.total_seconds())
        await probe(vitals, stores)


async def probe(vitals: Vitals, stores: Mapping[str, Ping], *, within: timedelta = STORE_ANSWERS_WITHIN) -> None:
    """Ask every store once."""
    asked = (_answer(ping, within) for ping in stores.values())
    before = vitals.signs().stores
    for name, answer in zip(stores, await asyncio.gather(*asked, return_exceptions=True), strict=True):
        lost = _in_words(answer, within) if isinstance(answer, BaseException) else None
        if (lost is None) != (before.get(name) is None):
            logger.warning("%s is lost: %s", name, str(answer) or lost) if lost else logger.info(
                "%s answers again", name
            )
        vitals.store(name, lost=lost)


async def watch_queues(
    vitals: Vitals, backlog: Callable[[Queue], Awaitable[int]], *, every: timedelta = LOOK_EVERY
) -> None:
    """Look into the queues past the engine, so that an engine that hangs is noticed.

    Args:
        vitals: what is seen is written here.
        backlog: see `backlog_of`.
        every: between two looks.
    """
    while True:
        for queue in vitals.queues:
            look = _answer(partial(backlog, queue), STORE_ANSWERS_WITHIN)
            [ready] = await asyncio.gather(look, return_exceptions=True)
            vitals.queue(queue).seen(ready=0 if isinstance(ready, BaseException) else ready)
        await asyncio.sleep(every.total_seconds())


def backlog_of(redis: Redis) -> Backlog:
    """Ready jobs, and those whose time has come."""
    script = redis.register_script(files("mindfleet.observe").joinpath("backlog.lua").read_text(encoding="utf-8"))

    async def count(queue: Queue) -> int:
        return cast("int", await script(keys=[f"mindfleet:ready:{queue}", queue.value]))

    return count


def ping_of(redis: Redis) -> Ping:
    """Has Redis write next to nothing: one that is read-only, or full, answers and takes no job all the same."""

    async def ping() -> None:
        await redis.set(PROBE, 1, px=PROBE_EVERY)

    return ping


async def _answer(ask: Callable[[], Awaitable[R]], within: timedelta) -> R:
    async with asyncio.timeout(within.total_seconds()):
        return await ask()


def _in_words(error: BaseException, within: timedelta) -> str:
    """Without addresses: what it was, or what was behind what it was."""
    if isinstance(error, TimeoutError):
        return f"no answer within {within.total_seconds():g} s"
    return type(error.__cause__ or error).__name__


def _say_if_it_failed(task: "asyncio.Task[None]") -> None:
    if not task.cancelled() and (error := task.exception()):
        logger.error("a watch has ended: %r", task, exc_info=error)
