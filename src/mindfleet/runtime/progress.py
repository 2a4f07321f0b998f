"""The progress of a running job, as a short stream in Redis."""

import logging

from redis.exceptions import RedisError

from mindfleet.current_job import current_job
from mindfleet.jobs import PROGRESS_KEPT, progress_key
from mindfleet.task_queue import TaskQueue

REPORTS_KEPT = 100

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
            async with self._queue.redis.pipeline(transaction=False) as pipe:
                pipe.xadd(
                    progress_key(job.job_id),
                    {"event": "progress", "done": done, "total": total, "note": note},
                    maxlen=REPORTS_KEPT,
                )
                pipe.expire(progress_key(job.job_id), PROGRESS_KEPT)
                await pipe.execute()
        except (RedisError, OSError) as away:
            logger.warning("no progress is shown, as Redis is away: %s", away)
