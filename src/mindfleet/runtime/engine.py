"""The engine of a worker: one round trip settles what has ended and claims what there is room for.

It knows neither tasks nor arq's functions: whoever runs a job gets a `Held` and says how it is to be settled.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from functools import partial
from time import monotonic
from typing import Any

from redis.asyncio import Redis
from redis.exceptions import RedisError, ResponseError

from mindfleet import lua
from mindfleet.lua import Argument
from mindfleet.runtime.claims import Again, Back, Claim, Settled, read_claim
from mindfleet.runtime.held import Held, Stop

PATIENCE = 3.0
"""Seconds that Redis may take to answer."""

LONGEST_BACKOFF = 1.0
"""Seconds between two tries to reach Redis."""

SIGN_IN_EVERY = 60.0
"""Seconds; producers file jobs by themselves where a worker of ours has signed in within a week."""

BROKEN_AGAIN = 5000
"""ms until a job is tried again whose runner failed instead of judging."""

CLAIMED_AT_ONCE = 1000
"""Claims a round trip, at most; a script that takes long keeps everybody waiting."""

logger = logging.getLogger(__name__)

Run = Callable[[Held], Awaitable[Settled | None]]
"""Sees one job through; None: there is nothing to settle."""


@dataclass(frozen=True, kw_only=True)
class Terms:
    """What a worker agrees with Redis on."""

    queue: str
    worker: str
    """Its name, without spaces."""

    slots: int
    lease: float = 4.0
    """Seconds that a dead worker's job waits for another."""

    tick: float = 0.5
    """Seconds between two looks at the queue when nothing happens: stock producers wake nobody."""

    telling: bool = False
    """Whether this is a fleet's worker: it signs in, counts, and writes the streams of progress and results."""

    results_kept: int = 10_000
    priority: int = 5
    """Of jobs that say none."""

    waits: bool = True
    """Whether it wants to be woken; a burst ends instead."""

    expires_extra_ms: int = 86_400_000
    """arq's producers let a job expire so long after it is due, unless told otherwise; that default is undone."""


