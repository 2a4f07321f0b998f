"""The way to every endpoint: a call waits here for its turn, and says how it ended."""

import asyncio
import logging
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta
from time import monotonic
from uuid import uuid4

from mindfleet.current_job import JobContext, current_job, time_limit
from mindfleet.errors import ModelRefused, ModelUnavailable, OnHold
from mindfleet.llm.flights import despite_cancellation
from mindfleet.ports.limits import Limits, Refusal, Reservation, Settlement, Target, Wish

LONGEST_WAIT = timedelta(minutes=2)
"""What opens later than this is not waited for in a worker's slot; outside of a job nothing is."""

LOOK_AGAIN = timedelta(seconds=1)

NO_JOB = 10
"""The priority of what no job asks for: a person waits for it."""

_WHY = {
    "hold": "it asked to be left alone",
    "breaker": "its last calls failed",
    "concurrency": "all calls that may run at once are under way",
    "requests": "the requests of this minute are used up",
    "tokens": "the tokens of this minute are used up",
    "line": "others came first",
    "away": "Redis, which counts, is away",
}

logger = logging.getLogger(__name__)


@dataclass
class Passage:
    """One call on its way."""

    tokens: int | None = None
    """What it took; whoever makes the call sets it."""


class Gate:
    """Lets calls through as the limits allow.

    The first call of a job that would have to wait sends the job back to its queue, where it holds no slot. A later
    one waits here, and the job's time limit stands still meanwhile.
    """

    def __init__(self, limits: Limits) -> None:
        self._limits = limits

    @asynccontextmanager
    async def passed(self, target: Target, tokens: int) -> AsyncGenerator[Passage]:
        """Wait for the turn; within, make one call.

        Args:
            target: who is asked.
            tokens: about how many it will take.

        Raises:
            OnHold: not now; the job is to come again.
            ModelUnavailable: the same outside of a job.
        """
        reservation = await self._admitted(target, tokens)
        passage, how = Passage(), Settlement("dropped")
        try:
            yield passage
            how = Settlement("answered", passage.tokens)
        except ModelUnavailable as error:
            how = Settlement("paused", pause=error.retry_after) if error.retry_after else Settlement("failed")
            raise
        except ModelRefused:
            how = Settlement("answered", passage.tokens)
            raise
        finally:
            if reservation:
                await despite_cancellation(self._limits.settle(reservation, how))

    async def _admitted(self, target: Target, tokens: int) -> Reservation | None:
        """The reservation; None when nobody counts and a person waits."""
        job = current_job.get()
        first = job is not None and not job.models_asked
        wish = Wish(
            target=target,
            ticket=job.job_id if job and first else uuid4().hex,
            tokens=tokens,
            priority=job.priority if job else NO_JOB,
            stays=not first,
        )
        answer = await self._reserved(wish)
        if isinstance(answer, Refusal) and first:
            raise _on_hold(target, answer)
        reservation = await self._waited(wish, answer, job) if isinstance(answer, Refusal) else answer
        if job:
            job.models_asked.add(target.scope)
        return reservation

    async def _waited(self, wish: Wish, refusal: Refusal, job: JobContext | None) -> Reservation | None:
        answer: Reservation | Refusal = refusal
        began = monotonic()
        try:
            with (
                time_limit().stands_still(),
                self._limits.watching(wish.target, (10 - wish.priority, began)) as opening,
            ):
                while isinstance(answer, Refusal):
                    if answer.why == "away" and job is None:
                        logger.warning("%s is asked uncounted: Redis, which counts, is away", wish.target.scope)
                        return None
                    _bear(wish.target, answer, job, timedelta(seconds=monotonic() - began))
                    await opening(min(answer.after, LOOK_AGAIN))
                    answer = await self._reserved(wish)
                return answer
        except BaseException:
            await despite_cancellation(self._limits.leave(wish))
            raise

    async def _reserved(self, wish: Wish) -> Reservation | Refusal:
        """A caller that leaves while its wish is on the way leaves no reservation behind."""
        asking = asyncio.create_task(self._limits.reserve(wish))
        try:
            await asyncio.wait({asking})
        except asyncio.CancelledError:
            await asyncio.wait({asking})
            answer = asking.result()
            if isinstance(answer, Reservation):
                await despite_cancellation(self._limits.settle(answer, Settlement("dropped", 0)))
            raise
        return asking.result()


def _bear(target: Target, refusal: Refusal, job: JobContext | None, waited: timedelta) -> None:
    """Raise when waiting on would take too long."""
    if refusal.after > LONGEST_WAIT and job:
        raise _on_hold(target, refusal)
    if job is None and max(refusal.after, waited) > LONGEST_WAIT:
        raise ModelUnavailable(_reason(target, refusal), retry_after=refusal.after)


def _on_hold(target: Target, refusal: Refusal) -> OnHold:
    return OnHold(_reason(target, refusal), after=max(refusal.after, timedelta(milliseconds=1)), gate=refusal.gate)


def _reason(target: Target, refusal: Refusal) -> str:
    return f"{target.breaker} is not asked now: {_WHY[refusal.why]}"
