"""What lies in the queues, read without taking anything; docs/decisions/0010-engine.md says what a score means."""

# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false
# The types that redis ships are not complete.

from collections.abc import AsyncGenerator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from redis.asyncio import Redis
from redis.exceptions import RedisError

from mindfleet.errors import QueueUnavailable
from mindfleet.observe.heartbeat import workers
from mindfleet.queues import Queue
from mindfleet.settings import Settings
from mindfleet.settings.values import without_password

ANSWERS_WITHIN = 3.0
"""Seconds."""

_FILED = 10**13
"""What was subtracted from the due time of a job that waits for a slot."""


@dataclass(frozen=True, kw_only=True)
class QueueState:
    """How one queue is."""

    ready: int
    """Due, and not taken by a worker."""

    running: int
    deferred: int
    """Due later."""

    oldest: timedelta | None
    """How long the job that is ready longest has been so."""

    worker: bool
    """Whether a worker of this queue has given a heartbeat of late."""


@asynccontextmanager
async def connected(settings: Settings) -> AsyncGenerator[Redis]:
    """Redis as the settings name it.

    Raises:
        QueueUnavailable: it does not answer, here or in the body.
    """
    url = settings.redis.url.get_secret_value()
    redis: Redis = Redis.from_url(url, socket_timeout=ANSWERS_WITHIN, socket_connect_timeout=ANSWERS_WITHIN)
    try:
        await redis.ping()
        yield redis
    except (RedisError, OSError) as error:
        raise QueueUnavailable(f"Redis at {without_password(url)} does not answer: {error}") from error
    finally:
        await redis.aclose()


async def states(redis: Redis) -> dict[Queue, QueueState]:
    """Every queue, at nearly one moment."""
    now = datetime.now(UTC)
    worked_off = {name for worker in await workers(redis) for name in worker.queues}
    return {queue: await _state(redis, queue, now, worker=queue.short in worked_off) for queue in Queue}


async def outstanding(redis: Redis, timers: Sequence[str]) -> dict[Queue, int]:
    """How many jobs each queue holds, without the deferred ones of these tasks; one consistent reading.

    A running job stays in its queue until it has ended, and what follows from it is enqueued before that.
    """
    now = milliseconds(datetime.now(UTC))
    async with redis.pipeline(transaction=True) as pipe:
        for queue in Queue:
            pipe.zcard(queue.value)
            pipe.zrangebyscore(queue.value, f"({now}", "+inf")
            pipe.hkeys(running_key(queue))
        answers = await pipe.execute()
    return {
        queue: size - sum(_task_of(job_id.decode()) in timers for job_id in set(later) - set(running))
        for queue, size, later, running in zip(Queue, answers[::3], answers[1::3], answers[2::3], strict=True)
    }


def due_at(score: float) -> datetime:
    """When a job with this score in its queue is due."""
    return datetime.fromtimestamp((score + _FILED if score < 0 else score) / 1000, UTC)


def running_key(queue: Queue) -> str:
    """Of the hash of those that run."""
    return f"mindfleet:running:{queue.value}"


def milliseconds(moment: datetime) -> int:
    """As scores have it."""
    return int(moment.timestamp() * 1000)


async def _state(redis: Redis, queue: Queue, now: datetime, *, worker: bool) -> QueueState:
    async with redis.pipeline(transaction=True) as pipe:
        pipe.zcount(queue.value, "-inf", milliseconds(now))
        pipe.zcount(queue.value, f"({milliseconds(now)}", "+inf")
        pipe.hlen(running_key(queue))
        pipe.zrange(queue.value, 0, 0, withscores=True)
        due, later, running, head = await pipe.execute()
    oldest = due_at(head[0][1]) if head and due else None
    return QueueState(
        ready=due,
        running=running,
        deferred=max(0, later - running),
        oldest=None if oldest is None else max(timedelta(), now - oldest),
        worker=worker,
    )


def _task_of(job_id: str) -> str:
    """The task in the id of a job that has a key."""
    return job_id.partition(":")[0]