class Engine:
    """Claims jobs of one queue, has them run, keeps their leases and settles them."""

    def __init__(self, redis: Redis, run: Run, terms: Terms) -> None:
        self.terms = terms
        self.slots = terms.slots
        self.held: dict[str, Held] = {}
        """What runs here, by token."""

        self.ticked = monotonic()
        self.is_paused = False
        self.answers = True
        """Whether Redis did when it was last asked."""

        self.lost = 0
        """Settlements that came too late."""

        self._redis = redis
        self._run = run
        self._ended: list[tuple[Held, Settled]] = []
        self._stir = asyncio.Event()
        self._alarm: float | None = None
        self._signed_in = -SIGN_IN_EVERY
        self._backoff = 0.0
        self._adrift = False

    @property
    def room(self) -> int:
        """Free slots."""
        return max(self.slots - len(self.held) - len(self._ended), 0)

    @property
    def is_idle(self) -> bool:
        """Nothing runs, and nothing has to be settled."""
        return not self.held and not self._ended

    def stir(self) -> None:
        """Have it look at once."""
        self._stir.set()

    async def turn(self, most: int | None = None) -> None:
        """Settle what has ended and claim what there is room for; survives a Redis that is away.

        Args:
            most: how many jobs to claim at most; by default as many as there is room for.
        """
        sent, self._ended = self._ended, []
        room = self.slots - len(self.held) if most is None else min(most, self.slots - len(self.held))
        try:
            claims = await self._exchange(sent, min(max(room, 0), CLAIMED_AT_ONCE))
        except (RedisError, OSError) as away:
            await self._sit_out(away)
            return
        finally:
            self._ended[:0] = sent
        self._answered()
        for claim in claims:
            self._start(claim)

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
        told = [part for each in held for part in (each.claim.job_id, each.claim.token)]
        async with asyncio.timeout(PATIENCE):
            answers: list[bytes] = await lua.RENEW(self._redis, self._lease_ms, len(held), *told)
        for each, answer in zip(held, answers, strict=True):
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

    def hand_back(self) -> None:
        """Stop everything that runs; the next turn hands it back."""
        for held in list(self.held.values()):
            held.stop(Stop.SHUTDOWN)

    async def close(self) -> None:
        """Settle what has ended, and free what a lost answer may have given us; once, as Redis may be away."""
        if self._ended:
            await self.turn(0)
        if not self._backoff:
            async with asyncio.timeout(PATIENCE):
                await self._free_adrift()

    async def _exchange(self, ended: list[tuple[Held, Settled]], room: int) -> list[Claim]:
        """Empties `ended` as soon as that is settled."""
        if self._adrift:
            await self._free_adrift()
        calls: list[lua.Call] = [(lua.SETTLE, self._settlement(ended))] if ended else []
        calls.append((lua.CLAIM, self._wanted(room)))
        self._adrift = True  # until the answer is here
        async with asyncio.timeout(PATIENCE):
            *settled, claimed = await lua.together(self._redis, calls)
        if settled:
            await self._note_lost(ended, settled[0])
            ended.clear()
        if isinstance(claimed, Exception):
            raise claimed
        self._adrift = False
        return self._read(claimed)

    def _settlement(self, ended: Sequence[tuple[Held, Settled]]) -> list[Argument]:
        head: list[Argument] = [self.terms.worker, int(self.terms.telling), self.terms.results_kept, len(ended)]
        for held, settled in ended:
            head += [held.claim.job_id, held.claim.token, *settled.arguments()]
        return head

    def _wanted(self, room: int) -> list[Argument]:
        terms = self.terms
        signs_in = terms.telling and monotonic() - self._signed_in >= SIGN_IN_EVERY
        asked = (terms.queue, terms.worker, room, self._lease_ms, int(terms.telling), terms.priority)
        return [*asked, terms.expires_extra_ms, int(signs_in), int(terms.waits)]

    @property
    def _lease_ms(self) -> int:
        return int(self.terms.lease * 1000)

    async def _note_lost(self, ended: Sequence[tuple[Held, Settled]], answer: Any) -> None:  # noqa: ANN401
        if isinstance(answer, ResponseError) and len(ended) > 1:
            for each in ended:
                await self._note_lost([each], await self._settle_alone(each))
            return
        if isinstance(answer, ResponseError):
            logger.error("job %s cannot be settled, its lease will end: %s", ended[0][0].claim.job_id, answer)
            return
        if isinstance(answer, Exception):
            raise answer
        for (held, _), settled in zip(ended, answer, strict=True):
            if settled and held.after:
                held.after()
            elif not settled:
                self.lost += 1
                logger.warning("job %s ended here after it was lost; nothing was changed", held.claim.job_id)

    async def _settle_alone(self, each: tuple[Held, Settled]) -> Any:  # noqa: ANN401 - an answer or an error
        """One that breaks the script must not take the others with it."""
        [answer] = await lua.together(self._redis, [(lua.SETTLE, self._settlement([each]))])
        return answer

    def _read(self, claimed: Sequence[Any]) -> list[Claim]:
        alarm, slots, paused, now, rows = claimed
        self._alarm = None if alarm < 0 else monotonic() + (alarm - now) / 1000
        self.slots = int(slots) if slots else self.terms.slots
        self.is_paused = paused == 1
        return [read_claim(row) for row in rows]

    def _answered(self) -> None:
        now = monotonic()
        if now - self._signed_in >= SIGN_IN_EVERY:
            self._signed_in = now
        if self._backoff:
            logger.info("Redis answers again")
        self.ticked, self.answers, self._backoff = now, True, 0.0

    async def _sit_out(self, away: Exception) -> None:
        if not self._backoff:
            logger.warning("Redis is away, jobs that run go on: %s", away)
        self.answers, self.ticked = False, monotonic()
        self._backoff = min(max(self._backoff * 2, 0.05), LONGEST_BACKOFF)
        await asyncio.sleep(self._backoff)

    async def _free_adrift(self) -> None:
        known = {each.claim.job_id for each in self.held.values()} | {each.claim.job_id for each, _ in self._ended}
        freed = await lua.ADRIFT(self._redis, self.terms.queue, self.terms.worker, len(known), *known)
        if freed:
            logger.info("%d jobs were claimed by a call whose answer was lost; they are free again", freed)

    def _start(self, claim: Claim) -> None:
        held = Held(claim, self.terms.lease)
        self.held[claim.token + claim.job_id] = held
        held.task = asyncio.create_task(self._see_through(held), name=f"job {claim.job_id}")
        held.task.add_done_callback(partial(self._note_end, held))

    async def _see_through(self, held: Held) -> Settled | None:
        try:
            return await self._run(held)
        except asyncio.CancelledError:
            return Back()

    def _note_end(self, held: Held, task: "asyncio.Task[Settled | None]") -> None:
        del self.held[held.claim.token + held.claim.job_id]
        self._stir.set()
        if task.cancelled():
            settled: Settled | None = Back()
        elif error := task.exception():
            logger.error("job %s could not be judged", held.claim.job_id, exc_info=error)
            settled = Again(outcome="postponed", delay=BROKEN_AGAIN, failed=False, why="it could not be judged")
        else:
            settled = task.result()
        if settled is not None and held.stopped is not Stop.LOST:
            self._ended.append((held, settled))
