"""The way back into Redis, for jobs that only the ledger has."""

from collections.abc import Sequence
from datetime import UTC, datetime

from redis.asyncio import Redis

from mindfleet.entrants import Entrant
from mindfleet.lua import PUT_BACK, Argument
from mindfleet.ports.ledger import DurableJob
from mindfleet.runtime.reconcile import PutBack

LATEST = int(datetime(9999, 12, 31, tzinfo=UTC).timestamp() * 1000)


def putting_back(redis: Redis) -> PutBack:
    """Puts jobs back as they were: with their failures, in their order, and with starts that nobody before them had."""

    async def put_back(jobs: Sequence[DurableJob]) -> int:
        told = [argument for job in jobs for argument in _arguments(job)]
        put: int = await PUT_BACK(redis, len(jobs), *told)
        return put

    return put_back


def _arguments(job: DurableJob) -> Sequence[Argument]:
    entrant = Entrant(
        job_id=job.id,
        queue=job.queue,
        data=job.envelope,
        due=_moment(job.due),
        task=job.task,
        bot_name=job.bot_name,
        user=job.user_id,
        priority=5 if job.priority is None else job.priority,
        lane=job.lane,
        gates=tuple(job.gates.split()),
        deadline=None
        if job.merged
        else _moment(job.deadline),  # the later ones are worth it for longer, nobody knows how long
        name=job.name,
        unique=job.unique,
        merge=job.merge,
        supersede=job.supersede,
        again="1",
    )
    return (*entrant.arguments(), job.fails, job.starts, len(job.merged), *job.merged)


def _moment(ms: int | None) -> datetime | None:
    """The nearest that there is: a stock producer may name any time."""
    return None if ms is None else datetime.fromtimestamp(min(max(ms, 0), LATEST) / 1000, UTC)
