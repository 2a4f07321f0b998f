"""The two tasks that the fleet runs when it is measured; written as any task is."""

import asyncio
from datetime import timedelta

from mindfleet.job import Done, Job
from mindfleet.queues import Queue
from mindfleet.retry import Retry
from mindfleet.task import task
from scripts.benching.peers import program

PROBE = program.probe()
RETRY = Retry(attempts=5)
LIMIT = timedelta(seconds=program.JOB_TIMEOUT_S)


class Nothing(Job):
    """Does nothing; a second one of the same name is a duplicate until the first is done."""

    name: str

    def key(self) -> str:
        return self.name


class Hold(Job):
    """Notes its start, and sleeps."""

    sent_ns: int
    hold_s: float


@task(queue=Queue.SENSORY, timeout=LIMIT, retry=RETRY, unique="done")
async def run_nothing(job: Nothing) -> Done:  # noqa: ARG001 - what a task looks like
    """Count."""
    PROBE.count()
    return Done()


@task(queue=Queue.SENSORY, timeout=LIMIT, retry=RETRY)
async def run_hold(job: Hold) -> Done:
    """Note when it started."""
    PROBE.note(job.sent_ns)
    await asyncio.sleep(job.hold_s)
    return Done()
