"""Finds what was lost and puts it back: at the start of a worker, when Redis' data changes, and now and then."""

import asyncio
import logging
from collections.abc import AsyncGenerator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from datetime import timedelta

from redis.asyncio import Redis
from redis.exceptions import RedisError, ResponseError

from mindfleet.ending import end
from mindfleet.errors import QueueUnavailable, StoreUnavailable
from mindfleet.lua import GATE, notice
from mindfleet.ports.ledger import Ledger
from mindfleet.runtime.ledger_entries import FLOOR, STREAM, entry_id
from mindfleet.runtime.lock import holding
from mindfleet.runtime.reconcile import PutBack, put_back_missing, write_down_missing
from mindfleet.runtime.trouble import Trouble

LOCK = "mindfleet:recovery"
SWEPT = "mindfleet:recovery:swept"
"""When the last whole sweep began, ms by Redis' clock."""

WAITS = "mindfleet:recovery:waits"
"""Is there while whoever puts jobs back waits for PostgreSQL."""

OPENED_AT_ONCE = 500
"""Jobs that `gate.lua` lets through at a time."""

PATIENCE = timedelta(seconds=10)
"""How long that is believed of one that says no more."""

GATE_OF_LANES = "recovery"
"""Where jobs that have an order wait while older ones may be missing, see `claim.lua`."""

REHYDRATED = "mindfleet:rehydrated"
"""The epoch whose data is whole."""

SIGNED_IN = "mindfleet:fleet:"
"""Before the name of a queue: whether our workers are there."""

UNTIL_THEY_SAY_SO = timedelta(minutes=2)
"""Workers say once a minute where they are."""

AWAY = (StoreUnavailable, QueueUnavailable, RedisError, OSError)

logger = logging.getLogger(__name__)

Chore = Callable[[], Awaitable[int]]
"""Does something that is idempotent, and returns how often it had to."""


@dataclass(frozen=True)
class Swept:
    """What a sweep found, in jobs."""

    put_back: int
    """Unfinished in PostgreSQL, and not in Redis."""

    written_down: int
    """In Redis, and without a row."""

    resumed: int
    """Stages of conversations that nothing was going to finish."""


async def _nothing() -> int:
    return 0


@dataclass(frozen=True, kw_only=True)
class Recovery:
    """The recovery of one process; only one process recovers at a time."""

    redis: Redis
    ledger: Ledger
    put_back: PutBack
    queues: Sequence[str]
    """Where jobs wait in Redis."""

    owner: str
    """Names this process, and no other ever."""

    resume: Chore = _nothing
    """Enqueues what follows from stages that were left."""

    tidy: Chore = _nothing
    """Forgets what is old."""

    look: timedelta = timedelta(milliseconds=500)
    """How often to look whether Redis' data is another."""

    every: timedelta = timedelta(minutes=5)
    """How often to sweep."""

    settled: timedelta = timedelta(minutes=1)
    """Younger jobs are not compared by those sweeps."""

    _trouble: Trouble = field(default_factory=lambda: Trouble("recovery", logger))

    async def at_start(self) -> Swept | None:
        """Sweep before the first claim; None when another process swept since this was called.

        Raises:
            StoreUnavailable, RedisError: a store is away; the sweeps to come make up for it.
        """
        asked = await self._now()
        async with holding(self.redis, LOCK, self.owner):
            if asked < await self._swept() <= await self._now():
                return None
            epoch, whole = await self._epoch()
            await self._keep_order(is_new=epoch != whole)
            swept = await self._sweep(timedelta())
            await self._is_whole(epoch)
        return swept

    async def rehydrate(self) -> int:
        """Put every unfinished job back, if nobody did since Redis' data became another; returns how many."""
        async with holding(self.redis, LOCK, self.owner):
            epoch, whole = await self._epoch()
            if epoch == whole:
                return 0
            await self._keep_order(is_new=True)
            count = await put_back_missing(self.redis, self.ledger, self.put_back, older_than=timedelta())
            await self._is_whole(epoch)
        logger.warning("Redis has other data than before (epoch %s): %d jobs put back", epoch, count)
        return count

    async def reconcile(self) -> Swept | None:
        """Sweep, unless that was done a while ago by anybody."""
        async with holding(self.redis, LOCK, self.owner):
            if 0 <= await self._now() - await self._swept() < self.every.total_seconds() * 1000:
                return None
            return await self._sweep(self.settled)

    @asynccontextmanager
    async def running(self) -> AsyncGenerator[None]:
        """Watch over Redis' data, and sweep now and then, until the end of the block."""
        tasks = [asyncio.create_task(self._watch()), asyncio.create_task(self._sweep_on())]
        try:
            yield
        finally:
            await end(*tasks)

    async def _watch(self) -> None:
        while True:
            try:
                epoch, whole = await self._epoch()
                if epoch != whole:
                    await self.rehydrate()
                self._trouble.over()
                await asyncio.sleep(self.look.total_seconds())
            except AWAY as away:
                await self._trouble.wait(away)

    async def _sweep_on(self) -> None:
        while True:
            await asyncio.sleep(self.every.total_seconds())
            try:
                await self.reconcile()
            except AWAY as away:
                logger.warning("no sweep this time: %s", away)

    async def _sweep(self, older_than: timedelta) -> Swept:
        began = await self._now()
        swept = Swept(
            put_back=await put_back_missing(self.redis, self.ledger, self.put_back, older_than=older_than),
            written_down=await write_down_missing(self.redis, self.ledger, self.queues),
            resumed=await self.resume(),
        )
        await self.tidy()
        await self.redis.set(SWEPT, began)
        logger.info(
            "swept: %d jobs put back into Redis, %d written down, %d stages resumed",
            swept.put_back,
            swept.written_down,
            swept.resumed,
        )
        return swept

    async def _epoch(self) -> tuple[str, str]:
        """Of the data, and of the data that is whole."""
        return await notice(self.redis)

    async def _is_whole(self, epoch: str) -> None:
        await self.redis.set(REHYDRATED, epoch)
        while await GATE(self.redis, "lift", GATE_OF_LANES, "", 0) == OPENED_AT_ONCE:
            pass

    async def _keep_order(self, *, is_new: bool) -> None:
        """New entries come after all that PostgreSQL has, even when Redis lost its data and its clock was set back.

        And jobs are filed as they come, or a lane over several queues would go by which of these is looked at first.
        """
        for queue in self.queues:
            await self.redis.set(SIGNED_IN + queue, 1, px=UNTIL_THEY_SAY_SO, nx=True)
        if is_new:
            await self.redis.set(WAITS, 1, px=PATIENCE)
        newest = await self.ledger.last_entry()
        await self.redis.delete(WAITS)
        with suppress(ResponseError):  # says that the stream is past it
            await self.redis.xadd(STREAM, {"e": FLOOR}, id=entry_id(newest + 1))

    async def _swept(self) -> int:
        """Later than now where the clock was set back since."""
        return int(await self.redis.get(SWEPT) or 0)

    async def _now(self) -> int:
        """By Redis' clock, ms."""
        seconds, micros = await self.redis.time()
        return int(seconds * 1000 + micros // 1000)
