"""`Job.abort()` of arq: a sorted set of ids, in which nothing may grow old.

An id stays there until its job ends, and an abort from before its job was enqueued is none of that job's.
"""

from arq.constants import abort_jobs_ss, job_key_prefix
from arq.utils import timestamp_ms
from redis.asyncio import Redis

OLD = 60_000
"""ms after which an abort is forgotten if there is no such job; one that waits longer is aborted all the same."""


class Aborts:
    """Who is to be aborted, as of the last look."""

    def __init__(self) -> None:
        self._asked: dict[str, float] = {}

    async def look(self, redis: Redis) -> None:
        """Read the set anew, and forget what is old."""
        entries: list[tuple[bytes, float]] = await redis.zrange(abort_jobs_ss, 0, -1, withscores=True)
        self._asked = {member.decode(): asked for member, asked in entries}
        if old := [job_id for job_id, asked in self._asked.items() if asked < timestamp_ms() - OLD]:
            await _forget_unmet(redis, old)

    def wants(self, job_id: str, enqueued: int | None) -> bool:
        """Whether this job, enqueued at that time (ms; None: not known yet), is to be aborted."""
        asked = self._asked.get(job_id)
        return enqueued is not None and asked is not None and asked >= enqueued


async def _forget_unmet(redis: Redis, job_ids: list[str]) -> None:
    async with redis.pipeline(transaction=False) as pipe:
        for job_id in job_ids:
            pipe.exists(job_key_prefix + job_id)
        found = await pipe.execute()
    if unmet := [job_id for job_id, is_there in zip(job_ids, found, strict=True) if not is_there]:
        await redis.zrem(abort_jobs_ss, *unmet)
