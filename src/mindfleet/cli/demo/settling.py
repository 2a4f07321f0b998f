"""Waits until the fleet has thought everything through: nothing is ready, running or gathering."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from time import monotonic

from redis.asyncio import Redis
from redis.exceptions import RedisError

from mindfleet.cli.demo.stage import Cell
from mindfleet.cli.exits import CommandFailed
from mindfleet.cli.queues import outstanding
from mindfleet.errors import StoreUnavailable
from mindfleet.ports.conversations import Conversations
from mindfleet.queues import Queue
from mindfleet.runtime.outcomes import RUNS_AGAIN, counts_key

SESSION_TIMER = "run_session_timeout"
WINDOW_TIMER = "run_window_analysis"
"""Deferred jobs of these tasks only wait for time to pass."""

LOOK_EVERY = 0.05
"""Seconds."""

PATIENCE = timedelta(minutes=2)
"""Without any progress; what a killed worker leaves behind runs again within seconds."""


@dataclass(frozen=True)
class Work:
    """What the fleet has done, and what it has before it."""

    ended: int
    waiting: int


async def settled(cell: Cell, redis: Redis, conversations: Conversations, *, seen: Callable[[Work], None]) -> None:
    """Return once all is done; armed timers of sessions do not count.

    Args:
        cell: the workers.
        redis: their queues.
        conversations: the transcripts.
        seen: called at each look.

    Raises:
        CommandFailed: the workers or stores do not run any more, or nothing moves.
    """
    last, since = Work(-1, -1), monotonic()
    while True:
        work = await _look(redis)
        if work is not None:
            seen(work)
            if not work.waiting and await _nothing_gathers(redis, conversations):
                return
            if work != last:
                last, since = work, monotonic()
        if not cell.alive():
            raise CommandFailed("the demo's stores or workers do not stay up")
        if monotonic() - since > PATIENCE.total_seconds():
            raise CommandFailed(_stuck(last))
        await asyncio.sleep(LOOK_EVERY)


async def _look(redis: Redis) -> Work | None:
    """None while Redis is away: it will be back."""
    try:
        waiting = await outstanding(redis, (SESSION_TIMER, WINDOW_TIMER))
        return Work(await _ended(redis), sum(waiting.values()))
    except (RedisError, OSError):
        return None


async def _nothing_gathers(redis: Redis, conversations: Conversations) -> bool:
    """Whether every window is analysed, or at least none waits for its time: one that is parked never will be."""
    try:
        if await conversations.gathering() == 0:
            return True
        return sum((await outstanding(redis, (SESSION_TIMER,))).values()) == 0
    except (StoreUnavailable, RedisError, OSError):
        return False


async def _ended(redis: Redis) -> int:
    return sum(
        count
        for counts in (await job_counts(redis)).values()
        for outcome, count in counts.items()
        if outcome not in RUNS_AGAIN
    )


async def job_counts(redis: Redis) -> dict[Queue, dict[str, int]]:
    """How many jobs of each queue were done, retried, postponed, parked, skipped and cancelled."""
    async with redis.pipeline(transaction=True) as pipe:
        for queue in Queue:
            pipe.hgetall(counts_key(queue))
        answers: list[dict[bytes, bytes]] = await pipe.execute()
    return {
        queue: {outcome.decode(): int(count) for outcome, count in counts.items()}
        for queue, counts in zip(Queue, answers, strict=True)
    }


def _stuck(work: Work) -> str:
    minutes = PATIENCE.total_seconds() / 60
    return f"nothing has moved for {minutes:.0f} minutes: {work.ended} jobs have ended, {work.waiting} wait"
