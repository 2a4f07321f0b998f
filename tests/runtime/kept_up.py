"""What `arq tests.runtime.kept_up.WorkerSettings` runs: a worker that keeps the time and the ledger beside its jobs.

`KEPT_UP_DIES` says where it kills itself; `KEPT_UP_AT` at which time of day a diary is written, as `hour:minute`.
"""

import asyncio
import os
import signal
from collections.abc import AsyncGenerator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from datetime import date, timedelta
from typing import Any
from uuid import uuid4

from arq.connections import RedisSettings
from redis.asyncio import Redis

from mindfleet import BotJob, Queue, Retry, TaskQueue, task
from mindfleet.adapters.clock import WallClock
from mindfleet.adapters.postgres import Database, PostgresLastRuns, PostgresLedger
from mindfleet.adapters.postgres.database import Connection
from mindfleet.ports.journal import Bot
from mindfleet.ports.ledger import Again, Event
from mindfleet.registry import Registry
from mindfleet.runtime import persisted_schedule, timekeeper
from mindfleet.runtime.beside import beside
from mindfleet.runtime.executor import Executor
from mindfleet.runtime.ledger_writer import writing
from mindfleet.runtime.parking import Parking
from mindfleet.runtime.pipeline import Fleet
from mindfleet.runtime.timekeeper import Timekeeper, through
from mindfleet.runtime.worker_settings import QueueSettings, install, worker_settings
from mindfleet.schedule import Schedule
from mindfleet.settings import Settings
from mindfleet.testing.in_memory_journal import InMemoryBots, InMemoryGoals
from mindfleet.testing.in_memory_parked import InMemoryParked
from mindfleet.wire import ENCODERS

URL = os.environ.get("KEPT_UP_REDIS", "redis://localhost")
DATABASE = os.environ.get("KEPT_UP_DATABASE", "")
DIES = os.environ.get("KEPT_UP_DIES", "")
AT = os.environ.get("KEPT_UP_AT", "3:00")
LONG = timedelta(seconds=60)
TICK = timedelta(seconds=0.2)
LEASE = timedelta(seconds=1)
"""Of an entry of the schedule; ten times as long outside of tests."""

BOTS = {"juniper": "UTC", "wren": "Asia/Tokyo"}


class Diary(BotJob):
    local_date: date


def schedule_at(told: str) -> Schedule:
    hour, _, minute = told.partition(":")
    return Schedule(hour=int(hour), minute=int(minute), catch_up="all", max_age=timedelta(days=2))


@task(
    queue=Queue.SENSORY,
    timeout=LONG,
    retry=Retry(attempts=1),
    schedule=schedule_at(AT),
)
async def run_diary(job: Diary, redis: Redis) -> None:
    """Note that it was written."""
    await redis.rpush("written", f"{job.bot_name} {job.local_date}")  # type: ignore[misc]


TASKS = Registry([run_diary])


def die(place: str) -> None:
    """If this is where it is to."""
    if place == DIES:
        os.kill(os.getpid(), signal.SIGKILL)


class MortalDatabase(Database):
    """Dies when all statements of a transaction are done, and it is not."""

    @asynccontextmanager
    async def transaction(self) -> AsyncGenerator[Connection]:
        async with super().transaction() as transaction:
            yield transaction
            die("uncommitted")


class MortalLedger(PostgresLedger):
    async def write(self, events: Sequence[Event]) -> None:
        if DIES == "uncommitted":  # two statements make a transaction, which one does not need
            events = [*events, Again(events[-1].entry, events[-1].id, fails=1, due=None)]
        await super().write(events)
        die("committed")


async def bots() -> InMemoryBots:
    known = InMemoryBots(InMemoryGoals())
    for name, zone in BOTS.items():
        await known.put(Bot(name=name, timezone=zone))
    return known


async def keeper(queue: TaskQueue, database: Database) -> Timekeeper:
    """One who may die after each of its steps."""
    keeps = Timekeeper(
        tasks=TASKS.values(),
        redis=queue.redis,
        bots=await bots(),
        last_runs=(runs := PostgresLastRuns(database)),
        enqueue=_mortal("enqueued", through(queue)),
    )
    schedule = keeps._schedule
    schedule.claim = _mortal("claimed", schedule.claim, if_so=lambda claimed: claimed.due)  # type: ignore[method-assign]
    schedule.advance = _mortal("advanced", schedule.advance)  # type: ignore[method-assign]
    runs.note = _mortal("noted", runs.note)  # type: ignore[method-assign]
    return keeps


def _mortal(place: str, call: Callable[..., Awaitable[Any]], if_so: Callable[[Any], object] = lambda _: True) -> Any:
    async def called(*args: Any, **more: Any) -> Any:
        answer = await call(*args, **more)
        if if_so(answer):
            die(place)
        return answer

    return called


@asynccontextmanager
async def fleet() -> AsyncGenerator[Fleet]:
    async with (
        TaskQueue(URL, bot_name="juniper", settings=Settings(), tasks=TASKS) as queue,
        await Database.open(DATABASE, size=2) as database,
        await MortalDatabase.open(DATABASE, size=2) as mortal,
        writing(queue.redis, MortalLedger(mortal), owner=uuid4().hex),
        beside((await keeper(queue, database)).run(asyncio.Event())),
    ):
        executor = Executor(TASKS, {Redis: queue.redis}, enabled=lambda _: True)
        yield Fleet(executor, queue, Parking(InMemoryParked(), WallClock(), TASKS), WallClock())


def hasten() -> None:
    """Nobody wants to wait for ten seconds."""
    persisted_schedule.LEASE, timekeeper.NAP = LEASE, TICK


def settings(name: str) -> type:
    return worker_settings(
        QueueSettings(queue=Queue.SENSORY, max_jobs=4, job_timeout=LONG, keep_result=LONG, drain=LONG, worker_id=name),
        TASKS,
        redis=RedisSettings.from_dsn(URL),
        encode=ENCODERS["json"],
        fleet=fleet,
    )


install()
if DATABASE:
    hasten()
WorkerSettings = settings(f"kept-up-{uuid4().hex}")
