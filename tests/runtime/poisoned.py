"""A worker process with a job that kills it, and others beside that do no harm: started with the address of Redis."""

import asyncio
import os
import signal
import sys
from datetime import timedelta

from mindfleet import BotJob, Queue, Retry, TaskQueue, task
from mindfleet.registry import Registry
from mindfleet.settings import Settings
from mindfleet.testing.in_memory_parked import InMemoryParked
from tests.runtime.fleet_of_one import a_worker

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
        await a_worker(redis_url, queue, TASKS, InMemoryParked(), slots=12).async_run()


if __name__ == "__main__":
    asyncio.run(work(sys.argv[1]))
