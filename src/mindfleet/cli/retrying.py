"""The jobs that fail and are tried again, found by looking at a bounded number of those that have not ended."""

# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false
# The types that redis ships are not complete.

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from redis.asyncio import Redis

from mindfleet.cli.queues import milliseconds
from mindfleet.cli.waiting import ATTEMPTS, Attempts, Scored, Waiting, about_key, attempts_of, these
from mindfleet.queues import Queue

MOST_LATER, MOST_DUE = 500, 300
"""How many jobs of a queue are looked at: of those that run or wait for their time, and of those that are due."""


@dataclass(frozen=True, kw_only=True)
class Retries:
    """The jobs of a queue that are tried again."""

    jobs: int
    at_least: bool
    """Whether there may be more: the queue is too long to be looked through."""

    error: str
    """What most of them went wrong with last; empty when there are none."""

    def in_words(self, queue: Queue) -> str:
        """`sensory: at least 12 jobs are being tried again; …`"""
        number = f"{'at least ' if self.at_least else ''}{self.jobs}"
        jobs = "job is" if self.jobs == 1 else "jobs are"
        error = f"; the last error: {self.error}" if self.error else ""
        return f"{queue.short}: {number} {jobs} being tried again{error}; see ./bot.sh jobs {queue.short} --retrying"


async def retries(redis: Redis) -> dict[Queue, Retries]:
    """Of every queue."""
    return {queue: await _retries(redis, queue) for queue in Queue}


async def tried_again(redis: Redis, queue: Queue, count: int) -> list[Waiting]:
    """Those that are due first."""
    found, _ = await _looked_at(redis, queue)
    attempts = await _attempts(redis, found)
    again = [job for job, its in zip(found, attempts, strict=True) if its.goes_wrong]
    return await these(redis, queue, again[:count])


async def _retries(redis: Redis, queue: Queue) -> Retries:
    found, is_all = await _looked_at(redis, queue)
    again = [attempts for attempts in await _attempts(redis, found) if attempts.goes_wrong]
    told = [attempts for attempts in again if attempts.last_error]
    failed = [attempts for attempts in told if attempts.failures] or told  # those that were only put off know less
    [(error, _)] = Counter(attempts.last_error for attempts in failed).most_common(1) or [("", 0)]
    return Retries(jobs=len(again), at_least=bool(again) and not is_all, error=error)


async def _looked_at(redis: Redis, queue: Queue) -> tuple[list[Scored], bool]:
    """The first that are due and the next of the others, and whether these are all."""
    now = milliseconds(datetime.now(UTC))
    async with redis.pipeline(transaction=True) as pipe:
        pipe.zrangebyscore(queue.value, "-inf", f"({now}", start=0, num=MOST_DUE, withscores=True)
        pipe.zrangebyscore(queue.value, now, "+inf", start=0, num=MOST_LATER, withscores=True)
        pipe.zcard(queue.value)
        due, later, size = await pipe.execute()
    return [*due, *later], len(due) + len(later) == size


async def _attempts(redis: Redis, found: Sequence[Scored]) -> list[Attempts]:
    async with redis.pipeline(transaction=False) as pipe:
        for job_id, _ in found:
            pipe.execute_command("HMGET", about_key(job_id), *ATTEMPTS)
        return [attempts_of(told) for told in await pipe.execute()]
