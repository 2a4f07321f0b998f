"""What becomes of a job after an attempt: its follow-ups, its result, its next attempt, or its park.

The seam to the queue: with arq's own worker a next attempt is arq's `Retry`, and a dead job is an error that arq
stores as the result. Tasks and executor know nothing of it.
"""

import logging
import traceback
from collections.abc import Awaitable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from time import monotonic
from typing import Any, cast

from arq.connections import ArqRedis
from arq.worker import Retry
from pydantic import JsonValue
from redis.asyncio import Redis
from redis.exceptions import RedisError

from mindfleet import ids
from mindfleet.current_job import JobContext, current_job
from mindfleet.errors import GiveUp, Postpone, QueueUnavailable, StoreUnavailable
from mindfleet.job import Done, FollowUp, Job
from mindfleet.jobs import cancel_key
from mindfleet.ports.clock import Clock
from mindfleet.ports.parked import Parked, ParkedJob
from mindfleet.queues import Queue
from mindfleet.runtime.executor import Executor
from mindfleet.runtime.verdict import Again, Cancelled, Dead, Finished, Skipped, Verdict
from mindfleet.task_queue import TaskQueue
from mindfleet.wire import JobFailed

FAILURES_KEPT = timedelta(days=7)
"""For how long after its last failure the failed attempts of a job are remembered."""

PARK_AGAIN = timedelta(seconds=5)
"""How long a dead job waits in Redis when the park is away."""

SETTLE_AGAIN = timedelta(seconds=1)
"""How long a job waits that could not be settled; an error here would make arq drop it."""

AGAIN = "retried"
"""It failed, and will run once more."""

POSTPONED = "postponed"
"""It did not fail, but came too early."""

RUNS_AGAIN = frozenset({AGAIN, POSTPONED})
"""Outcomes after which a job has not ended."""

logger = logging.getLogger(__name__)


def counts_key(queue: Queue) -> str:
    """A Redis hash: how many jobs of a queue were done, retried, postponed, parked, skipped and cancelled."""
    return f"mindfleet:counts:{queue.short}"


@dataclass(frozen=True, kw_only=True)
class Claim:
    """One job in the hands of a worker."""

    job_id: str
    task: str
    queue: Queue
    arguments: dict[str, Any]
    enqueued_at: datetime | None
    run: int
    """How often it was started, interruptions included."""

    redis: ArqRedis
    slot: str | None = None
    """The name under which this worker is restarted when it dies; see `release`."""

    started: float = field(default_factory=monotonic)

    async def begin(self) -> bool:
        """Note that the job runs here; returns whether somebody wants it cancelled."""
        async with self.redis.pipeline(transaction=False) as pipe:
            pipe.exists(cancel_key(self.job_id))
            if self.slot:
                pipe.sadd(running_key(self.slot), self.job_id)
            cancelled, *_ = await pipe.execute()
        return bool(cancelled)

    async def failed(self) -> int:
        """Note a failed attempt; returns how many there are. Interruptions are none."""
        async with self.redis.pipeline(transaction=True) as pipe:
            pipe.incr(self._failures)
            pipe.expire(self._failures, FAILURES_KEPT)
            count, _ = await pipe.execute()
        return int(count)

    async def failures(self) -> int:
        return int(await self.redis.get(self._failures) or 0)

    async def end(self, outcome: str) -> None:
        """Count the outcome, and forget what was kept for the job unless it runs again."""
        async with self.redis.pipeline(transaction=False) as pipe:
            pipe.hincrby(counts_key(self.queue), outcome, 1)
            if outcome not in RUNS_AGAIN:
                pipe.delete(self._failures, cancel_key(self.job_id))
            if self.slot:
                pipe.srem(running_key(self.slot), self.job_id)
            await pipe.execute()

    @property
    def _failures(self) -> str:
        return f"mindfleet:failures:{self.job_id}"


def running_key(slot: str) -> str:
    """A Redis set: the jobs that run in the worker of this name."""
    return f"mindfleet:running:{slot}"


async def release(slot: str, redis: Redis) -> int:
    """Free the jobs that the last worker of this name held when it died; arq would let them lie until they time out.

    Call it only when that process is known to be gone.

    Returns:
        How many there were.
    """
    held = [member.decode() for member in await cast("Awaitable[set[bytes]]", redis.smembers(running_key(slot)))]
    if held:
        await redis.delete(running_key(slot), *(f"arq:in-progress:{job_id}" for job_id in held))
    return len(held)


