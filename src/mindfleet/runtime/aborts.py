"""`Job.abort()` of arq: a sorted set of ids, in which nothing may grow old.

An id stays there only until it is acted on, and an abort from before its job was enqueued is none of that job's.
"""

from collections.abc import Container

from arq.constants import abort_jobs_ss
from arq.utils import timestamp_ms
from redis.asyncio import Redis

OLD = 60_000
"""ms after which an abort that met no job is forgotten."""


class Aborts:
    """Who is to be aborted, as of the last look."""

    def __init__(self) -> None:
        self._asked: dict[str, float] = {}

    async def look(self, redis: Redis) -> None:
        """Read the set anew, and forget what is old."""
        entries: list[tuple[bytes, float]] = await redis.zrange(abort_jobs_ss, 0, -1, withscores=True)
        self._asked = {member.decode(): asked for member, asked in entries}
        if any(asked < timestamp_ms() - OLD for asked in self._asked.values()):
            await redis.zremrangebyscore(abort_jobs_ss, 0, timestamp_ms() - OLD)

    def among(self, jobs: Container[str]) -> list[str]:
        """Those of the jobs that are to be aborted."""
        return [job_id for job_id in self._asked if job_id in jobs]

    def wants(self, job_id: str, enqueued: int) -> bool:
        """Whether this job, enqueued at that time (ms), is to be aborted."""
        return self._asked.get(job_id, -1) >= enqueued

    async def forget(self, redis: Redis, job_id: str) -> None:
        """It was acted on."""
        if self._asked.pop(job_id, None) is not None:
            await redis.zrem(abort_jobs_ss, job_id)
