"""Parked jobs without a database, for the life of the object."""

import asyncio
from collections import Counter, defaultdict
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import datetime

from mindfleet.ports.parked import EVERY_PARKED, ParkedFilter, ParkedJob


class InMemoryParked:
    """`Parked` in memory."""

    def __init__(self) -> None:
        self._jobs: dict[str, ParkedJob] = {}
        self._untold: set[str] = set()
        self._replaying: defaultdict[str, asyncio.Lock] = defaultdict(asyncio.Lock)

    async def park(self, job: ParkedJob) -> None:
        self._jobs[job.job_id] = replace(job, replayed_at=None, replay_job_id=None)
        self._untold.add(job.job_id)

    async def all(self, which: ParkedFilter = EVERY_PARKED, *, limit: int = 100) -> list[ParkedJob]:
        return sorted(self._like(which), key=lambda job: job.parked_at, reverse=True)[:limit]

    async def ids(self, which: ParkedFilter = EVERY_PARKED) -> list[str]:
        return [job.job_id for job in sorted(self._like(which), key=lambda job: job.parked_at)]

    async def get(self, job_id: str) -> ParkedJob | None:
        return self._jobs.get(job_id)

    async def count(self, which: ParkedFilter = EVERY_PARKED) -> int:
        return len(self._like(which))

    async def counts(self) -> dict[str, int]:
        return dict(Counter(job.queue for job in self._jobs.values()))

    async def discard(self, which: ParkedFilter) -> int:
        gone = self._like(which)
        for job in gone:
            self._forget(job.job_id)
        return len(gone)

    @asynccontextmanager
    async def replaying(self, job_id: str) -> AsyncGenerator[ParkedJob | None]:
        async with self._replaying[job_id]:
            yield self._jobs.get(job_id)

    async def mark_replay(self, job_id: str, replay_job_id: str, at: datetime) -> None:
        if job := self._jobs.get(job_id):
            self._jobs[job_id] = replace(job, replayed_at=at, replay_job_id=replay_job_id)

    async def replayed(self, job_id: str) -> None:
        job = self._jobs.get(job_id)
        if job and job.replayed_at:
            self._forget(job_id)

    async def untold(self, before: datetime) -> list[ParkedJob]:
        found = [job for job in self._like(EVERY_PARKED) if job.job_id in self._untold and job.parked_at < before]
        return sorted(found, key=lambda job: job.parked_at)[:100]

    async def told(self, job: ParkedJob) -> None:
        kept = self._jobs.get(job.job_id)
        if kept and kept.parked_at == job.parked_at:
            self._untold.discard(job.job_id)

    def _forget(self, job_id: str) -> None:
        self._jobs.pop(job_id, None)
        self._untold.discard(job_id)

    def _like(self, which: ParkedFilter) -> list[ParkedJob]:
        return [self._jobs[job_id] for job_id in sorted(self._jobs) if _fits(self._jobs[job_id], which)]


def _fits(job: ParkedJob, which: ParkedFilter) -> bool:
    wanted_and_found = (
        (which.queue, job.queue),
        (which.task, job.task),
        (which.bot_name, job.payload.get("bot_name", job.payload.get("character_name"))),
        (which.user_id, job.payload.get("user_id")),
        (which.error, job.error),
    )
    return (
        all(wanted in (None, found) for wanted, found in wanted_and_found)
        and (which.job_ids is None or job.job_id in which.job_ids)
        and (which.since is None or job.parked_at >= which.since)
        and (which.until is None or job.parked_at < which.until)
    )
