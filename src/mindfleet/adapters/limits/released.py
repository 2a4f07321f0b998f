"""Tells those who wait at a gate in this process when something is given back there, by one subscription for all."""

import asyncio
from collections.abc import Generator
from contextlib import contextmanager
from datetime import timedelta
from typing import cast

from redis.asyncio import Redis
from redis.exceptions import RedisError

from mindfleet.ending import end
from mindfleet.ports.limits import Opening, Rank

RELEASED = "mindfleet:released"
"""The channel on which the name of a gate is said whenever something is given back there."""

_LISTEN_AGAIN = 1.0
_QUIET = 30.0


class Releases:
    """Listens from the first time that somebody waits."""

    def __init__(self, redis: Redis) -> None:
        self._redis = redis
        self._waiting: dict[str, dict[asyncio.Event, Rank]] = {}
        self._listener: asyncio.Task[None] | None = None

    @contextmanager
    def watching(self, gate: str, rank: Rank) -> Generator[Opening]:
        """What waits for the next release at `gate`, since the last wait or since the beginning.

        A release wakes one, the lowest rank that waits here: if all came at each, none would come through.
        """
        if self._listener is None or self._listener.done():
            self._listener = asyncio.create_task(self._listen(), name="releases")
        event = asyncio.Event()
        self._waiting.setdefault(gate, {})[event] = rank
        try:
            yield lambda within: _opening(event, within)
        finally:
            self._forget(gate, event)

    async def close(self) -> None:
        await end(self._listener)

    def _forget(self, gate: str, event: asyncio.Event) -> None:
        waiting = self._waiting[gate]
        waiting.pop(event)
        if not waiting:
            del self._waiting[gate]

    async def _listen(self) -> None:
        while True:
            try:
                await self._hear()
            except (RedisError, OSError):
                await asyncio.sleep(_LISTEN_AGAIN)

    async def _hear(self) -> None:
        async with self._redis.pubsub() as channel:
            await channel.subscribe(RELEASED)
            while True:
                message = cast(
                    "dict[str, bytes] | None",
                    await channel.get_message(ignore_subscribe_messages=True, timeout=_QUIET),
                )
                if message:
                    self._wake(message["data"].decode())

    def _wake(self, gate: str) -> None:
        asleep = {event: rank for event, rank in self._waiting.get(gate, {}).items() if not event.is_set()}
        if asleep:
            min(asleep, key=asleep.__getitem__).set()


async def _opening(event: asyncio.Event, within: timedelta) -> None:
    try:
        await asyncio.wait_for(event.wait(), within.total_seconds())
    except TimeoutError:
        return
    event.clear()
