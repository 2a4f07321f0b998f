"""Asking, just before something leaves the house, whether the job is still this worker's."""

from redis.exceptions import RedisError

from mindfleet.current_job import current_job
from mindfleet.errors import LeaseLost, QueueUnavailable


async def still_ours() -> None:
    """Go on only when the running job is still this worker's.

    Raises:
        LeaseLost: another worker has it, or may have it.
        QueueUnavailable: Redis is away, so that nobody knows; nothing may be sent now.
    """
    job = current_job.get()
    if job is None:
        return
    try:
        if not await job.still_ours():
            raise LeaseLost(f"job {job.job_id} belongs to another worker by now")
    except (RedisError, OSError) as away:
        raise QueueUnavailable(
            f"whether job {job.job_id} is still ours is not known, as Redis is away: {away}"
        ) from away
