"""Copies the ledger's stream from Redis to PostgreSQL, in every worker process; one of them leads, the others wait.

A batch is written, and only then the watermark moves past it: a writer that dies in between is followed by one that
writes the batch again, which changes nothing.
"""

import asyncio
import logging
from collections.abc import AsyncGenerator, Iterator, Sequence
from contextlib import asynccontextmanager, suppress
from datetime import timedelta
from time import monotonic

from redis.asyncio import Redis
from redis.exceptions import RedisError

from mindfleet.ending import end
from mindfleet.errors import StoreUnavailable
from mindfleet.lua import LOCK, UNLOCK
from mindfleet.lua import WATERMARK as MOVE_WATERMARK
from mindfleet.ports.ledger import Event, Ledger, LedgerRefused
from mindfleet.runtime.ledger_entries import BEGINNING, STREAM, Entry, events_of, made, read, work_of
from mindfleet.runtime.trouble import Trouble

LEADER = "mindfleet:ledger:writer"
"""Holds the token of the writer that leads."""

LEASE = timedelta(seconds=2)
"""How long a leader that says nothing goes on leading."""

LOOK = timedelta(milliseconds=500)
"""How often the others look whether one leads, and how long the leader waits for an entry at a time."""

SOON = timedelta(milliseconds=40)
"""How long the leader waits after an entry that follows silence for those that come with it."""

GATHER = timedelta(milliseconds=100)
"""How often it reads while entries come: a transaction costs more than many rows."""

MOST_ENTRIES = 1000
MOST_BYTES = 4 << 20
"""Read at once, about; the answers to others come after it."""

MOST_WORK = 2000
"""Written at once, in ends of jobs: so many take the loop some milliseconds, in which nothing else goes on."""

SOME = 10
"""Read to find the oldest that tells of a job: each start of a worker may have put one there that does not."""

SLOW = timedelta(seconds=1)
"""A lag that is worth a line in the log."""

logger = logging.getLogger(__name__)


class LedgerWriter:
    """Writes while it leads.

    Args:
        redis: with bytes as answers; a read of it may block for `LOOK`.
        ledger: where entries go.
        owner: names this process, and no other ever.
    """

    def __init__(self, redis: Redis, ledger: Ledger, *, owner: str) -> None:
        self._redis = redis
        self._ledger = ledger
        self._owner = owner
        self._trouble = Trouble("the ledger", logger)
        self._count = MOST_ENTRIES
        self._is_slow = False
        self.leads = False
        self.written = 0
        """Entries, since the start of this process."""

        self.lag = timedelta()
        """The age of the oldest entry when it was last committed, or found waiting while PostgreSQL is away."""

    async def run(self) -> None:
        """Go on for ever."""
        while True:
            try:
                await self._turn()
                self._trouble.over()
            except (StoreUnavailable, RedisError, OSError) as away:
                await self._stand_down()
                await self._trouble.wait(away)

    async def stop(self) -> None:
        """Let another lead at once."""
        with suppress(TimeoutError):
            async with asyncio.timeout(LEASE.total_seconds()):  # then another leads anyway
                await self._stand_down()

    async def _turn(self) -> None:
        self.leads = await LOCK(self._redis, LEADER, self._owner, _ms(LEASE)) == 1
        if not self.leads:
            self.lag = timedelta()
            await asyncio.sleep(LOOK.total_seconds())
            return
        if await self._redis.xread({STREAM: BEGINNING}, count=1, block=_ms(LOOK)):
            await asyncio.sleep(SOON.total_seconds())
            await self._drain()

    async def _drain(self) -> None:
        """Copy until there is nothing more; what PostgreSQL has is trimmed, so that the rest is the whole stream."""
        while self.leads:
            next_at = monotonic() + GATHER.total_seconds()
            entries = await read(self._redis, count=self._count)
            if not entries:
                return
            for batch in _batches(entries):
                if self.leads:
                    await self._copy(batch)
            if len(entries) < self._count:
                await asyncio.sleep(next_at - monotonic())
            else:
                self._count = _room_for(entries)

    async def _copy(self, entries: Sequence[Entry]) -> None:
        events = events_of(entries)
        await asyncio.sleep(0)  # each of these steps takes a while
        await self._write(events)
        leads, now = await MOVE_WATERMARK(self._redis, self._owner, _ms(LEASE), entries[-1][0])
        self.leads = leads == 1
        self._trouble.over()
        self.written += len(entries)
        if (oldest := made(entries)) is not None:
            self._note_lag(timedelta(milliseconds=now - oldest))

    async def _write(self, events: Sequence[Event]) -> None:
        """Write them all; one that PostgreSQL cannot hold is left out, and stays in Redis only."""
        try:
            await self._ledger.write(events)
        except LedgerRefused as refused:
            if len(events) == 1:
                logger.error("job %s is in Redis only: %s", events[0].id[:100], refused)  # noqa: TRY400 - no fault of the code
                return
            middle = len(events) // 2
            await self._write(events[:middle])
            await self._write(events[middle:])

    async def _stand_down(self) -> None:
        """One that cannot write lets the others try."""
        led, self.leads = self.leads, False
        with suppress(RedisError, OSError):
            if led:
                self._note_lag(await lag(self._redis))
            await UNLOCK(self._redis, LEADER, self._owner)

    def _note_lag(self, lag: timedelta) -> None:
        self.lag = lag
        if (lag > SLOW) != self._is_slow:
            self._is_slow = not self._is_slow
            say = logger.warning if self._is_slow else logger.info
            say("PostgreSQL hears of jobs %.1f s after Redis", lag.total_seconds())


async def lag(redis: Redis) -> timedelta:
    """The age of the oldest entry that PostgreSQL does not have; zero when it has all."""
    oldest = made(await read(redis, count=SOME))
    if oldest is None:
        return timedelta()
    seconds, micros = await redis.time()
    return max(timedelta(), timedelta(seconds=seconds, microseconds=micros, milliseconds=-oldest))


@asynccontextmanager
async def writing(redis: Redis, ledger: Ledger, *, owner: str) -> AsyncGenerator[LedgerWriter]:
    """A writer that runs until the end of the block."""
    writer = LedgerWriter(redis, ledger, owner=owner)
    running = asyncio.create_task(writer.run(), name="ledger writer")
    running.add_done_callback(_tell_of_death)
    try:
        yield writer
    finally:
        await end(running)
        await writer.stop()


def _tell_of_death(task: "asyncio.Task[None]") -> None:
    if not task.cancelled() and (error := task.exception()):
        logger.critical("the ledger is not written by this process any more", exc_info=error)


def _batches(entries: Sequence[Entry]) -> Iterator[Sequence[Entry]]:
    """In their order; each holds what is written at once."""
    first = work = 0
    for place, entry in enumerate(entries):
        if work and work + work_of(entry) > MOST_WORK:
            yield entries[first:place]
            first, work = place, 0
        work += work_of(entry)
    yield entries[first:]


def _room_for(entries: Sequence[Entry]) -> int:
    """How many like these to read at once."""
    size = sum(sum(map(len, words)) + 500 for _, words in entries)
    return max(10, min(MOST_ENTRIES, MOST_BYTES * len(entries) // size))


def _ms(time: timedelta) -> int:
    return int(time.total_seconds() * 1000)
