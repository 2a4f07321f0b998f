"""One round trip between a worker and Redis: settlements go, claims come."""

import asyncio
import logging
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from itertools import count
from time import monotonic
from typing import Any

from redis.asyncio import Redis
from redis.exceptions import OutOfMemoryError, ReadOnlyError, RedisError, ResponseError

from mindfleet import lua
from mindfleet.lua import Argument
from mindfleet.lua.line import hang_up
from mindfleet.runtime.claims import Claim, Settled, read_claim
from mindfleet.runtime.held import Held
from mindfleet.runtime.neighbours import OPEN
from mindfleet.runtime.unheard import Unheard

PATIENCE = 3.0
"""Seconds that Redis may take to answer."""

REFUSALS = ("MISCONF", "NOREPLICAS", "BUSY", "ACL failure")
"""How a Redis begins that takes nothing at present, or not from us, beside those that have an error of their own."""

SIGN_IN_EVERY = 60.0
"""Seconds; producers file jobs by themselves where a worker of ours has signed in within a week."""

logger = logging.getLogger(__name__)

Ended = list[tuple[Held, Settled]]


@dataclass(frozen=True, kw_only=True)
class Terms:
    """What a worker agrees with Redis on."""

    queue: str
    worker: str
    """Its name, without spaces."""

    slots: int
    lease: float = 3.0
    """Seconds that a dead worker's job waits for another."""

    tick: float = 0.5
    """Seconds between two looks at the queue when nothing happens: stock producers wake nobody."""

    results: str = ""
    """What becomes of the fleet's results, see `waiting.lua`; empty: this is no fleet's worker."""

    priority: int = 5
    """Of jobs that say none."""

    waits: bool = True
    """Whether it wants to be woken; a burst ends instead."""

    recovers: bool = False
    """Whether what Redis loses comes back from a ledger, so that lanes wait for that."""

    expires_extra_ms: int = 86_400_000
    """arq's producers let a job expire so long after it is due, unless told otherwise; that default is undone."""

    @property
    def telling(self) -> bool:
        """Whether this is a fleet's worker: it signs in, counts, and writes the streams of progress and results."""
        return bool(self.results)


@dataclass(frozen=True, kw_only=True)
class Claimed:
    """What a claim brought."""

    jobs: list[Claim]
    asked: float
    """When they were asked for, monotonic: Redis counts their leases from later on."""

    alarm: float | None
    """When the next job is due or a lease ends, monotonic."""

    slots: int
    is_paused: bool


def _nobody() -> None:
    """Waits for a slot."""


