"""Timekeepers whose every step may be cut off, before or after it took effect, on a Redis that is emptied now and then.

What holds whatever happens: no night of a bot is enqueued twice, and none is left out in the end.
"""

from collections import Counter
from collections.abc import AsyncGenerator
from datetime import UTC, date, datetime, timedelta
from random import Random
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from redis.asyncio import Redis
from redis.exceptions import ConnectionError as RedisAway
from redis.exceptions import RedisError

from mindfleet import BotJob, Job, Queue, Retry, task
from mindfleet.errors import StoreUnavailable
from mindfleet.ports.journal import Bot
from mindfleet.runtime.persisted_schedule import LEASE
from mindfleet.runtime.timekeeper import Timekeeper
from mindfleet.schedule import Schedule
from mindfleet.task import AnyTask
from mindfleet.testing.in_memory_journal import InMemoryBots, InMemoryGoals
from mindfleet.testing.in_memory_last_runs import InMemoryLastRuns

START = datetime(2026, 3, 27, 12, tzinfo=UTC)
"""Two days before clocks change in Europe."""

ZONES = {
    "luna": "Europe/Berlin",
    "nova": "Asia/Beirut",
    "iris": "America/Los_Angeles",
    "milo": "Pacific/Auckland",
}


class Diary(BotJob):
    local_date: date


@task(
    queue=Queue.COGNITION,
    timeout=timedelta(minutes=1),
    retry=Retry(attempts=1),
    schedule=Schedule(hour=0, minute=15, catch_up="all", max_age=timedelta(days=30)),
)
async def run_diary(job: Diary) -> None:
    """Write a diary."""


class Faults:
    """Cuts calls off by a seed; `calm` lets all of them through."""

    def __init__(self, random: Random) -> None:
        self._random = random
        self.calm = False

    def wrap(self, call: Any, error: Exception) -> Any:
        async def cut(*args: Any, **options: Any) -> Any:
            fate = 1.0 if self.calm else self._random.random()
            if fate < 0.06:
                raise error
            answer = await call(*args, **options)
            if fate < 0.12:
                raise error
            return answer

        return cut


class Fleet:
    """Some timekeepers on one Redis; a keeper that was cut off may be replaced by a new one."""

    def __init__(self, redis: Redis, random: Random) -> None:
        self.redis = redis
        self.random = random
        self.faults = Faults(random)
        self.last_runs = InMemoryLastRuns()
        self.bots = InMemoryBots(InMemoryGoals())
        self.enqueued: list[str] = []
        self.keepers = [self._keeper() for _ in range(4)]
        for name in ("note", "newest"):
            away = StoreUnavailable("PostgreSQL is away")
            setattr(self.last_runs, name, self.faults.wrap(getattr(self.last_runs, name), away))

    def _keeper(self) -> Timekeeper:
        keeper = Timekeeper(
            tasks=[run_diary],
            redis=self.redis,
            bots=self.bots,
            last_runs=self.last_runs,
            enqueue=self.faults.wrap(self._enqueue, RedisAway("cut off")),
        )
        for name in ("claim", "advance", "put", "plans", "unnoted", "noted"):
            call = getattr(keeper._schedule, name)
            setattr(keeper._schedule, name, self.faults.wrap(call, RedisAway("cut off")))
        return keeper

    async def _enqueue(self, _task: AnyTask, _job: Job, *, due: datetime, job_id: str) -> bool:
        taken = await self.redis.set(f"taken:{job_id}", 1, nx=True)
        if taken:
            self.enqueued.append(job_id)
        return bool(taken)

    async def tick(self, now: datetime) -> None:
        place = self.random.randrange(len(self.keepers))
        try:
            await self.keepers[place].tick(now)
        except (RedisError, StoreUnavailable):
            if self.random.random() < 0.5:
                self.keepers[place] = self._keeper()

    async def settle(self, now: datetime) -> None:
        """Without faults, once every lease has ended."""
        self.faults.calm = True
        for keeper in self.keepers:
            await keeper.tick(now)
        self.faults.calm = False


@pytest.fixture
async def redis(redis_url: str) -> AsyncGenerator[Redis]:
    async with Redis.from_url(redis_url) as redis:
        yield redis


@pytest.mark.parametrize("seed", range(12))
async def test_no_night_is_enqueued_twice_and_none_is_left_out(redis: Redis, seed: int) -> None:
    random = Random(seed)  # noqa: S311 - a seed, not a secret
    fleet = Fleet(redis, random)
    for name, zone in ZONES.items():
        await fleet.bots.put(Bot(name=name, timezone=zone))
    await fleet.settle(START)

    now = START
    for _ in range(120):
        now += timedelta(seconds=random.choice([0, 1, 7, 3_600, 20_000]))
        await fleet.tick(now)
        if random.random() < 0.03:
            # What was enqueued within the lease and not noted could be repeated: only the ledger of jobs knows of it.
            await fleet.settle(now := now + LEASE)
            await redis.flushdb()
    await fleet.settle(now + LEASE)

    assert [job_id for job_id, times in Counter(fleet.enqueued).items() if times > 1] == []
    assert sorted(fleet.enqueued) == sorted(nights_until(now + LEASE))
    assert {run.job_id for run in fleet.last_runs.runs.values()} - {""} == set(fleet.enqueued)


def nights_until(end: datetime) -> list[str]:
    """The id of each night of each bot whose quarter past midnight, or end of the gap, has come."""
    return [
        f"cron:run_diary:{bot}:{day}"
        for bot, zone in ZONES.items()
        for day in ((START + timedelta(days=ahead)).date() for ahead in range((end - START).days + 3))
        if START < first_instant(day, zone) <= end
    ]


def first_instant(day: date, zone: str) -> datetime:
    shown = datetime(day.year, day.month, day.day, 0, 15, tzinfo=ZoneInfo(zone)).astimezone(UTC)
    return shown.replace(minute=0) if shown.astimezone(ZoneInfo(zone)).hour else shown
