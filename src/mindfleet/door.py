"""The way of a producer's jobs into Redis, and its memory of them until PostgreSQL has them too."""

import asyncio
import logging
from collections.abc import Generator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import replace
from typing import Any, cast

from redis.asyncio import Redis
from redis.exceptions import ConnectionError as RedisConnectionError
from redis.exceptions import RedisError
from redis.exceptions import TimeoutError as RedisTimeoutError

from mindfleet import lua
from mindfleet.closing import close_for_good
from mindfleet.ending import end
from mindfleet.entrants import Entrant, pieces
from mindfleet.errors import LedgerBehind
from mindfleet.joining import Joining
from mindfleet.receipt import Outcome, Receipt
from mindfleet.unconfirmed import Entry, Unconfirmed, entry
from mindfleet.waiting_room import WaitingRoom

LOOKS_WITHIN = 10.0
"""Seconds after which a look at a Redis that hangs is given up."""

CLOSES_WITHIN = 1.0
"""Seconds for what is under way, and again for the last look."""

LOOKS_EVERY = 1.0
"""Seconds between two looks whether PostgreSQL has what was enqueued, and whether Redis still has it."""

CONFIRMED_WITHIN = 5.0
"""Seconds that a durable enqueue waits for PostgreSQL."""

logger = logging.getLogger(__name__)


