"""Parked jobs without a database, for the life of the object."""

from collections import Counter

from mindfleet.ports.parked import ParkedJob


class InMemoryParked:
    """`Parked` in memory."""

    def __init__(self) -> None:
        self._jobs: dict[str, ParkedJob] = {}

    async def park(self, job: ParkedJob) -> None:
        self._jobs[job.job_id] = job

    async def all(self, *, queue: str | None = None, limit: int = 100) -> list[ParkedJob]:
        wanted = [self._jobs[job_id] for job_id in sorted(self._jobs) if queue in (None, self._jobs[job_id].queue)]
        return sorted(wanted, key=lambda job: job.parked_at, reverse=True)[:limit]

    async def counts(self) -> dict[str, int]:
        return dict(Counter(job.queue for job in self._jobs.values()))
