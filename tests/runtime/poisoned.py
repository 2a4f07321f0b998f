"""A worker process with a job that kills it, and others beside that do no harm: started with the address of Redis."""

import asyncio
import os
import signal
import sys
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from datetime import timedelta

from arq.connections import RedisSettings

from mindfleet import BotJob, Queue, Retry, TaskQueue, task
from mindfleet.adapters.clock import WallClock
from mindfleet.registry import Registry
from mindfleet.runtime.executor import Executor
from mindfleet.runtime.parking import Parking
from mindfleet.runtime.pipeline import Fleet
from mindfleet.runtime.worker_settings import QueueSettings, made, worker_settings
from mindfleet.settings import Settings
from mindfleet.testing.in_memory_parked import InMemoryParked
from mindfleet.wire import ENCODERS

STRIKES_AFTER = 0.3
"""Seconds."""


class Errand(BotJob):
    seconds: float


@task(queue=Queue.SENSORY, timeout=timedelta(seconds=20), retry=Retry(attempts=3))
async def run_pill(job: BotJob) -> None:
    """Take the process along."""
    del job
    await asyncio.sleep(STRIKES_AFTER)
    os.kill(os.getpid(), signal.SIGKILL)


@task(queue=Queue.SENSORY, timeout=timedelta(seconds=20), retry=Retry(attempts=3))
async def run_errand(job: Errand) -> None:
    """Take a while."""
    await asyncio.sleep(job.seconds)


TASKS = Registry([run_pill, run_errand])


async def work(redis_url: str) -> None:
    """Until somebody ends it."""
    async with TaskQueue(redis_url, bot_name="juniper", settings=Settings(), tasks=TASKS) as queue:
        clock = WallClock()
        fleet = Fleet(
            Executor(TASKS, {}, enabled=lambda _: True), queue, Parking(InMemoryParked(), clock, TASKS), clock
        )

        @asynccontextmanager
        async def opened() -> AsyncGenerator[Fleet]:
            yield fleet

        settings = worker_settings(
            QueueSettings(
                queue=Queue.SENSORY,
                max_jobs=12,
                job_timeout=timedelta(seconds=20),
                keep_result=timedelta(minutes=1),
                drain=timedelta(),
                worker_id=f"worker-{os.getpid()}",
                lease=timedelta(seconds=0.8),
            ),
            TASKS,
            redis=RedisSettings.from_dsn(redis_url),
            encode=ENCODERS["json"],
            fleet=opened,
        )
        await made(settings, handle_signals=False).async_run()


if __name__ == "__main__":
    asyncio.run(work(sys.argv[1]))
