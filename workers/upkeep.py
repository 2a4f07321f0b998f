"""What a worker process does beside its jobs: the ledger, recovery, work at fixed times, and the park."""

import asyncio
import logging
from collections.abc import AsyncGenerator
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from datetime import timedelta
from secrets import token_hex

from redis.exceptions import RedisError

from mindfleet.errors import QueueUnavailable, StoreUnavailable
from mindfleet.job import FollowUp
from mindfleet.options import Said
from mindfleet.queues import Queue
from mindfleet.registry import Registry
from mindfleet.runtime.beside import beside
from mindfleet.runtime.ledger_writer import writing
from mindfleet.runtime.parking import Parking, hooks_named
from mindfleet.runtime.putting_back import putting_back
from mindfleet.runtime.recovery import Recovery
from mindfleet.runtime.retention import forget_old
from mindfleet.runtime.stages import Stages
from mindfleet.runtime.timekeeper import Timekeeper, through
from mindfleet.settings import Settings
from mindfleet.task_queue import TaskQueue
from mindfleet.wiring import Opened, cutting
from tasks.triggers import resumed

OFTEN = timedelta(minutes=1)
"""Between two looks at what the park owes to its hooks."""

logger = logging.getLogger(__name__)


@asynccontextmanager
async def upkeep(settings: Settings, opened: Opened, queue: TaskQueue, tasks: Registry) -> AsyncGenerator[Parking]:
    """Everything but jobs, for as long as the body runs; what was lost before is put back first."""
    owner = token_hex(8)
    recovery = _recovery(settings, opened, queue, owner)
    parking = _parking(settings, opened, tasks)
    stop = asyncio.Event()
    keeper = Timekeeper(
        tasks=tasks.values(),
        redis=queue.redis,
        bots=opened.bots,
        last_runs=opened.last_runs,
        enqueue=through(queue),
    )
    async with AsyncExitStack() as stack:
        await stack.enter_async_context(writing(queue.redis, opened.ledger, owner=owner))
        try:
            await recovery.at_start()
        except (StoreUnavailable, QueueUnavailable, RedisError, OSError) as away:
            logger.warning("nothing is put back yet, the sweeps to come make up for it: %s", away)
        await stack.enter_async_context(recovery.running())
        await stack.enter_async_context(beside(keeper.run(stop), _catching_up(parking)))
        stack.push_async_callback(parking.close)
        yield parking
        stop.set()


def _recovery(settings: Settings, opened: Opened, queue: TaskQueue, owner: str) -> Recovery:
    async def tidy() -> int:
        return await forget_old(opened.ledger, opened.effects, older_than=settings.ledger.keep_ended)

    return Recovery(
        redis=queue.redis,
        ledger=opened.ledger,
        put_back=putting_back(queue.redis),
        queues=[each.value for each in Queue],
        owner=owner,
        resume=_stages(settings, opened, queue).resume,
        tidy=tidy,
    )


def _stages(settings: Settings, opened: Opened, queue: TaskQueue) -> Stages:
    async def enqueue(follow_up: FollowUp) -> bool:
        receipt = await queue.put(follow_up.job, due=follow_up.at)
        return receipt.queued

    return Stages(
        conversations=opened.conversations,
        summaries=opened.summaries,
        ledger=opened.ledger,
        clock=opened.clock,
        cutting=cutting(settings),
        follow=resumed,
        id_of=lambda follow_up: queue.entrant(follow_up.job, Said()).job_id,
        enqueue=enqueue,
    )


def _parking(settings: Settings, opened: Opened, tasks: Registry) -> Parking:
    hooks = hooks_named(settings.parked.hooks)
    return Parking(opened.parked, opened.clock, tasks, hooks=hooks, keep=settings.parked.keep)


async def _catching_up(parking: Parking) -> None:
    """Tell the hooks what a dead worker did not, and forget what is old."""
    while True:
        with suppress(StoreUnavailable):
            await parking.catch_up()
        await asyncio.sleep(OFTEN.total_seconds())