class Settlement:
    """Sees claims through to their end."""

    def __init__(self, follow_ups: TaskQueue, parked: Parked, clock: Clock) -> None:
        self._follow_ups = follow_ups
        self._parked = parked
        self._clock = clock

    async def see_through(self, claim: Claim, executor: Executor, *, limit: timedelta) -> JsonValue:
        """Run one attempt and settle it.

        Returns:
            What the result of the job is to be.

        Raises:
            Retry: it is to run again.
            JobFailed: it is parked or cancelled; this is its result.
        """
        token = current_job.set(JobContext(claim.job_id, claim.task, claim.run))
        try:
            _log_start(claim)
            return await self._settle(claim, await self._attempt(claim, executor, limit))
        except (RedisError, OSError, QueueUnavailable) as away:
            _log_end(claim, AGAIN, f"Redis is away: {_brief(away)}")
            raise Retry(defer=SETTLE_AGAIN) from away
        finally:
            current_job.reset(token)

    async def park_unreadable(self, claim: Claim, reason: str) -> JsonValue:
        """Park a job that could not be read."""
        _log_start(claim)
        return await self._park(claim, GiveUp(reason))

    async def _attempt(self, claim: Claim, executor: Executor, limit: timedelta) -> Verdict:
        if await claim.begin():
            return Cancelled()
        return await executor.run(claim.task, claim.arguments, limit=limit, failed=claim.failed)

    async def _settle(self, claim: Claim, verdict: Verdict) -> JsonValue:
        match verdict:
            case Finished(done):
                return await self._finish(claim, done)
            case Skipped(reason):
                await self._end(claim, "skipped", reason)
                return {"outcome": "skipped", "reason": reason}
            case Cancelled():
                await self._end(claim, "cancelled")
                raise JobFailed("Cancelled", "somebody asked for its end")
            case Again(after, because):
                outcome = POSTPONED if isinstance(because, Postpone) else AGAIN
                await claim.end(outcome)
                _log_end(claim, outcome, f"in {after.total_seconds():.1f} s: {_brief(because)}")
                raise Retry(defer=after)
            case Dead(because):
                return await self._park(claim, because)

    async def _finish(self, claim: Claim, done: Done) -> JsonValue:
        for number, following in enumerate(done.then):
            await self._follow(claim, number, following)
        await self._end(claim, "done")
        return {"outcome": "done", **done.result}

    async def _follow(self, claim: Claim, number: int, following: Job | FollowUp) -> None:
        """Enqueue a follow-up under an id of its own, so that doing it again after a crash adds nothing."""
        follow_up = following if isinstance(following, FollowUp) else FollowUp(job=following)
        due = follow_up.at or (self._clock.now() + follow_up.after if follow_up.after else None)
        made_up = None if follow_up.job.key() else ids.name("follow-up", claim.job_id, number).hex
        await self._follow_ups.put(follow_up.job, due=due, job_id=made_up)

    async def _park(self, claim: Claim, because: Exception) -> JsonValue:
        try:
            await self._parked.park(
                ParkedJob(
                    job_id=claim.job_id,
                    task=claim.task,
                    queue=claim.queue.value,
                    payload=claim.arguments,
                    error=type(because).__name__,
                    message=str(because),
                    traceback="".join(traceback.format_exception(because)),
                    attempts=max(1, await claim.failures()),
                    enqueued_at=claim.enqueued_at,
                    parked_at=self._clock.now(),
                )
            )
        except StoreUnavailable as away:
            _log_end(claim, AGAIN, f"the park is away ({away}), the job stays in Redis: {_brief(because)}")
            raise Retry(defer=PARK_AGAIN) from because
        await self._end(claim, "parked", _brief(because))
        raise JobFailed(type(because).__name__, str(because)) from because

    async def _end(self, claim: Claim, outcome: str, detail: str = "") -> None:
        await claim.end(outcome)
        _log_end(claim, outcome, detail)


def _log_start(claim: Claim) -> None:
    logger.info("job starts", extra=_fields(claim))


def _log_end(claim: Claim, outcome: str, detail: str = "") -> None:
    level = logging.ERROR if outcome == "parked" else logging.INFO
    took = round((monotonic() - claim.started) * 1000)
    ended = {**_fields(claim), "outcome": outcome, "duration_ms": took}
    logger.log(level, "job ends%s", f": {detail}" if detail else "", extra=ended)


def _fields(claim: Claim) -> dict[str, Any]:
    return {"task": claim.task, "job_id": claim.job_id, "queue": claim.queue.value, "attempt": claim.run}


def _brief(error: Exception) -> str:
    """One line of an error, without the payload that a long one may quote."""
    return f"{type(error).__name__}: {str(error).splitlines()[0][:200] if str(error) else ''}"
