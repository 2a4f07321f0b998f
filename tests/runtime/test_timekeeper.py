"""Scheduled work on a real Redis, by a clock that the test moves: each occurrence once, whoever dies."""

import asyncio
from collections.abc import AsyncGenerator, Awaitable
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from typing import Any, cast

import pytest
from redis.asyncio import Redis
from redis.exceptions import ConnectionError as RedisAway

from mindfleet import BotJob, InvalidJob, Job, Queue, Retry, TaskQueue, task
from mindfleet.errors import StoreUnavailable
from mindfleet.job import Done
from mindfleet.jobs import JobStatus
from mindfleet.ports.journal import Bot
from mindfleet.ports.last_runs import ScheduledRun
from mindfleet.registry import Registry
from mindfleet.runtime.persisted_schedule import CLAIMS, LEASE, SCHEDULE, STATE, UNNOTED, Entry
from mindfleet.runtime.timekeeper import LOOKS_EVERY, Enqueue, Timekeeper, through
from mindfleet.schedule import CatchUp, Occurrence, Schedule
from mindfleet.settings import load
from mindfleet.task import AnyTask
from mindfleet.testing.in_memory_journal import InMemoryBots, InMemoryGoals
from mindfleet.testing.in_memory_last_runs import InMemoryLastRuns
from tests.conftest import Eventually

EVENING = datetime(2026, 3, 2, 18, tzinfo=UTC)
DAY = timedelta(days=1)


class Diary(BotJob):
    local_date: date


class Sweep(Job):
    due: datetime


LIMITS: dict[str, Any] = {"queue": Queue.COGNITION, "timeout": timedelta(minutes=5), "retry": Retry(attempts=3)}


@task(**LIMITS, schedule=Schedule(hour=3, minute=0))
async def run_diary(job: Diary) -> Done:
    """Write the diary of a bot's day."""
    return Done(result={"day": job.local_date.isoformat(), "bot": job.bot_name})


@task(**LIMITS, schedule=Schedule.cron("*/10 * * * *", zone="America/New_York", catch_up="all"))
async def run_sweep(job: Sweep) -> None:
    """Sweep what is old, every ten minutes."""


def scheduled(of: AnyTask, schedule: Schedule) -> AnyTask:
    return replace(of, schedule=schedule)


@dataclass
class Taken:
    """What was enqueued, in Redis, as `Enqueue` asks: an id is refused for a day, decided where it is taken."""

    redis: Redis
    fails_after: int = 10**9
    jobs: list[tuple[str, Job, datetime]] = field(default_factory=list)
    asked: list[str] = field(default_factory=list)

    async def __call__(self, task: AnyTask, job: Job, *, due: datetime, job_id: str) -> bool:
        if len(self.asked) >= self.fails_after:
            raise RedisAway("cut off")
        self.asked.append(job_id)
        taken = await self.redis.set(f"taken:{job_id}", 1, nx=True, px=DAY)
        if taken:
            self.jobs.append((job_id, job, due))
        return bool(taken)

    @property
    def ids(self) -> list[str]:
        return [job_id for job_id, _, _ in self.jobs]


@dataclass
class World:
    """One Redis, one database, and as many timekeepers as a test starts."""

    redis: Redis
    bots: InMemoryBots
    last_runs: InMemoryLastRuns
    taken: Taken

    def keeper(self, *tasks: AnyTask, enqueue: Enqueue | None = None, redis: Redis | None = None) -> Timekeeper:
        return Timekeeper(
            tasks=tasks or (run_diary,),
            redis=redis or self.redis,
            bots=self.bots,
            last_runs=self.last_runs,
            enqueue=enqueue or self.taken,
        )

    async def describe(self, name: str, zone: str = "UTC") -> None:
        await self.bots.put(Bot(name=name, timezone=zone))


@pytest.fixture
async def world(redis_url: str) -> AsyncGenerator[World]:
    async with Redis.from_url(redis_url) as redis:
        yield World(redis, InMemoryBots(InMemoryGoals()), InMemoryLastRuns(), Taken(redis))


async def hash_size(world: World, key: str) -> int:
    return len(await cast("Awaitable[dict[bytes, bytes]]", world.redis.hgetall(key)))


