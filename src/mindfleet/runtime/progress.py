"""The progress of a running job, as an event of its stream in Redis."""

import logging

from redis.exceptions import RedisError

from mindfleet import lua
from mindfleet.current_job import JobContext, current_job
from mindfleet.task_queue import TaskQueue

LONGEST_NOTE = 1000
"""Characters."""

logger = logging.getLogger(__name__)


class RedisProgress:
    """The port `Progress`, for whichever job is running here; a job goes on when it cannot say how far it is."""

    def __init__(self, queue: TaskQueue) -> None:
        self._queue = queue

    async def report(self, done: int, total: int, note: str = "") -> None:
        job = current_job.get()
        if job is None:
            return
        job.limit.prolong()
        try:
            await self._tell(job, done, total, _sendable(note[:LONGEST_NOTE]))
        except (RedisError, OSError) as away:
            logger.warning("no progress is shown, as Redis is away: %s", away)

    async def _tell(self, job: JobContext, done: int, total: int, note: str) -> None:
        """Nothing is told of a job that was lost to another worker."""
        holds = await lua.REPORT(self._queue.redis, job.job_id, job.token, done, total, note)
        if not holds:
            logger.debug("progress of job %s is not told: it is no longer held here", job.job_id)


def _sendable(text: str) -> str:
    """Half of a character, as models write one now and then, can be sent to no server."""
    return text.encode(errors="backslashreplace").decode()
