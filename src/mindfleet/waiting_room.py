"""Where callers wait for jobs: one blocking reader for all of them, however many they are.

The reader waits for the streams of all jobs in one command (`XREAD BLOCK`) on one connection; who joins meanwhile
rings, by an entry in a stream that is the reader's own. Who comes late reads what was told before.
"""

import asyncio
from collections import defaultdict
from collections.abc import Generator, Iterable, Mapping, Sequence
from contextlib import contextmanager, suppress
from secrets import token_hex
from time import monotonic
from typing import TypeVar, cast

from redis.asyncio import Redis
from redis.exceptions import RedisError

from mindfleet.awaiting import Ending, Event, Listener, Waiter, Watcher, closed, progress_key, read_event
from mindfleet.ending import end
from mindfleet.streams import PATIENCE, Guests, Patience, Row, place, read

LOOKS_EVERY = 3.0
"""Seconds between two looks, for all waiters at once, at the results themselves: arq's own workers tell no events."""

GATHERS = 0.00001
"""Seconds for each who waits, between two readings: naming a thousand streams takes long, so let news gather."""

RING_KEPT = 60
"""Seconds for which a ring is kept."""

Anybody = TypeVar("Anybody", Waiter, Watcher)


class WaitingRoom:
    """All who wait for jobs over one Redis and one event loop."""

    def __init__(self, redis: Redis) -> None:
        self.guests = Guests()
        """Who follow something else here."""

        self._redis = redis
        self._listeners: dict[str, set[Listener]] = defaultdict(set)
        self._new: set[Waiter] = set()
        """Those for whose result nobody has looked."""

        self._looked = monotonic()
        self._bell = f"mindfleet:bell:{token_hex(8)}"
        self._rung = "0-0"
        self._is_reading = False
        self._is_closed = False
        self._must_ring = False
        self._reader: asyncio.Task[None] | None = None
        self._ringer: asyncio.Task[None] | None = None
        self._patience = Patience("waiting for jobs")

    @property
    def trouble(self) -> Exception | None:
        """Why Redis is away, if it is."""
        return self._patience.trouble

    @contextmanager
    def joined(self, listener: Anybody) -> Generator[Anybody]:
        """Have somebody listen as long as the block lasts.

        Raises:
            QueueUnavailable: the room is closed.
        """
        if self._is_closed:
            raise closed(listener.job_id)
        self._listeners[listener.job_id].add(listener)
        if isinstance(listener, Waiter):
            self._new.add(listener)
        self._see_to_reader()
        try:
            yield listener
        finally:
            self._leave(listener)

    async def close(self) -> None:
        """Stop reading, and tell all who listen."""
        self._is_closed = True
        self.guests.close()
        for listener in [each for listeners in self._listeners.values() for each in listeners]:
            listener.leave_alone()
        await end(self._reader, self._ringer)

    def _leave(self, listener: Listener) -> None:
        others = self._listeners[listener.job_id]
        others.discard(listener)
        if not others:
            del self._listeners[listener.job_id]
        if isinstance(listener, Waiter):
            self._new.discard(listener)

    def _see_to_reader(self) -> None:
        if self._reader is None or self._reader.done():
            self._reader = asyncio.create_task(self._read(), name="who waits for jobs")
        elif self._is_reading:
            self._must_ring = True
            if self._ringer is None or self._ringer.done():
                self._ringer = asyncio.create_task(self._ring(), name="who joins those who wait for jobs")

    async def _ring(self) -> None:
        """Once for all who joined since."""
        while self._must_ring:
            self._must_ring = False
            with suppress(RedisError, OSError):
                async with asyncio.timeout(PATIENCE), self._redis.pipeline(transaction=False) as pipe:
                    pipe.xadd(self._bell, {"new": 1}, maxlen=1)
                    pipe.expire(self._bell, RING_KEPT)
                    await pipe.execute()

    async def _read(self) -> None:
        while self._listeners:
            try:
                await self._look()
                await self._tell(await self._events())
            except (RedisError, OSError) as away:
                await self._patience.sit_out(away)
                self._rung, self._looked = "0-0", -LOOKS_EVERY  # Redis may have lost what was told
            else:
                self._patience.is_over()
                await asyncio.sleep(len(self._listeners) * GATHERS)

    async def _look(self) -> None:
        """At the results of who is new; of all now and then."""
        now = monotonic()
        is_due = now - self._looked >= LOOKS_EVERY
        asking = set(self._waiters()) if is_due else set(self._new)
        results = await self._results({waiter.job_id for waiter in asking})
        self._new -= asking
        self._looked = now if is_due else self._looked
        for job_id, result in results.items():
            self._end(job_id, Ending(result))

    async def _events(self) -> dict[str, list[Row]]:
        after = {progress_key(job_id): _first(listeners) for job_id, listeners in self._listeners.items()}
        self._is_reading = True
        try:
            return await read(self._redis, {**after, self._bell: self._rung})
        finally:
            self._is_reading = False

    async def _tell(self, told: Mapping[str, Sequence[Row]]) -> None:
        rings = told.get(self._bell)
        self._rung = rings[-1][0] if rings else self._rung
        last: dict[str, Event] = {}
        for job_id, listeners in self._listeners.items():
            events = [read_event(row) for row in told.get(progress_key(job_id), ())]
            for listener in listeners if events else ():
                if event := listener.hear(events):
                    last[job_id] = event
        await self._tell_ends(last)

    async def _tell_ends(self, last: Mapping[str, Event]) -> None:
        results = await self._results(last)
        without = [job_id for job_id in last if job_id not in results]
        again = await self._alive(without)
        for job_id in last:
            if job_id not in again:
                self._end(job_id, Ending(results.get(job_id), last[job_id]))

    def _end(self, job_id: str, ending: Ending) -> None:
        for listener in self._listeners.get(job_id, ()):
            if isinstance(listener, Waiter):
                listener.end(ending)

    def _waiters(self) -> Iterable[Waiter]:
        return [each for listeners in self._listeners.values() for each in listeners if isinstance(each, Waiter)]

    async def _results(self, job_ids: Iterable[str]) -> dict[str, bytes]:
        ids = list(job_ids)
        if not ids:
            return {}
        async with asyncio.timeout(PATIENCE):
            results = await self._redis.mget([f"arq:result:{job_id}" for job_id in ids])
        return {job_id: result for job_id, result in zip(ids, results, strict=True) if result is not None}

    async def _alive(self, job_ids: Sequence[str]) -> set[str]:
        """Which of them exist: a job may have the name, and find the last event, of one that ended."""
        if not job_ids:
            return set()
        async with asyncio.timeout(PATIENCE):
            jobs = await self._redis.mget([f"arq:job:{job_id}" for job_id in job_ids])
        return {job_id for job_id, job in zip(job_ids, cast("Sequence[bytes | None]", jobs), strict=True) if job}


def _first(listeners: Iterable[Listener]) -> str:
    return min((listener.after for listener in listeners), key=place)