async def test_a_task_is_enqueued_for_each_bot_when_its_own_night_comes(world: World) -> None:
    await world.describe("luna", "Europe/Berlin")
    await world.describe("nova", "America/New_York")
    keeper = world.keeper()

    assert await keeper.tick(EVENING) == []
    assert await keeper.tick(datetime(2026, 3, 3, 1, 59, tzinfo=UTC)) == []
    (luna,) = await keeper.tick(datetime(2026, 3, 3, 2, 0, tzinfo=UTC))
    (nova,) = await keeper.tick(datetime(2026, 3, 3, 8, 0, 1, tzinfo=UTC))

    assert world.taken.jobs == [
        ("cron:run_diary:luna:2026-03-03", Diary(bot_name="luna", local_date=date(2026, 3, 3)), luna.due),
        ("cron:run_diary:nova:2026-03-03", Diary(bot_name="nova", local_date=date(2026, 3, 3)), nova.due),
    ]
    assert nova.due == datetime(2026, 3, 3, 8, tzinfo=UTC)


async def test_a_task_in_nobodys_name_is_enqueued_once_for_the_fleet(world: World) -> None:
    await world.describe("luna")
    await world.describe("nova")
    keeper = world.keeper(run_sweep)
    await keeper.tick(EVENING)

    await keeper.tick(EVENING + timedelta(minutes=10))
    due = EVENING + timedelta(minutes=10)
    assert world.taken.jobs == [("cron:run_sweep::2026-03-02T18:10:00Z", Sweep(due=due), due)]


async def test_workers_that_start_together_enqueue_each_occurrence_once(world: World) -> None:
    for number in range(60):
        await world.describe(f"bot-{number}", ("UTC", "Asia/Tokyo", "America/Lima")[number % 3])
    takers = [Taken(world.redis) for _ in range(4)]
    keepers = [world.keeper(enqueue=taken) for taken in takers]
    instants = [EVENING + timedelta(hours=hour) for hour in range(49)]

    for now in instants:
        await asyncio.gather(*(keeper.tick(now) for keeper in keepers))

    ids = [job_id for taken in takers for job_id in taken.ids]
    asked = [job_id for taken in takers for job_id in taken.asked]
    assert len(ids) == len(set(ids)) == 60 * 2
    assert sorted(asked) == sorted(ids), "no claim was given to two"


async def test_a_timekeeper_that_dies_before_it_enqueued_leaves_the_run_to_another(world: World) -> None:
    await world.describe("luna")
    dying = Taken(world.redis, fails_after=0)
    await world.keeper().tick(EVENING)
    night = EVENING + timedelta(hours=9)

    with pytest.raises(RedisAway):
        await world.keeper(enqueue=dying).tick(night)
    assert await world.keeper().tick(night + LEASE / 2) == [], "the other's lease holds"
    assert len(await world.keeper().tick(night + LEASE)) == 1
    assert world.taken.ids == ["cron:run_diary:luna:2026-03-03"]


