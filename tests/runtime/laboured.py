"""What `arq tests.runtime.laboured.WorkerSettings` runs: a worker of the fleet, in a process that a test can kill.

It notes in Redis what it begins and ends. `LABOURED_DIES` says where it kills itself: `claimed`, `ended` or `settled`.
"""

import asyncio
import os
import signal
from collections.abc import AsyncGenerator, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

from arq.connections import RedisSettings
from redis.asyncio import Redis

from mindfleet import BotJob, Queue, Retry, TaskQueue, lua, task
from mindfleet.errors import Transient
from mindfleet.registry import Registry
from mindfleet.runtime.executor import Executor
from mindfleet.runtime.parking import Parking
from mindfleet.runtime.pipeline import Fleet
from mindfleet.runtime.worker_settings import QueueSettings, install, worker_settings
from mindfleet.settings import Settings
from mindfleet.testing.in_memory_parked import InMemoryParked
from mindfleet.wire import ENCODERS

URL = os.environ.get("LABOURED_REDIS", "redis://localhost")
DIES = os.environ.get("LABOURED_DIES", "")
LONG = timedelta(seconds=60)


class Labour(BotJob):
    name: str
    stays: bool = False
    """Until the key `let-go` is there."""

    deaf: bool = False
    """Heeds no cancellation."""

    fails: bool = False
    """The first time."""


class Leaving(BotJob):
    name: str
    kind: str


def leave(kind: str) -> None:
    """As command lines do, and as Ctrl-C does."""
    raise KeyboardInterrupt("enough") if kind == "interrupt" else SystemExit("enough")


async def leave_after_a_while(kind: str) -> None:
    try:
        await asyncio.sleep(60 if kind == "cancelled" else 0)
    finally:
        leave(kind)


@task(queue=Queue.SENSORY, timeout=LONG, retry=Retry(attempts=1, first=timedelta(seconds=1)))
async def run_leaving(job: Leaving, redis: Redis) -> None:
    """Have a task of its own want to end the process, and wait for it or not."""
    await redis.rpush("began", job.name)  # type: ignore[misc]
    left = asyncio.create_task(leave_after_a_while(job.kind))
    if job.kind == "cancelled":
        await asyncio.sleep(0)
        left.cancel()
    if job.kind == "unseen":
        await asyncio.wait({left})
    elif job.kind == "group":
        async with asyncio.TaskGroup() as group:
            group.create_task(leave_after_a_while(job.kind))
    else:
        await left
    await redis.rpush("ended", job.name)  # type: ignore[misc]


@task(queue=Queue.SENSORY, timeout=LONG, retry=Retry(attempts=3, first=timedelta(seconds=1.5), cap=LONG))
async def run_labour(job: Labour, redis: Redis) -> None:
    """Begin, and end when that is wanted."""
    begun: int = await redis.rpush("began", job.name)  # type: ignore[misc]
    if job.fails and begun == 1:
        raise Transient("not yet")
    while job.stays and not await redis.exists("let-go"):
        try:
            await asyncio.sleep(0.02)
        except asyncio.CancelledError:
            if not job.deaf:
                raise
    await redis.rpush("ended", job.name)  # type: ignore[misc]


TASKS = Registry([run_labour, run_leaving])


class Now:
    def now(self) -> datetime:
        return datetime.now(UTC)


@asynccontextmanager
async def fleet() -> AsyncGenerator[Fleet]:
    async with TaskQueue(URL, bot_name="juniper", settings=Settings(), tasks=TASKS) as queue:
        executor = Executor(TASKS, {Redis: queue.redis}, enabled=lambda _: True)
        yield Fleet(executor, queue, Parking(InMemoryParked(), Now(), TASKS), Now())


def settings(name: str, url: str = URL, slots: int = 4) -> type:
    return worker_settings(
        QueueSettings(
            queue=Queue.SENSORY,
            max_jobs=slots,
            job_timeout=LONG,
            keep_result=LONG,
            drain=LONG,
            worker_id=name,
        ),
        TASKS,
        redis=RedisSettings.from_dsn(url),
        encode=ENCODERS["json"],
        fleet=fleet,
    )


together = lua.together


async def together_or_die(redis: Redis, calls: Sequence[lua.Call], **more: Any) -> list[Any]:
    """Dies between two lines of an exchange."""
    settles = any(script is lua.SETTLE for script, _ in calls)
    if DIES == "ended" and settles:
        os.kill(os.getpid(), signal.SIGKILL)
    answers = await together(redis, calls, **more)
    claims = calls[-1][0] is lua.CLAIM and answers[-1][-1]
    if (DIES == "settled" and settles) or (DIES == "claimed" and claims):
        os.kill(os.getpid(), signal.SIGKILL)
    return answers


install()
if DIES:
    lua.together = together_or_die
WorkerSettings = settings("laboured")
