"""Reading and steering one job from outside: its status, result, progress, and its end."""

import asyncio
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from time import time
from typing import Any

from redis.asyncio import Redis

from mindfleet.errors import MindfleetError
from mindfleet.queues import Queue
from mindfleet.wire import JobFailed, decode

CANCEL_CHANNEL = "mindfleet:cancel"
"""Workers listen here for the ids of jobs to stop."""

CANCEL_ASKED_FOR = timedelta(hours=1)
"""How long the wish to cancel is kept for a worker that did not hear it."""

PROGRESS_KEPT = timedelta(days=1)


def cancel_key(job_id: str) -> str:
    return f"mindfleet:cancel:{job_id}"


def progress_key(job_id: str) -> str:
    return f"task:{job_id}:progress"


class JobStatus(StrEnum):
    """Where a job is."""

    QUEUED = "queued"
    DEFERRED = "deferred"
    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"
    UNKNOWN = "unknown"
    """There is no such job, or its result is no longer kept."""


class JobPending(MindfleetError, TimeoutError):
    """The job has no result yet."""


@dataclass(frozen=True)
class Progress:
    """What a running task last said of itself."""

    done: int
    total: int
    note: str


class JobHandle:
    """One job, by its id."""

    def __init__(self, job_id: str, redis: Redis) -> None:
        self.id = job_id
        self._redis = redis

    async def status(self) -> JobStatus:
        """Where the job is now."""
        async with self._redis.pipeline(transaction=True) as pipe:
            pipe.get(f"arq:result:{self.id}")
            pipe.exists(f"arq:in-progress:{self.id}")
            for queue in Queue:
                pipe.zscore(queue.value, self.id)
            result, running, *scores = await pipe.execute()
        due = [score for score in scores if score is not None]
        if due:
            if running:
                return JobStatus.RUNNING
            return JobStatus.DEFERRED if due[0] > time() * 1000 else JobStatus.QUEUED
        if result:
            return JobStatus.DONE if decode(result)["s"] else JobStatus.FAILED
        return JobStatus.UNKNOWN

    async def result(self) -> Any:  # noqa: ANN401 - each task has its own
        """What the task returned, as plain JSON values.

        Raises:
            JobPending: it has not ended, or its result is no longer kept.
            JobFailed: it was parked, or cancelled.
        """
        raw = await self._redis.get(f"arq:result:{self.id}")
        if raw is None:
            raise JobPending(f"job {self.id} has no result: it has not ended, or its result is no longer kept")
        envelope = decode(raw)
        if not envelope["s"]:
            raise envelope["r"] if isinstance(envelope["r"], JobFailed) else JobFailed("Failed", str(envelope["r"]))
        return envelope["r"]

    async def progress(self) -> Progress | None:
        """What the task last reported, or None."""
        entries = await self._redis.xrevrange(progress_key(self.id), count=1)
        if not entries:
            return None
        fields = {key.decode(): value.decode() for key, value in entries[0][1].items()}
        return Progress(int(fields["done"]), int(fields["total"]), fields["note"])

    async def cancel(self) -> bool:
        """Ask for the end of the job: a waiting one is taken away, a running one is stopped by its worker.

        Returns:
            Whether there was such a job to cancel.
        """
        status = await self.status()
        if status not in (JobStatus.QUEUED, JobStatus.DEFERRED, JobStatus.RUNNING):
            return False
        await self._redis.set(cancel_key(self.id), "1", ex=CANCEL_ASKED_FOR)
        await self._redis.publish(CANCEL_CHANNEL, self.id)
        if status is not JobStatus.RUNNING:
            await self._hurry()
        return True

    async def wait(self, timeout: float) -> Any:  # noqa: ANN401, ASYNC109 - the public name; enforced below
        """The result, as soon as there is one.

        Raises:
            JobPending: there is none after `timeout` seconds; the job goes on.
            JobFailed: it was parked, or cancelled.
        """
        pause = 0.02
        try:
            async with asyncio.timeout(timeout):
                while not await self._redis.exists(f"arq:result:{self.id}"):
                    await asyncio.sleep(pause)
                    pause = min(pause * 1.5, 0.5)
        except TimeoutError:
            raise JobPending(f"job {self.id} did not end within {timeout:g} s; it goes on") from None
        return await self.result()

    async def _hurry(self) -> None:
        """Make a waiting job due, so that a worker ends it as cancelled and keeps that as its result."""
        for queue in Queue:
            await self._redis.zadd(queue.value, {self.id: int(time() * 1000)}, xx=True)
