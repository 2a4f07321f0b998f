"""The engine of a worker: one round trip settles what has ended and claims what there is room for.

It knows neither tasks nor arq's functions: whoever runs a job gets a `Held` and says how it is to be settled. Under
load two round trips overlap, each for half of the slots, so that Redis and the jobs need not wait for each other.
"""

import asyncio
import logging
from collections.abc import Callable, Coroutine
from functools import partial
from secrets import token_hex
from time import monotonic
from typing import Any

from redis.asyncio import Redis
from redis.exceptions import RedisError

from mindfleet.runtime.claims import Again, Back, Claim, End, Settled
from mindfleet.runtime.exchange import Claimed, Ended, Exchange, Terms
from mindfleet.runtime.held import Held, Stop
from mindfleet.runtime.neighbours import neighbours
from mindfleet.runtime.staying import guard
from mindfleet.vitals import QueueVitals

LONGEST_BACKOFF = 1.0
"""Seconds between two tries to reach Redis."""

BROKEN_AGAIN = 5000
"""ms until a job is tried again whose runner failed instead of judging."""

CLAIMED_AT_ONCE = 1000
"""Claims a round trip, at most; a script that takes long keeps everybody waiting."""

STOPPED_WITHIN = 30.0
"""Seconds that a job has to heed that its worker ends."""

FAILURES = frozenset({"failed", "parked"})
"""Outcomes that an operator calls failures."""

logger = logging.getLogger(__name__)

Run = Callable[[Held], Coroutine[Any, Any, Settled | None]]
"""Sees one job through; None: there is nothing to settle."""


def _always() -> bool:
    return True


