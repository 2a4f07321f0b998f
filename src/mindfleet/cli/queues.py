"""What lies in the queues, read without taking anything: arq's sorted sets, jobs by when they are due."""

# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false
# The types that redis ships are not complete.

from collections.abc import AsyncGenerator, AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from arq.constants import health_check_key_suffix, in_progress_key_prefix, job_key_prefix
from redis.asyncio import Redis
from redis.exceptions import RedisError

from mindfleet.errors import QueueUnavailable
from mindfleet.queues import Queue
from mindfleet.settings import Settings
from mindfleet.settings.values import without_password
from mindfleet.wire import Envelope, Unreadable, decode

ANSWERS_WITHIN = 3.0
"""Seconds."""

_SCANNED_AT_ONCE = 5000


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
    """Whether a worker of this queue has shown a sign of life of late."""


@dataclass(frozen=True, kw_only=True)
class Waiting:
    """One job of a queue."""

    job_id: str
    task: str
    state: str
    """`ready`, `running` or `deferred`."""

    due: datetime
    enqueued: datetime | None
    payload: dict[str, Any]


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
    """Every queue, at nearly one moment: a job that a worker takes meanwhile may be counted as running and as ready."""
    now = datetime.now(UTC)
    running = await _running(redis)
    return {queue: await _state(redis, queue, running, now) for queue in Queue}


async def outstanding(redis: Redis, timers: Sequence[str]) -> dict[Queue, int]:
    """How many jobs each queue holds, without the deferred ones of these tasks; one consistent reading.

    A running job stays in its queue until it has ended, and what follows from it is enqueued before that.
    """
    now = _milliseconds(datetime.now(UTC))
    async with redis.pipeline(transaction=True) as pipe:
        for queue in Queue:
            pipe.zcard(queue.value)
            pipe.zrangebyscore(queue.value, f"({now}", "+inf")
        answers = await pipe.execute()
    return {
        queue: size - sum(_task_of(job_id.decode()) in timers for job_id in deferred)
        for queue, size, deferred in zip(Queue, answers[::2], answers[1::2], strict=True)
    }


async def first(redis: Redis, queue: Queue, count: int) -> list[Waiting]:
    """The jobs that are due first."""
    now = datetime.now(UTC)
    found: list[tuple[bytes, float]] = await redis.zrange(queue.value, 0, count - 1, withscores=True)
    async with redis.pipeline(transaction=False) as pipe:
        for job_id, _ in found:
            pipe.get(job_key_prefix.encode() + job_id)
            pipe.exists(in_progress_key_prefix.encode() + job_id)
        answers = await pipe.execute()
    return [
        _waiting(job_id.decode(), datetime.fromtimestamp(score / 1000, UTC), data, bool(is_running), now)
        for (job_id, score), data, is_running in zip(found, answers[::2], answers[1::2], strict=True)
    ]


async def _running(redis: Redis) -> set[bytes]:
    """The ids of the jobs that workers hold."""
    prefix = in_progress_key_prefix.encode()
    keys: AsyncIterator[bytes] = redis.scan_iter(match=prefix + b"*", count=_SCANNED_AT_ONCE)
    return {key.removeprefix(prefix) async for key in keys}


async def _state(redis: Redis, queue: Queue, running: set[bytes], now: datetime) -> QueueState:
    async with redis.pipeline(transaction=True) as pipe:
        pipe.zcard(queue.value)
        pipe.zrangebyscore(queue.value, "-inf", _milliseconds(now), start=0, num=len(running) + 1, withscores=True)
        pipe.zcount(queue.value, "-inf", _milliseconds(now))
        pipe.exists(queue.value + health_check_key_suffix)
        for job_id in running:
            pipe.zscore(queue.value, job_id)
        size, oldest, due, worker, *held = await pipe.execute()
    here = sum(score is not None for score in held)
    waits = next((score for job_id, score in oldest if job_id not in running), None)
    return QueueState(
        ready=max(0, due - here),
        running=here,
        deferred=size - due,
        oldest=None if waits is None else max(timedelta(), now - datetime.fromtimestamp(waits / 1000, UTC)),
        worker=bool(worker),
    )


def _waiting(job_id: str, due: datetime, data: bytes | None, is_running: bool, now: datetime) -> Waiting:  # noqa: FBT001 - a row
    try:
        envelope: Envelope = decode(data) if data else {}
    except Unreadable:
        envelope = {"f": "(unreadable)"}
    enqueued = envelope.get("et")
    return Waiting(
        job_id=job_id,
        task=envelope.get("f") or "(expired)",
        state="running" if is_running else "deferred" if due > now else "ready",
        due=due,
        enqueued=datetime.fromtimestamp(enqueued / 1000, UTC) if enqueued else None,
        payload=envelope.get("k") or {},
    )


def _task_of(job_id: str) -> str:
    """The task in the id of a job that has a key."""
    return job_id.partition(":")[0]


def _milliseconds(moment: datetime) -> int:
    return int(moment.timestamp() * 1000)
