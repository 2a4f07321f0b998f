"""A real worker tells of real tasks."""

import asyncio
import json
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from time import monotonic

import pytest
from arq.connections import RedisSettings
from redis.asyncio import Redis

from mindfleet import BotJob, Done, JobFailed, Queue, Retry, TaskQueue, task
from mindfleet.ports.progress import Progress
from mindfleet.registry import Registry
from mindfleet.runtime.executor import Executor
from mindfleet.runtime.parking import Parking
from mindfleet.runtime.pipeline import Fleet
from mindfleet.runtime.progress import RedisProgress
from mindfleet.runtime.worker_settings import QueueSettings, made, stopped, worker_settings
from mindfleet.settings import Settings
from mindfleet.testing.in_memory_parked import InMemoryParked
from mindfleet.wire import ENCODERS
from tests.jobs.server import Server
from tests.jobs.test_results import said

pytestmark = pytest.mark.stack

CHANNEL = "ends"
QUICK = Retry(attempts=2, first=timedelta(milliseconds=10))
reached = asyncio.Event()


class Steps(BotJob): ...


class Stumble(BotJob): ...


class Brooding(BotJob): ...


@task(queue=Queue.SENSORY, timeout=timedelta(seconds=5), retry=QUICK)
async def run_steps(job: Steps, progress: Progress) -> Done:
    """Two steps."""
    await progress.report(1, 2, "half")
    await progress.report(2, 2, "whole")
    return Done(result={"steps": 2})


@task(queue=Queue.SENSORY, timeout=timedelta(seconds=5), retry=QUICK)
async def run_stumble(job: Stumble, progress: Progress) -> None:
    """Never comes anywhere."""
    raise ConnectionError("away")


@task(queue=Queue.SENSORY, timeout=timedelta(seconds=60), retry=QUICK)
async def run_brooding(job: Brooding, progress: Progress) -> None:
    """Never ends."""
    reached.set()
    await asyncio.Event().wait()


TASKS = Registry([run_steps, run_stumble, run_brooding])


class Now:
    def now(self) -> datetime:
        return datetime.now(UTC)


@pytest.fixture
async def queue(redis: Redis, valkey: Server) -> AsyncGenerator[TaskQueue]:
    """With a worker beside it."""
    async with (
        TaskQueue(valkey.url, bot_name="juniper", settings=Settings(), tasks=TASKS) as queue,
        working(valkey, queue),
    ):
        yield queue


@asynccontextmanager
async def working(valkey: Server, queue: TaskQueue) -> AsyncGenerator[None]:
    @asynccontextmanager
    async def fleet() -> AsyncGenerator[Fleet]:
        yield Fleet(
            Executor(TASKS, {Progress: RedisProgress(queue)}, enabled=lambda _: True),
            queue,
            Parking(InMemoryParked(), Now(), TASKS),
            Now(),
        )

    settings = worker_settings(
        QueueSettings(
            queue=Queue.SENSORY,
            max_jobs=5,
            job_timeout=timedelta(seconds=10),
            keep_result=timedelta(minutes=1),
            drain=timedelta(0),
            worker_id="one",
            results=f"10000 {CHANNEL}",
        ),
        TASKS,
        redis=RedisSettings.from_dsn(valkey.url),
        encode=ENCODERS["json"],
        fleet=fleet,
    )
    worker = made(settings, handle_signals=False)
    running = asyncio.create_task(worker.async_run())
    try:
        yield
    finally:
        await stopped(worker, running, timedelta())


async def kinds(queue: TaskQueue, job_id: str) -> list[str]:
    async with asyncio.timeout(20):
        return [event.kind async for event in queue.job(job_id).events()]


async def test_a_task_reports_how_far_it_is(queue: TaskQueue) -> None:
    receipt = await queue.enqueue("run_steps")

    assert await kinds(queue, receipt) == ["started", "progress", "progress", "done"]
    assert await queue.wait(receipt) == {"outcome": "done", "steps": 2}


async def test_a_task_that_fails_for_good_tells_every_attempt(queue: TaskQueue) -> None:
    receipt = await queue.enqueue("run_stumble")

    assert await kinds(queue, receipt) == ["started", "retrying", "started", "error"]
    with pytest.raises(JobFailed, match="ConnectionError: away"):
        await queue.wait(receipt)


async def test_a_running_task_that_is_cancelled_has_ended_within_a_second(queue: TaskQueue) -> None:
    reached.clear()
    receipt = await queue.enqueue("run_brooding")
    await asyncio.wait_for(reached.wait(), 10)
    began = monotonic()

    assert await queue.job(receipt).cancel()

    with pytest.raises(JobFailed, match="Cancelled"):
        await queue.wait(receipt)
    assert monotonic() - began < 1
    assert await kinds(queue, receipt) == ["started", "error"]


async def test_its_end_is_published_where_the_worker_was_told_to(queue: TaskQueue) -> None:
    async with queue.redis.pubsub() as heard:
        await heard.subscribe(CHANNEL)
        assert await heard.get_message(timeout=5)
        receipt = await queue.enqueue("run_steps")

        told = json.loads((await said(heard))["data"])

    assert (told["task_id"], told["worker_id"], told["success"]) == (receipt, "one", "1")
    assert told["result"] == {"outcome": "done", "steps": 2}