class Engine:
    """Claims jobs of one queue, has them run, keeps their leases and settles them."""

    def __init__(
        self,
        redis: Redis,
        run: Run,
        terms: Terms,
        signs: QueueVitals | None = None,
        *,
        may_claim: Callable[[], bool] = _always,
    ) -> None:
        self.terms = terms
        self.slots = terms.slots
        self.held: dict[str, Held] = {}
        """What runs here, by token."""

        self.ticked = monotonic()
        self.is_paused = False
        self.answers = True
        """Whether Redis did when it was last asked."""

        self._redis = Exchange(redis, terms, hand=f"{terms.worker}~{token_hex(4)}", relieved=self._press)
        self._run = run
        self._loop = guard(asyncio.get_running_loop())  # which is slow to ask for, on Python 3.11
        self._signs = signs
        self._may_claim = may_claim
        self._neighbours = neighbours(terms.worker)
        self._ended: Ended = []
        self._stir = asyncio.Event()
        self._alarm: float | None = None
        self._backoff = 0.0
        self._adrift = False
        self._pressed = asyncio.Event()
        self._in_flight = 0
        self._asked = 0
        if signs:
            signs.claims(terms.slots)  # one that hangs before its first claim hangs, too

    @property
    def room(self) -> int:
        """Slots that are free, and not being filled; none when no more jobs are to be taken."""
        if not self._may_claim():
            return 0
        return max(self.slots - len(self.held) - len(self._redis.lingering) - self._asked, 0)

    @property
    def is_idle(self) -> bool:
        """Nothing runs, and nothing has to be settled."""
        return not (self.held or self._ended or self._in_flight or self._redis.lingering)

    def stir(self) -> None:
        """Have it look at once."""
        self._stir.set()

    async def turn(self, most: int | None = None) -> None:
        """Settle what has ended and claim what there is room for, half of the slots at most; a Redis may be away.

        Where that is nothing, there is no round trip but now and then.

        Args:
            most: how many jobs to claim at most; by default as many as there is room for.
        """
        if self._in_flight == 2 or (self._adrift and self._in_flight):  # noqa: PLR2004 - hands
            await asyncio.sleep(0.001)  # the turns that are under way come first
            return
        half = max((self.slots + 1) // 2, 1)
        sent, self._ended = self._ended[:half], self._ended[half:]
        room = min(self.room, half, CLAIMED_AT_ONCE if most is None else most)
        if not sent and not room and monotonic() - self.ticked < self.terms.tick:
            return
        if self._ended:
            self._press()  # the other half goes beside
        claimed: Claimed | None = None
        self._in_flight, self._asked = self._in_flight + 1, self._asked + room
        try:
            with self._neighbours.asking() as company:
                claimed = await self._exchange(sent, room, company)
                self._take_in(claimed)
        except (RedisError, OSError) as away:
            await self._sit_out(away)
        finally:
            self._in_flight, self._asked = self._in_flight - 1, self._asked - room
            self._ended[:0] = sent
            self._adrift = self._adrift or claimed is None
        if claimed is not None:
            self._answered()
            if room and len(claimed.jobs) == room and self.room:
                self._press()  # there may be more

    def _take_in(self, claimed: Claimed) -> None:
        for claim in claimed.jobs:
            self._start(claim, claimed.asked)

    async def lend_a_hand(self) -> None:
        """Take further turns when there is more to do than one turn does; for ever."""
        while True:
            await self._pressed.wait()
            await asyncio.sleep(0)  # so that jobs that end together are settled together
            self._pressed.clear()
            if self._ended or self.room:
                await self.turn()

    def _press(self) -> None:
        self._stir.set()
        self._pressed.set()

    async def rest(self) -> None:
        """Wait until there is something to do: a job ended, one is ready, one is due, or a tick is over."""
        pause = self.terms.tick if self._alarm is None else min(self.terms.tick, max(self._alarm - monotonic(), 0.001))
        if not self._ended or self._backoff:
            try:
                async with asyncio.timeout(pause):
                    await self._stir.wait()
            except TimeoutError:
                pass
        self._stir.clear()

    async def renew(self) -> None:
        """Renew every lease whose job is within its time, and stop what was lost or is unwanted."""
        now = monotonic()
        held = [each for each in self.held.values() if each.is_in_time() and each.stopped is not Stop.LOST]
        if not held:
            return
        for each, answer in zip(held, await self._redis.renew(held), strict=True):
            if each.task is None or each.task.done():
                continue  # it ended meanwhile, and may be settled already
            if answer == b"lost":
                logger.warning("job %s was lost to another worker", each.claim.job_id)
                each.stop(Stop.LOST)
                continue
            each.renewed = now
            if answer != b"held":
                each.stop(Stop.WISH, answer.decode())

    def stop_job(self, job_id: str, wish: str) -> None:
        """Stop a job, if it runs here."""
        for held in self.held.values():
            if held.claim.job_id == job_id:
                held.stop(Stop.WISH, wish)

    async def hand_back(self, patience: float = STOPPED_WITHIN) -> None:
        """Stop everything that runs, keep its leases until it has stopped, and hand back what has.

        Args:
            patience: seconds after which a job that does not heed that is left to its lease.
        """
        for held in list(self.held.values()):
            held.stop(Stop.SHUTDOWN)
        until = monotonic() + patience
        stopping = {held.task for held in self.held.values() if held.task}
        while stopping and (left := until - monotonic()) > 0:
            _, stopping = await asyncio.wait(stopping, timeout=left, return_when=asyncio.FIRST_COMPLETED)
            await self._settle_ended()

    async def close(self) -> None:
        """Settle what has ended, and free what a lost answer may have given us; once, as Redis may be away."""
        await self._settle_ended(once_more=True)
        if not self._backoff:
            await self._redis.free_adrift()

    async def _settle_ended(self, *, once_more: bool = False) -> None:
        """As long as Redis answers.

        Args:
            once_more: try it also when it did not when it was last asked.
        """
        while self._ended and (once_more or not self._backoff):
            await self.turn(0)
            once_more = False

    async def _exchange(self, sent: Ended, room: int, company: int) -> Claimed:
        if self._adrift:
            await self._redis.free_adrift()
            self._adrift = False
        claimed = await self._redis.turn(sent, room, company)
        self._alarm, self.slots, self.is_paused = claimed.alarm, claimed.slots, claimed.is_paused
        if self._signs:
            self._signs.claims(self.slots, paused=self.is_paused)
        return claimed

    def _answered(self) -> None:
        if self._backoff:
            logger.info("Redis answers again")
        self.ticked, self.answers, self._backoff = monotonic(), True, 0.0

    async def _sit_out(self, away: Exception) -> None:
        if not self._backoff:
            logger.warning("Redis is away, jobs that run go on: %s", str(away) or type(away).__name__)
        self.answers, self.ticked = False, monotonic()
        self._backoff = min(max(self._backoff * 2, 0.05), LONGEST_BACKOFF)
        if isinstance(away, TimeoutError):
            await self._redis.hang_up()
        await asyncio.sleep(self._backoff)

    def _start(self, claim: Claim, asked: float) -> None:
        held = Held(claim, self.terms.lease, renewed=asked, confirm=self._confirm)
        if not claim.is_named:
            logger.error("a job whose id is no UTF-8 (%r) is thrown out", claim.raw_id)
            self._ended.append((held, End(outcome="failed")))
            self._stir.set()
            return
        self.held[claim.token + claim.job_id] = held
        if claim.deaths:
            self._neighbours.joined(held, claim.deaths)
        held.task = self._loop.create_task(self._run(held))
        held.task.add_done_callback(partial(self._note_end, held))
        if self._signs:
            self._signs.claimed()

    async def _confirm(self, held: Held) -> bool:
        [answer] = await self._redis.renew([held])
        if answer not in (b"held", b"lost"):
            held.stop(Stop.WISH, answer.decode())
        return answer == b"held"

    def _note_end(self, held: Held, task: "asyncio.Task[Settled | None]") -> None:
        del self.held[held.claim.token + held.claim.job_id]
        self._neighbours.left(held)
        self._stir.set()
        if task.cancelled():
            settled: Settled | None = Back()
        elif error := task.exception():
            logger.error("job %s could not be judged", held.claim.job_id, exc_info=error)
            settled = Again(outcome="postponed", delay=BROKEN_AGAIN, failed=True, why="it could not be judged")
        else:
            settled = task.result()
        self._show(settled)
        if settled is not None and held.stopped is not Stop.LOST:
            self._ended.append((held, settled))
            if held.after:
                self._redis.lingering.add(held)
            if self._in_flight:
                self._pressed.set()

    def _show(self, settled: Settled | None) -> None:
        if self._signs is None:
            return
        if isinstance(settled, End):
            self._signs.settled(failed=settled.outcome in FAILURES)
        else:
            self._signs.put_back()