async def test_a_timekeeper_that_dies_after_it_enqueued_makes_nothing_run_twice(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    await world.describe("luna")
    await world.keeper().tick(EVENING)
    night = EVENING + timedelta(hours=9)
    dying = world.keeper()

    async def die(*_: object) -> bool:
        raise RedisAway("cut off")

    with monkeypatch.context() as broken:
        broken.setattr(dying._schedule, "advance", die)
        with pytest.raises(RedisAway):
            await dying.tick(night)
    assert world.taken.ids == ["cron:run_diary:luna:2026-03-03"]

    assert await world.keeper().tick(night + LEASE) == []
    assert world.taken.asked == ["cron:run_diary:luna:2026-03-03"] * 2, "it was asked for again, and refused"
    assert world.taken.ids == ["cron:run_diary:luna:2026-03-03"]
    assert await world.redis.zcard(CLAIMS) == 0


async def test_who_comes_back_after_its_lease_moves_nothing_on(world: World) -> None:
    await world.describe("luna")
    slow = world.keeper()
    await slow.tick(EVENING)
    night = EVENING + timedelta(hours=9)
    claimed = await slow._schedule.claim(["run_diary"], now=night)
    await world.keeper().tick(night + LEASE)
    before = await world.redis.zscore(SCHEDULE, "run_diary|luna")

    await slow._work_off(claimed)

    assert await world.redis.zscore(SCHEDULE, "run_diary|luna") == before
    assert world.taken.ids == ["cron:run_diary:luna:2026-03-03"]


@pytest.mark.parametrize(
    ("options", "nights"),
    [({"catch_up": "skip"}, []), ({}, [5]), ({"catch_up": "all", "max_age": 2 * DAY + timedelta(hours=9)}, [3, 4, 5])],
)
async def test_nights_that_were_missed_are_made_up_for_by_the_rule(
    world: World, options: dict[str, Any], nights: list[int]
) -> None:
    await world.describe("luna")
    keeper = world.keeper(scheduled(run_diary, Schedule(hour=3, minute=0, **options)))
    await keeper.tick(EVENING - DAY)
    await keeper.tick(EVENING - timedelta(hours=15))
    assert world.taken.ids == ["cron:run_diary:luna:2026-03-02"]

    await keeper.tick(EVENING + 3 * DAY - timedelta(hours=6))
    missed = [f"cron:run_diary:luna:2026-03-{night:02}" for night in nights]
    assert world.taken.ids[1:] == missed

    await keeper.tick(EVENING + 3 * DAY + timedelta(hours=9))
    assert world.taken.ids[1:] == [*missed, "cron:run_diary:luna:2026-03-06"]


async def test_more_missed_runs_than_one_step_takes_are_all_made_up_for(world: World) -> None:
    keeper = world.keeper(run_sweep)
    await keeper.tick(EVENING)

    await keeper.tick(EVENING + timedelta(hours=20))
    assert len(world.taken.ids) == len(set(world.taken.ids)) == 120
    assert world.taken.ids == sorted(world.taken.ids)


async def test_a_schedule_that_redis_lost_is_known_again(world: World) -> None:
    await world.describe("luna")
    keeper = world.keeper()
    await keeper.tick(EVENING)
    await keeper.tick(EVENING + timedelta(hours=9))
    await world.redis.flushdb()

    assert await keeper.tick(EVENING + timedelta(hours=10)) == []
    assert await world.keeper().tick(EVENING + timedelta(hours=10)) == []
    await keeper.tick(EVENING + timedelta(hours=33))
    assert world.taken.ids == ["cron:run_diary:luna:2026-03-03", "cron:run_diary:luna:2026-03-04"]


@pytest.mark.parametrize("key", [SCHEDULE, STATE])
async def test_half_a_schedule_is_made_whole_and_loses_no_night(world: World, key: str) -> None:
    await world.describe("luna")
    keeper = world.keeper()
    await keeper.tick(EVENING)
    await world.redis.delete(key)

    await keeper.tick(EVENING + timedelta(hours=9))
    await keeper.tick(EVENING + timedelta(hours=10))
    assert world.taken.ids == ["cron:run_diary:luna:2026-03-03"]


async def test_a_night_during_which_redis_was_empty_is_made_up_for(world: World) -> None:
    await world.describe("luna")
    await world.keeper().tick(EVENING)
    await world.redis.flushdb()

    await world.keeper().tick(EVENING + timedelta(hours=12))
    assert world.taken.ids == ["cron:run_diary:luna:2026-03-03"]


async def test_a_redis_that_comes_back_as_it_was_a_day_ago_runs_nothing_again(world: World) -> None:
    await world.describe("luna")
    keeper = world.keeper()
    await keeper.tick(EVENING)
    kept = {key: await world.redis.dump(key) for key in (SCHEDULE, STATE)}
    await keeper.tick(EVENING + timedelta(hours=9))
    await world.redis.flushdb()
    for key, dumped in kept.items():
        await world.redis.restore(key, 0, dumped)

    assert await keeper.tick(EVENING + timedelta(hours=12)) == []
    assert world.taken.asked == ["cron:run_diary:luna:2026-03-03"]


class Away(InMemoryLastRuns):
    """A database that is away for a while."""

    away = True

    async def note(self, runs: Any) -> None:
        self._answer()
        await super().note(runs)

    async def newest(self, of: Any) -> list[ScheduledRun]:
        self._answer()
        return await super().newest(of)

    def _answer(self) -> None:
        if self.away:
            raise StoreUnavailable("PostgreSQL is away")


async def test_while_the_database_is_away_work_goes_on_and_is_noted_later(world: World) -> None:
    await world.describe("luna")
    world.last_runs = database = Away()
    database.away = False
    keeper = world.keeper()
    await keeper.tick(EVENING)
    database.away = True
    await keeper.tick(EVENING + timedelta(hours=9))
    assert world.taken.ids == ["cron:run_diary:luna:2026-03-03"]
    assert await hash_size(world, UNNOTED) == 1

    database.away = False
    await keeper.tick(EVENING + timedelta(hours=9, seconds=1))
    (run,) = await database.newest([("run_diary", "luna")])
    assert run.local_date == date(2026, 3, 3)
    assert await hash_size(world, UNNOTED) == 0


async def test_a_schedule_is_not_guessed_while_nobody_can_say_what_has_run(world: World) -> None:
    await world.describe("luna")
    world.last_runs = Away()

    with pytest.raises(StoreUnavailable):
        await world.keeper().tick(EVENING)
    assert await world.redis.zcard(SCHEDULE) == 0


@pytest.mark.parametrize(("moves_to", "next_run"), [("Pacific/Honolulu", "2026-03-04T13:00"), ("Asia/Tokyo", None)])
async def test_a_bot_that_moves_to_another_zone_has_one_run_a_local_date(
    world: World, moves_to: str, next_run: str | None
) -> None:
    await world.describe("luna")
    keeper = world.keeper()
    await keeper.tick(EVENING)
    night = EVENING + timedelta(hours=9)
    await keeper.tick(night)

    await world.describe("luna", moves_to)
    hours = [night + LOOKS_EVERY + timedelta(minutes=30 * step) for step in range(5 * 48)]
    runs = [run for now in hours for run in await keeper.tick(now)]
    days = [run.local_date for run in runs if run.local_date]
    assert days == sorted(set(days))
    assert days[0] == date(2026, 3, 4), "3 March had its run, wherever"
    if next_run:
        assert runs[0].due == datetime.fromisoformat(next_run).replace(tzinfo=UTC)


@pytest.mark.parametrize(("rule", "made_up_for"), [(CatchUp.ONCE, True), (CatchUp.SKIP, False)])
async def test_a_date_whose_hour_is_over_where_a_bot_moves_to_is_made_up_for_by_the_rule(
    world: World, rule: CatchUp, *, made_up_for: bool
) -> None:
    await world.describe("luna", "Pacific/Honolulu")
    keeper = world.keeper(scheduled(run_diary, Schedule(hour=3, minute=0, catch_up=rule)))
    await keeper.tick(EVENING)
    (third,) = await keeper.tick(datetime(2026, 3, 3, 13, tzinfo=UTC))
    assert third.local_date == date(2026, 3, 3)

    await world.describe("luna", "Asia/Tokyo")  # where it is the fourth, five in the morning
    moved = datetime(2026, 3, 3, 20, tzinfo=UTC)
    hours = [moved + timedelta(minutes=30 * step) for step in range(3 * 24)]
    days = [run.local_date for now in hours for run in await keeper.tick(now)]

    assert days == [date(2026, 3, day) for day in range(4 if made_up_for else 5, 6)]


async def test_other_times_hold_from_the_next_look_on(world: World) -> None:
    await world.describe("luna")
    await world.keeper().tick(EVENING)

    changed = world.keeper(scheduled(run_diary, Schedule(hour=20, minute=30)))
    await changed.tick(EVENING + timedelta(minutes=1))
    (run,) = await changed.tick(EVENING + timedelta(hours=3))
    assert run.due == EVENING.replace(hour=20, minute=30)


async def test_a_run_that_is_overdue_is_not_lost_when_its_times_change(world: World) -> None:
    await world.describe("luna")
    await world.keeper().tick(EVENING)

    changed = world.keeper(scheduled(run_diary, Schedule(hour=5, minute=0)))
    assert [run.job_id for run in await changed.tick(EVENING + timedelta(hours=10))] == [
        "cron:run_diary:luna:2026-03-03"
    ]
    assert await changed.tick(EVENING + timedelta(hours=12)) == []


async def test_a_bot_that_is_gone_is_left_out_and_a_new_one_begins_with_its_next_night(world: World) -> None:
    await world.describe("luna")
    keeper = world.keeper()
    await keeper.tick(EVENING)
    world.bots = InMemoryBots(InMemoryGoals())
    await world.describe("nova")

    newer = world.keeper()
    await newer.tick(EVENING + timedelta(hours=9))
    assert world.taken.ids == []
    await newer.tick(EVENING + timedelta(hours=33))
    assert world.taken.ids == ["cron:run_diary:nova:2026-03-04"]
    assert await world.redis.zrange(SCHEDULE, 0, -1) == [b"run_diary|nova"]
    assert await hash_size(world, STATE) == 1


async def test_a_task_that_this_version_does_not_know_is_left_to_one_that_does(world: World) -> None:
    await world.describe("luna")
    await world.keeper(run_diary, run_sweep).tick(EVENING)
    night = EVENING + timedelta(hours=9)

    await world.keeper(run_sweep).tick(night)
    assert await world.redis.zscore(SCHEDULE, "run_diary|luna") is not None
    await world.keeper(run_diary).tick(night)
    assert "cron:run_diary:luna:2026-03-03" in world.taken.ids


async def test_an_entry_that_no_version_has_known_for_forty_days_goes(world: World) -> None:
    await world.describe("luna")
    await world.keeper().tick(EVENING)

    await world.keeper(run_sweep).tick(EVENING + timedelta(days=39))
    assert await hash_size(world, STATE) == 2
    await world.keeper(run_sweep).tick(EVENING + timedelta(days=42))
    assert await hash_size(world, STATE) == 1
    assert await world.redis.zscore(SCHEDULE, "run_diary|luna") is None


async def test_a_bot_of_an_unknown_zone_keeps_nobody_else_waiting(world: World) -> None:
    await world.describe("luna")
    await world.describe("mars", "Mars/Olympus_Mons")
    keeper = world.keeper()
    await keeper.tick(EVENING)

    await keeper.tick(EVENING + timedelta(hours=9))
    assert world.taken.ids == ["cron:run_diary:luna:2026-03-03"]


async def test_a_job_that_cannot_be_enqueued_keeps_no_other_waiting(world: World) -> None:
    for name in ("ada", "luna"):
        await world.describe(name)

    class Refusing(Taken):
        async def __call__(self, task: AnyTask, job: Job, *, due: datetime, job_id: str) -> bool:
            if ":ada:" in job_id:
                raise InvalidJob("too large")
            return await super().__call__(task, job, due=due, job_id=job_id)

    taken = Refusing(world.redis)
    keeper = world.keeper(enqueue=taken)
    await keeper.tick(EVENING)
    await keeper.tick(EVENING + timedelta(hours=9))
    assert taken.ids == ["cron:run_diary:luna:2026-03-03"]
    assert await keeper.tick(EVENING + timedelta(hours=9) + LEASE) == []


async def test_a_tick_with_nothing_due_is_two_commands(world: World) -> None:
    for number in range(30):
        await world.describe(f"bot-{number}")
    keeper = world.keeper()
    await keeper.tick(EVENING)
    await world.redis.config_resetstat()

    await keeper.tick(EVENING + timedelta(seconds=5))
    stats = await world.redis.info("commandstats")
    sent = {name: figures["calls"] for name, figures in stats.items()}
    assert sent.pop("cmdstat_evalsha") == 1
    assert sent.pop("cmdstat_hgetall") == 1
    assert set(sent) <= {
        f"cmdstat_{inside}" for inside in ("zrangebyscore", "zcard", "time", "info", "config|resetstat")
    }


async def test_runs_by_redis_time_and_stops_when_told(world: World, eventually: Eventually) -> None:
    keeper = world.keeper(scheduled(run_sweep, Schedule(hour=3, minute=0, zone="UTC")))
    await keeper.tick()
    # What is due some night is due in a moment, as nobody wants to wait for it.
    seconds, micros = await world.redis.time()
    in_a_moment = seconds * 1000 + micros // 1000 + 300
    await world.redis.zadd(SCHEDULE, {"run_sweep|": in_a_moment})
    stop = asyncio.Event()
    running = asyncio.create_task(keeper.run(stop))

    async def has_run() -> bool:
        return bool(world.taken.ids)

    await eventually(has_run)
    seconds, micros = await world.redis.time()
    assert in_a_moment <= seconds * 1000 + micros // 1000 < in_a_moment + 2000
    stop.set()
    await asyncio.wait_for(running, 5)


async def test_a_redis_that_is_away_ends_no_timekeeper(world: World, caplog: pytest.LogCaptureFixture) -> None:
    stop = asyncio.Event()
    async with Redis.from_url("redis://127.0.0.1:1") as nowhere:
        running = asyncio.create_task(world.keeper(redis=nowhere).run(stop))
        async with asyncio.timeout(10):
            while "nothing is scheduled for now" not in caplog.text:  # noqa: ASYNC110 - it is said by another task
                await asyncio.sleep(0.01)
        stop.set()
        await asyncio.wait_for(running, 5)


@pytest.fixture
async def facade(redis_url: str) -> AsyncGenerator[TaskQueue]:
    async with TaskQueue(redis_url, settings=load(), tasks=Registry([run_diary])) as queue:
        yield queue


async def test_a_scheduled_job_reaches_the_queue_under_its_name_and_runs(world: World, facade: TaskQueue) -> None:
    await world.describe("luna")
    keeper = world.keeper(enqueue=through(facade))
    await keeper.tick(EVENING)
    (run,) = await keeper.tick(EVENING + timedelta(hours=9))

    assert await world.redis.zscore(Queue.COGNITION, run.job_id) is not None
    assert await facade.job(run.job_id).status() in {JobStatus.QUEUED, JobStatus.DEFERRED}
    assert run.local_date
    done = await run_diary(Diary(bot_name="luna", local_date=run.local_date))
    assert done == Done(result={"day": "2026-03-03", "bot": "luna"})


@pytest.mark.parametrize("state", ["waits", "has ended"])
async def test_the_facade_takes_an_occurrence_once(world: World, facade: TaskQueue, state: str) -> None:
    enqueue = through(facade)
    night = run_diary.schedule.after(EVENING) if run_diary.schedule else None
    assert night
    job, job_id = run_diary.job_at(night, "luna"), "cron:run_diary:luna:2026-03-03"
    assert await enqueue(run_diary, job, due=EVENING, job_id=job_id)
    if state == "has ended":
        await world.redis.delete(f"arq:job:{job_id}")
        await world.redis.set(f"arq:result:{job_id}", b"{}")

    assert not await enqueue(run_diary, job, due=EVENING, job_id=job_id)


async def test_a_task_that_is_switched_off_is_not_enqueued(world: World, redis_url: str) -> None:
    off = replace(run_diary, feature="character_diary")
    settings = load()
    features = settings.features.model_copy(update={"character_diary": False})
    async with TaskQueue(
        redis_url, settings=settings.model_copy(update={"features": features}), tasks=Registry([off])
    ) as queue:
        assert not await through(queue)(
            off, Diary(bot_name="luna", local_date=EVENING.date()), due=EVENING, job_id="cron:x"
        )


async def test_an_entry_that_somebody_changed_or_works_on_is_not_changed(world: World) -> None:
    await world.describe("luna")
    keeper = world.keeper()
    await keeper.tick(EVENING)
    schedule, entry = keeper._schedule, Entry("run_diary", "luna")
    plan, due = (await schedule.plans([entry]))[entry]
    coming = Occurrence(due + DAY, due.date() + DAY)
    other = replace(plan, spec="other times")

    assert not await schedule.put(entry, seen=None, coming=coming, plan=other, now=EVENING)
    assert not await schedule.put(entry, seen=other, coming=coming, plan=other, now=EVENING)
    await schedule.claim(["run_diary"], now=due)
    assert not await schedule.put(entry, seen=plan, coming=coming, plan=other, now=due)
    assert await schedule.plans([entry]) == {entry: (plan, due)}
    assert await schedule.put(entry, seen=plan, coming=coming, plan=other, now=due + LEASE)
    assert await schedule.plans([entry]) == {entry: (other, due + DAY)}
