"""Reading Redis streams as they grow, through every loss of Redis."""

import asyncio
import logging
from collections.abc import AsyncGenerator, Coroutine, Mapping, Sequence
from typing import Any, TypeVar

from redis.asyncio import Redis
from redis.exceptions import RedisError

BLOCKS = 3.0
"""Seconds that Redis may hold a reading while nothing happens."""

PATIENCE = 3.0
"""Seconds beyond that in which it must have answered; a connection may be dead without saying so."""

LONGEST_BACKOFF = 1.0
"""Seconds between two tries to reach Redis."""

logger = logging.getLogger(__name__)

T = TypeVar("T")

Row = tuple[str, dict[str, str]]
"""An entry of a stream: its id and its fields."""


async def read(redis: Redis, after: Mapping[str, str], *, most: int | None = None) -> dict[str, list[Row]]:
    """What streams have after the given ids, as soon as one has something; empty when none has for a while.

    Args:
        redis: lends one connection.
        after: for each stream, the id of the last entry that is known.
        most: entries of each stream, at most.

    Raises:
        RedisError: or OSError, TimeoutError: Redis is away.
    """
    async with asyncio.timeout(BLOCKS + PATIENCE):
        streams: dict[Any, Any] = {**after}
        told = await redis.xread(streams, count=most, block=int(BLOCKS * 1000))
    return {_text(stream): rows(entries) for stream, entries in told}


def rows(told: Sequence[Any]) -> list[Row]:
    """Entries as redis-py gives them."""
    return [(_text(entry), {_text(name): _text(value) for name, value in fields.items()}) for entry, fields in told]


def place(entry: str) -> tuple[int, int]:
    """The id of an entry, to be compared.

    Raises:
        ValueError: it is none.
    """
    at, _, number = entry.partition("-")
    return int(at), int(number or 0)


def _text(told: bytes) -> str:
    return told.decode(errors="replace")


class Patience:
    """What to do while Redis is away: wait, a little longer each time, and say it once."""

    def __init__(self, doing: str) -> None:
        self.trouble: Exception | None = None
        """Why Redis was away when it was last asked."""

        self._doing = doing
        self._pause = 0.0

    async def sit_out(self, away: Exception) -> None:
        """Wait a while before the next try."""
        if self.trouble is None:
            logger.warning("%s: Redis is away: %s", self._doing, away)
        self.trouble = away
        self._pause = min(max(self._pause * 2, 0.05), LONGEST_BACKOFF)
        await asyncio.sleep(self._pause)

    def is_over(self) -> None:
        """Redis has answered."""
        self.trouble, self._pause = None, 0.0


class Guests:
    """What others wait for here, until their host closes."""

    def __init__(self) -> None:
        self._waiting: set[asyncio.Task[Any]] = set()
        self._is_closed = False

    async def served(self, work: Coroutine[Any, Any, T]) -> T | None:
        """What comes of it; None: the host has closed."""
        if self._is_closed:
            work.close()
            return None
        task = asyncio.create_task(work)
        self._waiting.add(task)
        try:
            await asyncio.wait({task})
            return None if task.cancelled() else task.result()
        finally:
            self._waiting.discard(task)
            task.cancel()

    def close(self) -> None:
        """Have all go at once."""
        self._is_closed = True
        for task in self._waiting:
            task.cancel()


async def follow(redis: Redis, stream: str, after: str, guests: Guests) -> AsyncGenerator[Row]:
    """The entries of a stream after that id, those to come too; through every loss of Redis, until the host closes.

    Args:
        redis: lends one connection while nothing happens.
        stream: its key.
        after: an id; `$` for what comes from now on.
        guests: who are waited on by the host of that connection.
    """
    patience, last = Patience(f"following {stream}"), after
    while (new := await guests.served(_next(redis, stream, last, patience))) is not None:
        last, entries = new
        for row in entries:
            last = row[0]
            yield row


async def _next(redis: Redis, stream: str, last: str, patience: Patience) -> tuple[str, list[Row]]:
    """From where on it was read, and what was new."""
    while True:
        try:
            if last == "$":
                last = await _last_of(redis, stream)
            new = (await read(redis, {stream: last}, most=100)).get(stream, [])
        except (RedisError, OSError) as away:
            await patience.sit_out(away)
            continue
        patience.is_over()
        return last, new


async def _last_of(redis: Redis, stream: str) -> str:
    async with asyncio.timeout(PATIENCE):
        newest = await redis.xrevrange(stream, count=1)
    return _text(newest[0][0]) if newest else "0-0"
