"""Tells those who wait at a gate in this process when something is given back there, by one subscription for all."""

import asyncio
from datetime import timedelta
from typing import cast

from redis.asyncio import Redis
from redis.exceptions import RedisError

RELEASED = "mindfleet:released"
"""The channel on which the name of a gate is said whenever something is given back there."""

_LISTEN_AGAIN = 1.0
_QUIET = 30.0


class Releases:
    """Listens from the first time that somebody waits."""

    def __init__(self, redis: Redis) -> None:
        self._redis = redis
        self._waiting: dict[str, set[asyncio.Event]] = {}
        self._listener: asyncio.Task[None] | None = None

    async def next(self, gate: str, *, within: timedelta) -> None:
        """Return at the next release at `gate`, or after so long. One that nobody heard of is waited for in vain."""
        if self._listener is None or self._listener.done():
            self._listener = asyncio.create_task(self._listen(), name="releases")
        event = asyncio.Event()
        self._waiting.setdefault(gate, set()).add(event)
        try:
            await asyncio.wait_for(event.wait(), within.total_seconds())
        except TimeoutError:
            pass
        finally:
            self._forget(gate, event)

    async def close(self) -> None:
        if self._listener:
            self._listener.cancel()
            await asyncio.gather(self._listener, return_exceptions=True)

    def _forget(self, gate: str, event: asyncio.Event) -> None:
        waiting = self._waiting[gate]
        waiting.discard(event)
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
                message = await channel.get_message(ignore_subscribe_messages=True, timeout=_QUIET)
                if message:
                    self._wake(cast("bytes", message["data"]).decode())

    def _wake(self, gate: str) -> None:
        for event in self._waiting.get(gate, ()):
            event.set()