class Door:
    """One producer's connections, on one event loop.

    Args:
        redis: its connections.
        results: what becomes of the fleet's results, see `lua/waiting.lua`.
        within: seconds that one round trip may take which several calls share.
        unconfirmed: what an earlier one of this producer had to see through; nothing.
    """

    def __init__(self, redis: Redis, results: str, within: float = 0.5, unconfirmed: Unconfirmed | None = None) -> None:
        self.redis = redis
        self.room = WaitingRoom(redis)
        self._results = results
        self._unconfirmed = unconfirmed if unconfirmed is not None else Unconfirmed()
        self._watching: asyncio.Task[None] | None = None
        self._hurry = asyncio.Event()
        self._calls = 0
        self._is_closed = False
        self._joining = Joining(self._send, within)

    async def let_in(self, entrant: Entrant) -> Receipt:
        """Enqueue one job, in a round trip of its own or in one that calls at the same time share."""
        with self._under_way():
            receipt = await self._joining.let_in(entrant)
        self._keep_watch()
        return receipt

    async def let_all_in(self, entrants: Sequence[Entrant]) -> list[Receipt]:
        """Enqueue one piece (see `pieces`) in one round trip."""
        with self._under_way():
            receipts = await self._send(entrants)
        self._keep_watch()
        return receipts

    async def confirmed(self, entrant: Entrant, receipt: Receipt) -> None:
        """Wait until PostgreSQL has what became of the entrant: a job, one more payload of another, or what was there.

        Raises:
            LedgerBehind: it has not had it in time.
        """
        pause = 0.01
        try:
            async with asyncio.timeout(CONFIRMED_WITHIN):
                at = receipt.entry or await self._newest()
                while at and not self._unconfirmed.has(at, entrant):
                    await asyncio.sleep(pause)
                    pause = min(pause * 1.5, 0.1)
                    with suppress(RedisError, OSError):
                        await self._look()
        except TimeoutError:
            raise LedgerBehind(receipt, CONFIRMED_WITHIN) from None

    async def _newest(self) -> Entry | None:
        """The last entry that PostgreSQL may not have; what was there before has one that is not behind it."""
        while True:
            with suppress(RedisError, OSError):
                last = cast("list[Any]", await self.redis.xrevrange("mindfleet:ledger", count=1))
                return entry(last[0][0]) if last else None
            await asyncio.sleep(0.1)

    async def close(self) -> None:
        """Close the connections, once what is under way is answered and what Redis has lost by now is sent again.

        What Redis does not answer soon fails.
        """
        self._is_closed = True
        with suppress(TimeoutError):
            async with asyncio.timeout(CLOSES_WITHIN):
                while self._calls:  # noqa: ASYNC110 - a call that told of its end would cost each of them
                    await asyncio.sleep(0.002)
        await self._joining.close()
        await end(self._watching)
        await self._see_to_lost(CLOSES_WITHIN)
        await self.room.close()
        await close_for_good(self.redis)

    @contextmanager
    def _under_way(self) -> Generator[None]:
        self._calls += 1
        try:
            yield
        finally:
            self._calls -= 1

    async def _send(self, entrants: Sequence[Entrant]) -> list[Receipt]:
        epoch, watermark, outcomes = await self._told(entrants)
        self._unconfirmed.hear(epoch.decode(), entry(watermark))
        if self._unconfirmed.lost:
            self._hurry.set()
        if not outcomes and entrants:
            return await self._send_after_lost(entrants)
        return [self._receipt(*each) for each in zip(entrants, outcomes, strict=True)]

    async def _told(self, entrants: Sequence[Entrant]) -> tuple[bytes, bytes, Sequence[Sequence[bytes]]]:
        """The answer; without outcomes when Redis has other data, and may have lost what should come before these."""
        is_heard = False
        try:
            answer = await self._ask(entrants)
            is_heard = True
        finally:
            if not is_heard:
                self._unconfirmed.doubt(entrants)
        return cast("tuple[bytes, bytes, Sequence[Sequence[bytes]]]", answer)

    async def _send_after_lost(self, entrants: Sequence[Entrant]) -> list[Receipt]:
        lost = self._unconfirmed.lost_of({entrant.lane for entrant in entrants})
        receipts: list[Receipt] = []
        for piece in pieces([*lost, *entrants]):
            receipts += await self._send(piece)
            self._unconfirmed.sent_again(piece)  # before it may be lost once more
        return receipts[len(lost) :]

    async def _ask(self, entrants: Sequence[Entrant]) -> Any:  # noqa: ANN401 - as Redis answers
        """Packed by hiredis, which saves a sixth of the CPU of a job; in trouble redis-py tries again, as it may.

        By then a job may have ended that was put in by the first try; one that has a name meets it under that.
        """
        try:
            [answer] = await lua.together(self.redis, [(lua.ENQUEUE, self._said(entrants))], anew=lua.notice)
        except (RedisConnectionError, RedisTimeoutError, OSError):
            again = [entrant if entrant.name else replace(entrant, again=entrant.again or "2") for entrant in entrants]
            return await lua.ENQUEUE(self.redis, *self._said(again), anew=lua.notice)
        if isinstance(answer, Exception):
            raise answer
        return answer

    def _said(self, entrants: Sequence[Entrant]) -> list[lua.Argument]:
        told = [argument for entrant in entrants for argument in entrant.arguments()]
        return [len(entrants), *told, self._results, self._unconfirmed.epoch or "" if self._unconfirmed else ""]

    def _receipt(self, entrant: Entrant, told: Sequence[bytes]) -> Receipt:
        outcome, job_id, at = told
        receipt = Receipt(job_id.decode(), cast("Outcome", outcome.decode()), entry=entry(at))
        self._unconfirmed.keep(entrant, receipt.entry, merged=receipt.merged)
        return receipt

    def _keep_watch(self) -> None:
        """What Redis loses before PostgreSQL has it is sent again beside."""
        if self._is_closed:
            return
        if self._unconfirmed and (self._watching is None or self._watching.done()):
            self._watching = asyncio.create_task(self._watch(), name="what PostgreSQL does not have yet")

    async def _watch(self) -> None:
        """As long as there is something that PostgreSQL does not have; through every loss of Redis."""
        while self._unconfirmed:
            with suppress(TimeoutError):
                async with asyncio.timeout(LOOKS_EVERY):
                    await self._hurry.wait()
            self._hurry.clear()
            await self._see_to_lost(LOOKS_WITHIN)

    async def _see_to_lost(self, within: float) -> None:
        """Look once, and send again what Redis has lost, unless it is away."""
        if not self._unconfirmed:
            return
        with suppress(RedisError, OSError):
            async with asyncio.timeout(within):
                await self._look()
                await self._send_again()

    async def _look(self) -> None:
        unplaced = list(self._unconfirmed.unplaced)
        async with self.redis.pipeline(transaction=False) as pipe:
            pipe.xrevrange("mindfleet:ledger", count=1)  # first: of data that are lost next, the epoch will tell
            pipe.mget("mindfleet:epoch", "mindfleet:ledger:watermark")
            pipe.info("server")
            last, (epoch, watermark), server = cast("tuple[list[Any], list[Any], dict[str, Any]]", await pipe.execute())
        life = str(server["run_id"])
        if epoch is None or not epoch.decode().startswith(f"{life}."):
            # The key outlives a restart that lost the last second; the life of the server does not.
            epoch, _ = await lua.EPOCH(self.redis, life)
        self._unconfirmed.hear(epoch.decode(), entry(watermark or b""))
        self._unconfirmed.place(unplaced, entry(last[0][0]) if last else None)

    async def _send_again(self) -> None:
        lost = list(self._unconfirmed.lost)
        if lost:
            logger.warning("Redis began anew; %d jobs that the ledger may not have are sent again", len(lost))
        for piece in pieces(lost):
            await self._send(piece)
            self._unconfirmed.sent_again(piece)
