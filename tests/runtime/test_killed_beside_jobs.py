"""SIGKILL of a worker's process in the midst of what it does beside its jobs: keeping the time, writing the ledger."""

import asyncio
from collections import Counter
from collections.abc import AsyncGenerator
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from signal import SIGKILL
from zoneinfo import ZoneInfo

import pytest
from redis.asyncio import Redis

from mindfleet import Queue, TaskQueue
from mindfleet.adapters.postgres import Database, PostgresLastRuns, PostgresLedger
from mindfleet.embedded.runfile import Stack
from mindfleet.runtime.ledger_entries import STREAM, WATERMARK
from mindfleet.runtime.persisted_schedule import CLAIMS, SCHEDULE, UNNOTED, Entry
from mindfleet.runtime.timekeeper import Timekeeper, through
from mindfleet.settings import Settings
from mindfleet.steering import Steering
from tests.conftest import Eventually
from tests.contracts.databases import migrated_database
from tests.runtime import kept_up
from tests.runtime.house import House
from tests.runtime.ledger_stream import ended, new_id

pytestmark = pytest.mark.stack

DAY = timedelta(days=1)


@pytest.fixture(scope="module")
async def database_url(stack: Stack) -> AsyncGenerator[str]:
    async with migrated_database(stack.database_url) as url:
        yield url


@pytest.fixture
async def database(database_url: str) -> AsyncGenerator[Database]:
    async with await Database.open(database_url, size=2) as database:
        await database.execute("TRUNCATE jobs, schedule_runs")
        yield database


class Night:
    """A time of day that has come once for each bot since yesterday, and for none within hours of now."""

    def __init__(self) -> None:
        self.now = datetime.now(UTC)
        self.at = self.now - DAY / 2

    @property
    def told(self) -> str:
        return f"{self.at.hour}:{self.at.minute}"

    def date_of(self, bot: str) -> date:
        """The local date on which it came."""
        here = self.now.astimezone(ZoneInfo(kept_up.BOTS[bot]))
        has_come = (here.hour, here.minute) >= (self.at.hour, self.at.minute)
        return here.date() if has_come else here.date() - DAY

    async def is_on_the_schedule(self, queue: TaskQueue, last_runs: PostgresLastRuns) -> None:
        """Since yesterday."""
        schedule = kept_up.schedule_at(self.told)
        keeper = Timekeeper(
            tasks=[replace(kept_up.run_diary, schedule=schedule)],
            redis=queue.redis,
            bots=await kept_up.bots(),
            last_runs=last_runs,
            enqueue=through(queue),
        )
        assert await keeper.tick(self.now - DAY) == []


async def is_over(redis: Redis) -> bool:
    """Nobody has an entry of the schedule in hand, none is due, and the database has been told."""
    in_hand = await redis.zcard(CLAIMS)
    due = await redis.zcount(SCHEDULE, "-inf", datetime.now(UTC).timestamp() * 1000)
    return not in_hand and not due and not await redis.exists(UNNOTED)


@pytest.mark.parametrize("dies", ["claimed", "enqueued", "advanced", "noted"])
async def test_who_is_killed_while_it_fires_a_cron_job_leaves_each_occurrence_to_be_run_once(
    house: House, database: Database, database_url: str, eventually: Eventually, dies: str
) -> None:
    night, last_runs = Night(), PostgresLastRuns(database)
    await night.is_on_the_schedule(house.queue, last_runs)
    told = {"KEPT_UP_DATABASE": database_url, "KEPT_UP_AT": night.told}
    steering = Steering(house.redis)
    await steering.pause("queue", Queue.SENSORY.value)  # whoever dies in the midst of a job has that run again

    async with house.process("kept_up", **told, KEPT_UP_DIES=dies) as process:
        assert await asyncio.wait_for(process.wait(), 20) == -SIGKILL
    assert not await is_over(house.redis)
    await steering.resume("queue", Queue.SENSORY.value)

    async with house.process("kept_up", **told), house.process("kept_up", **told):
        await eventually(lambda: is_over(house.redis))
        await eventually(house.has("written", *(f"{bot} {night.date_of(bot)}" for bot in kept_up.BOTS)))
        await eventually(lambda: are_done(house, len(kept_up.BOTS)))
    assert Counter(await house.noted("written")) == {f"{bot} {night.date_of(bot)}": 1 for bot in kept_up.BOTS}
    newest = await last_runs.newest([Entry("run_diary", bot) for bot in kept_up.BOTS])
    assert {run.bot: run.local_date for run in newest} == {bot: night.date_of(bot) for bot in kept_up.BOTS}


async def are_done(house: House, many: int) -> bool:
    return (await house.counts()).get("done") == many


@pytest.mark.parametrize("dies", ["uncommitted", "committed"])
async def test_who_is_killed_while_it_writes_the_ledger_leaves_it_to_another_that_writes_all_of_it_once(
    house: House, redis_url: str, database: Database, database_url: str, eventually: Eventually, dies: str
) -> None:
    ledger, told = PostgresLedger(database), {"KEPT_UP_DATABASE": database_url, "KEPT_UP_AT": Night().told}
    async with TaskQueue(redis_url, bot_name="juniper", settings=Settings(), tasks=kept_up.TASKS) as queue:
        jobs = [await queue.enqueue("run_diary", local_date=date(2026, 3, day)) for day in range(1, 21)]
        await ended(house.redis, earlier := new_id())  # so that it takes two statements to write it all
        async with house.process("kept_up", **told, KEPT_UP_DIES=dies) as process:
            assert await asyncio.wait_for(process.wait(), 20) == -SIGKILL

        assert set(await ledger.states(jobs)) == (set(jobs) if dies == "committed" else set())
        assert await house.redis.get(WATERMARK) is None
        assert await house.redis.xlen(STREAM) >= len(jobs)

        async with house.process("kept_up", **told):
            for job in jobs:
                await queue.wait(job, timeout=20)

            async def is_written() -> bool:
                states = await ledger.states(jobs)
                return not await house.redis.xlen(STREAM) and all(its.outcome == "done" for its in states.values())

            await eventually(is_written)

    assert set(await ledger.states(jobs)) == set(jobs)
    assert (await ledger.states([earlier]))[earlier].outcome == "done"
    [row] = await database.fetch("SELECT count(*) AS rows FROM jobs WHERE id = ANY($1)", jobs)
    assert row["rows"] == len(jobs)
    assert (await house.counts())["done"] == len(jobs)