class Exchange:
    """Speaks to Redis for one worker, whose name among claims is `hand`: workers may share a name, but no claim.

    Each round trip has a number, so that no two claims ever have the same token, whatever Redis forgets, and what a
    lost answer gave is known by it.
    """

    def __init__(self, redis: Redis, terms: Terms, hand: str, *, relieved: Callable[[], None] = _nobody) -> None:
        self.lost = 0
        """Settlements that came too late."""

        self.lingering: set[Held | asyncio.Future[Any]] = set()
        """Jobs that keep their slots until they are settled, and what they begin then; `relieved` is told its end."""

        self._relieved = relieved
        self._redis = redis
        self._terms = terms
        self._hand = hand
        self._signed_in = -SIGN_IN_EVERY
        self._numbers = count(1)
        self._unanswered: set[int] = set()
        self._unheard = Unheard(redis)

    async def turn(self, ended: Ended, room: int, company: int = OPEN) -> Claimed:
        """Settle and claim; empties `ended` as soon as that is settled.

        Args:
            ended: what to settle.
            room: how many to claim at most.
            company: what may be among them, see `neighbours`.

        Raises:
            RedisError, OSError, TimeoutError: Redis is away, or did not answer; what it has done is not known.
        """
        signs_in = self._terms.telling and monotonic() - self._signed_in >= SIGN_IN_EVERY
        calls: list[lua.Call] = [(lua.SETTLE, self._settlement(ended))] if ended else []
        number = next(self._numbers)
        calls.append((lua.CLAIM, self._wanted(number, room, company, signs_in=signs_in)))
        asked, is_read = monotonic(), False
        try:
            async with asyncio.timeout(PATIENCE):
                *settled, claimed = await lua.together(
                    self._redis, calls, anew=lua.notice if self._terms.recovers else None
                )
            if settled:
                await self._note(ended, settled[0])
                ended.clear()
            if isinstance(claimed, Exception):
                raise claimed
            brought = self._read(claimed, asked)
            is_read = True
        finally:
            if ended:
                self._unheard.add(ended)
            if not is_read:
                self._unanswered.add(number)
        if signs_in:
            self._signed_in = monotonic()
        return brought

    async def renew(self, held: Sequence[Held]) -> list[bytes]:
        """For each `held`, `lost`, or why it is to be stopped."""
        told = [part for each in held for part in (each.claim.job_id, each.claim.token)]
        async with asyncio.timeout(PATIENCE):
            answers: list[bytes] = await lua.RENEW(self._redis, self._lease, len(held), *told)
        return answers

    async def free_adrift(self) -> None:
        """Free what was given by claims whose answers were lost."""
        for number in sorted(self._unanswered):
            async with asyncio.timeout(PATIENCE):
                freed = await lua.ADRIFT(self._redis, self._terms.queue, self._name(number))
            self._unanswered.discard(number)
            if freed:
                logger.info("%d jobs were claimed by a call whose answer was lost; they are free again", freed)

    async def hang_up(self) -> None:
        """Have the next turn open a connection of its own."""
        with suppress(RedisError, OSError):
            async with asyncio.timeout(PATIENCE):
                await hang_up(self._redis)

    def _name(self, number: int) -> str:
        return f"{self._hand}.{number}"

    def _settlement(self, ended: Ended) -> list[Argument]:
        terms = self._terms
        head: list[Argument] = [terms.worker, int(terms.telling), terms.results, len(ended)]
        for held, settled in ended:
            head += [held.claim.raw_id or held.claim.job_id, held.claim.token, *settled.arguments()]
        return head

    def _wanted(self, number: int, room: int, company: int, *, signs_in: bool) -> list[Argument]:
        terms = self._terms
        asked = (terms.queue, self._name(number), room, self._lease, int(terms.telling), terms.priority)
        return [*asked, terms.expires_extra_ms, int(signs_in), int(terms.waits), company, int(terms.recovers)]

    @property
    def _lease(self) -> int:
        return int(self._terms.lease * 1000)

    async def _note(self, ended: Ended, answer: Any) -> None:  # noqa: ANN401 - an answer or an error
        if isinstance(answer, ResponseError) and not _refuses(answer):
            await self._note_broken(ended, answer)
        elif isinstance(answer, Exception):
            raise answer
        else:
            answers = await self._unheard.heard(ended, answer) if self._unheard else answer
            for (held, _), settled in zip(ended, answers, strict=True):
                self._note_settled(held, settled)

    async def _note_broken(self, ended: Ended, error: ResponseError) -> None:
        """One that breaks the script must not take the others with it."""
        if len(ended) == 1:
            self._note_settled(ended[0][0], str(error).encode())
            return
        for each in ended:
            await self._note([each], await self._settle_alone(each))

    def _note_settled(self, held: Held, answer: int | bytes) -> None:
        self.lingering.discard(held)
        if isinstance(answer, bytes):
            logger.error("job %s cannot be settled, its lease will end: %s", held.claim.job_id, answer.decode())
        elif answer == 0:
            self.lost += 1
            logger.warning("job %s ended here after it was lost; nothing was changed", held.claim.job_id)
        elif held.after:
            after, held.after = held.after, None
            self._let_linger(after())

    def _let_linger(self, work: asyncio.Future[Any]) -> None:
        self.lingering.add(work)
        work.add_done_callback(self._relieve)

    def _relieve(self, work: asyncio.Future[Any]) -> None:
        self.lingering.discard(work)
        self._relieved()

    async def _settle_alone(self, each: tuple[Held, Settled]) -> Any:  # noqa: ANN401 - an answer or an error
        [answer] = await lua.together(self._redis, [(lua.SETTLE, self._settlement([each]))])
        return answer

    def _read(self, claimed: Sequence[Any], asked: float) -> Claimed:
        alarm, slots, paused, now, rows = claimed
        return Claimed(
            jobs=[read_claim(row) for row in rows],
            asked=asked,
            alarm=None if alarm < 0 else monotonic() + (alarm - now) / 1000,
            slots=int(slots) if slots else self._terms.slots,
            is_paused=paused == 1,
        )


def _refuses(error: ResponseError) -> bool:
    """Whether the script could not be run now, so that it is no fault of what it was given."""
    return isinstance(error, ReadOnlyError | OutOfMemoryError) or str(error).startswith(REFUSALS)
