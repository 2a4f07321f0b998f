"""The jobs that have not ended, read without taking anything; docs/decisions/0010-engine.md says what keys hold."""

# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false
# The types that redis ships are not complete.

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from arq.constants import in_progress_key_prefix, job_key_prefix
from redis.asyncio import Redis

from mindfleet.cli.queues import due_at, running_key
from mindfleet.errors import Postpone
from mindfleet.queues import Queue
from mindfleet.wire import Envelope, Unreadable, decode

NO_LONGER = b"over"
"""Instead of a token in the lock of a cron job of arq's that has ended."""

ATTEMPTS = ("starts", "fails", "deaths", "why")
"""Fields of a job's hash, as those of `Attempts`."""

PLACE = ("due", "prio", "lane", "gate")

TOO_EARLY = f"{Postpone.__name__}: "

Scored = tuple[bytes, float]
"""A job's id and its score, as Redis has them."""

Told = bytes | None


@dataclass(frozen=True, kw_only=True)
class Attempts:
    """What became of a job so far."""

    starts: int
    failures: int
    lost: int
    """Workers that died under it since an attempt last ended by itself."""

    why: str
    """What its last attempt ended with, in a line."""

    @property
    def last_error(self) -> str:
        """What went wrong last; of a job that came too early, why it was put off."""
        return "its worker was lost" if self.lost else self.why

    @property
    def goes_wrong(self) -> bool:
        """Whether it has to be tried again; a task that puts itself off until its time has come is well."""
        return bool(self.failures or self.lost or (self.why and not self.why.startswith(TOO_EARLY)))


@dataclass(frozen=True, kw_only=True)
class Waiting:
    """One job of a queue."""

    job_id: str
    queue: Queue
    task: str
    state: str
    """`ready`, `running`, `deferred`, or `retrying`: it waits for its next try."""

    due: datetime
    enqueued: datetime | None
    attempts: Attempts
    worker: str
    """That runs it; empty when none does, or one of arq's own."""

    priority: int | None
    """None: no worker has seen it yet."""

    order: str
    """The name of the order in which it runs; empty: of none."""

    gate: str
    """At which it waits; empty: at none."""

    payload: dict[str, Any]


async def first(redis: Redis, queue: Queue, count: int) -> list[Waiting]:
    """The jobs that are due first; those that run come last."""
    return await these(redis, queue, await redis.zrange(queue.value, 0, count - 1, withscores=True))


async def one(redis: Redis, job_id: str) -> Waiting | None:
    """A job, on whichever queue it is."""
    async with redis.pipeline(transaction=True) as pipe:
        for queue in Queue:
            pipe.zscore(queue.value, job_id)
        scores = await pipe.execute()
    for queue, score in zip(Queue, scores, strict=True):
        if score is not None:
            return (await these(redis, queue, [(job_id.encode(), score)]))[0]
    return None


async def these(redis: Redis, queue: Queue, found: Sequence[Scored]) -> list[Waiting]:
    """All that is to be known of these jobs."""
    async with redis.pipeline(transaction=False) as pipe:
        for job_id, _ in found:
            pipe.get(job_key_prefix.encode() + job_id)
            pipe.get(in_progress_key_prefix.encode() + job_id)
            pipe.execute_command("HGET", running_key(queue), job_id)
            pipe.execute_command("HMGET", about_key(job_id), *ATTEMPTS, *PLACE)
        answers = await pipe.execute()
    rows = zip(found, answers[::4], answers[1::4], answers[2::4], answers[3::4], strict=True)
    return [_waiting(job, queue, data, (lock, runs), about) for job, data, lock, runs, about in rows]


def about_key(job_id: bytes) -> bytes:
    """Of a job's hash."""
    return b"mindfleet:job:" + job_id


def attempts_of(told: Sequence[Told]) -> Attempts:
    """The fields `ATTEMPTS` of a job's hash, as Redis has them."""
    starts, failures, lost = (int(number or 0) for number in told[:3])
    return Attempts(starts=starts, failures=failures, lost=lost, why=_text(told[3]))


def _waiting(job: Scored, queue: Queue, data: Told, held: tuple[Told, Told], about: Sequence[Told]) -> Waiting:
    envelope, attempts, (lock, runs) = _read(data), attempts_of(about), held
    its_due, priority, order, gate = about[len(ATTEMPTS) :]
    is_running = bool(runs or lock not in (None, NO_LONGER))
    due = due_at(float(its_due) if is_running and its_due else job[1])
    enqueued = envelope.get("et")
    return Waiting(
        job_id=_text(job[0]),
        queue=queue,
        task=envelope.get("f") or "(expired)",
        state=_state(due, attempts, is_running=is_running),
        due=due,
        enqueued=datetime.fromtimestamp(enqueued / 1000, UTC) if enqueued else None,
        attempts=attempts,
        worker=_text(runs).partition(" ")[0].partition("~")[0],
        priority=int(priority) if priority else None,
        order=_text(order),
        gate=_text(gate),
        payload=envelope.get("k") or {},
    )


def _state(due: datetime, attempts: Attempts, *, is_running: bool) -> str:
    if is_running:
        return "running"
    if due <= datetime.now(UTC):
        return "ready"
    return "retrying" if attempts.goes_wrong else "deferred"


def _read(data: Told) -> Envelope:
    try:
        return decode(data) if data else {}
    except Unreadable:
        return {"f": "(unreadable)"}


def _text(told: Told) -> str:
    return (told or b"").decode(errors="replace")
