"""arq's own cron jobs: what arq documents, without what it gets wrong."""

import asyncio
from collections.abc import AsyncGenerator
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta, timezone, tzinfo
from itertools import pairwise
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from arq.connections import RedisSettings
from arq.cron import CronJob, cron, next_cron
from arq.utils import to_unix_ms
from hypothesis import given
from hypothesis import strategies as st
from redis.asyncio import Redis
from redis.exceptions import ConnectionError as RedisAway

from mindfleet.runtime.arq_cron import EARLY, LATE, LEASE, START_LASTS, ArqCron
from mindfleet.runtime.worker import FleetWorker
from mindfleet.schedule import ScheduleInvalid

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
NEW_YORK = ZoneInfo("America/New_York")


async def tea(ctx: dict[Any, Any], *args: Any, **kwargs: Any) -> None:
    """Make tea."""


def a_cron(**options: Any) -> CronJob:
    return cron(tea, **{"name": "tea", "microsecond": 0, **options})


def runs_of(job: CronJob, zone: Any, start: datetime, count: int) -> list[datetime]:
    """The times of a worker that looks at each time that is next."""
    crons = ArqCron([job], zone)
    crons.due(start)
    found: list[datetime] = []
    while len(found) < count:
        assert job.next_run
        found += [run.at for run in crons.due(job.next_run)]
    return found[:count]


@given(
    st.datetimes(datetime(2020, 1, 1), datetime(2030, 1, 1)),  # noqa: DTZ001 - made aware below
    st.fixed_dictionaries(
        {},
        optional={
            "month": st.integers(1, 12) | st.frozensets(st.integers(1, 12), min_size=1).map(set),
            "day": st.integers(1, 28),
            "weekday": st.integers(0, 6) | st.sampled_from(["mon", "tues", "Thurs", "sun"]),
            "hour": st.integers(0, 23) | st.frozensets(st.integers(0, 23), min_size=1).map(set),
            "minute": st.integers(0, 59) | st.frozensets(st.integers(0, 59), min_size=1).map(set),
            "second": st.none() | st.integers(0, 59),
            "microsecond": st.integers(0, 999_999),
        },
    ),
)
def test_in_utc_the_times_and_ids_are_arqs(naive: datetime, fields: dict[str, Any]) -> None:
    start = naive.replace(tzinfo=UTC)
    job = a_cron(**fields)
    ArqCron([job], UTC).due(start)
    assert job.next_run

    # arq looks only from the next second on: a time that lies nearer is its first one a round later.
    arqs = next_cron(start - timedelta(seconds=1), **({"microsecond": 0} | fields))
    if arqs <= start:
        arqs = next_cron(start, **({"microsecond": 0} | fields))
    assert job.next_run == arqs


def test_a_job_without_a_minute_runs_each_minute_of_its_hour_as_arq_documents() -> None:
    found = runs_of(a_cron(hour={5}), UTC, NOON, 61)

    assert {at.hour for at in found} == {5}
    assert found[60] - found[0] == timedelta(days=1)


@pytest.mark.parametrize("start", ["2026-11-01T04:00", "2026-03-08T05:00"])
def test_a_job_every_ten_minutes_is_neither_silent_nor_hasty_when_clocks_change(start: str) -> None:
    found = runs_of(
        a_cron(minute={0, 10, 20, 30, 40, 50}), NEW_YORK, datetime.fromisoformat(start).replace(tzinfo=UTC), 30
    )

    assert {then - this for this, then in pairwise(found)} == {timedelta(minutes=10)}


def test_a_nightly_job_runs_once_on_the_nights_on_which_clocks_change() -> None:
    spring = runs_of(a_cron(hour=2, minute=30), NEW_YORK, datetime(2026, 3, 7, 12, tzinfo=UTC), 2)
    autumn = runs_of(a_cron(hour=1, minute=30), NEW_YORK, datetime(2026, 10, 31, 12, tzinfo=UTC), 2)

    assert [str(at.astimezone(NEW_YORK)) for at in spring] == ["2026-03-08 03:00:00-04:00", "2026-03-09 02:30:00-04:00"]
    assert [str(at.astimezone(NEW_YORK)) for at in autumn] == ["2026-11-01 01:30:00-04:00", "2026-11-02 01:30:00-05:00"]


def test_a_fixed_offset_and_a_zone_of_pytz_are_zones_too() -> None:
    class Pytz(tzinfo):
        """Shaped as a zone of pytz is."""

        def __str__(self) -> str:
            return "Europe/Berlin"

        def utcoffset(self, dt: datetime | None) -> timedelta:
            return timedelta(minutes=53)

        def dst(self, dt: datetime | None) -> timedelta:
            return timedelta()

        def tzname(self, dt: datetime | None) -> str:
            return "LMT"

        def localize(self) -> None:
            """pytz has it; zones of the standard library have not."""

    fixed = runs_of(a_cron(hour=12, minute=0), timezone(timedelta(hours=2)), NOON, 1)
    of_pytz = runs_of(a_cron(hour=14, minute=0), Pytz(), NOON, 1)
    assert fixed == [datetime(2026, 3, 3, 10, tzinfo=UTC)]
    assert of_pytz == [datetime(2026, 3, 2, 13, tzinfo=UTC)]


@pytest.mark.parametrize(
    ("fields", "says"),
    [
        ({"month": 2, "day": 30}, "tea can never run: there is no day 30 in month 2"),
        ({"month": {4, 6}, "day": 31}, "no day 31"),
        ({"hour": 25}, "hour is 25, but can be 0 to 23"),
        ({"minute": {0, 60}}, "minute is"),
        ({"weekday": "someday"}, "weekday is 'someday'"),
        ({"minute": set()}, "minute is set"),
        ({"second": 1.5}, "second is 1.5"),
        ({"microsecond": 1_000_000}, "microsecond"),
    ],
)
def test_a_time_that_never_comes_is_refused_and_spins_nowhere(fields: dict[str, Any], says: str) -> None:
    with pytest.raises(ScheduleInvalid, match=says):
        ArqCron([a_cron(**fields)])


def test_a_run_is_enqueued_up_to_a_second_early_and_once() -> None:
    crons = ArqCron([a_cron(minute=30)])
    half_past = NOON + timedelta(minutes=30)

    assert crons.due(NOON) == []
    assert crons.due(half_past - EARLY - timedelta(milliseconds=1)) == []
    (run,) = crons.due(half_past - EARLY)
    assert run.at == half_past
    assert run.job_id == f"tea:{to_unix_ms(half_past)}"
    assert crons.due(half_past) == []


def test_a_job_of_every_second_runs_each_second() -> None:
    crons = ArqCron([a_cron(second=None)])

    found = [run.at for tick in range(20) for run in crons.due(NOON + timedelta(seconds=tick))]
    assert found == [NOON + timedelta(seconds=second) for second in range(1, 21)][: len(found)]
    assert len(found) >= 19


@pytest.mark.parametrize(
    ("paused", "runs"),
    [(timedelta(seconds=50), 2), (timedelta(minutes=55), 1), (LATE * 30 + timedelta(minutes=5), 1)],
)
def test_a_worker_that_was_paused_runs_the_newest_and_not_every_one(paused: timedelta, runs: int) -> None:
    crons = ArqCron([a_cron(second={0, 30})])
    crons.due(NOON)

    found = crons.due(NOON + paused)
    newest = max(run.at for run in found)
    assert NOON + paused - timedelta(seconds=30) <= newest <= NOON + paused + EARLY
    assert len(found) <= runs + 1


def test_what_was_missed_by_more_than_an_hour_is_not_made_up_for() -> None:
    crons = ArqCron([a_cron(hour=13, minute=0)], UTC)
    crons.due(NOON)

    assert crons.due(NOON + timedelta(hours=2, seconds=1)) == []
    assert len(crons.due(NOON + timedelta(days=1, minutes=90))) == 1


def test_nothing_is_ever_due_without_jobs() -> None:
    assert ArqCron([]).due(NOON) == []


@dataclass
class Queue:
    """What was enqueued. Each job has ended at once, so that its id is free again."""

    redis: Redis
    fails: int = 0
    jobs: list[tuple[str | None, datetime | None]] = field(default_factory=list)

    async def __call__(self, name: str, *, job_id: str | None, defer_until: datetime | None) -> None:
        assert name == "tea"
        if self.fails:
            self.fails -= 1
            raise RedisAway("cut off")
        self.jobs.append((job_id, defer_until))


@pytest.fixture
async def queue(redis_url: str) -> AsyncGenerator[Queue]:
    async with Redis.from_url(redis_url) as redis:
        yield Queue(redis)


async def every(crons: list[ArqCron], queue: Queue, *instants: datetime) -> None:
    for now in instants:
        await asyncio.gather(*(each.enqueue_due(now, queue.redis, queue) for each in crons))


async def test_four_workers_run_each_time_once(queue: Queue) -> None:
    crons = [ArqCron([a_cron(minute={0, 30})]) for _ in range(4)]

    await every(crons, queue, *(NOON + timedelta(seconds=tick) for tick in range(0, 3601, 20)))
    times = [NOON + timedelta(minutes=30), NOON + timedelta(hours=1)]
    assert queue.jobs == [(f"tea:{to_unix_ms(at)}", None) for at in times]


async def test_a_run_that_is_early_is_deferred_to_its_time(queue: Queue) -> None:
    half_past = NOON + timedelta(minutes=30)

    await every([ArqCron([a_cron(minute=30)])], queue, NOON, half_past - EARLY / 2)
    assert queue.jobs == [(f"tea:{to_unix_ms(half_past)}", half_past)]


async def test_a_job_that_is_not_unique_runs_on_each_worker(queue: Queue) -> None:
    crons = [ArqCron([a_cron(minute=30, unique=False)]) for _ in range(4)]

    await every(crons, queue, NOON, NOON + timedelta(minutes=30))
    assert queue.jobs == [(None, None)] * 4


async def test_an_id_of_ones_own_names_the_job_and_blocks_no_later_time(queue: Queue) -> None:
    crons = [ArqCron([a_cron(second={0, 20, 40}, job_id="the-tea")]) for _ in range(4)]

    await every(crons, queue, *(NOON + timedelta(seconds=tick) for tick in range(61)))
    assert [job_id for job_id, _ in queue.jobs] == ["the-tea"] * 3


async def test_workers_that_start_together_run_a_job_at_startup_once(queue: Queue) -> None:
    crons = [ArqCron([a_cron(hour=3, minute=0, run_at_startup=True)], UTC) for _ in range(4)]

    for late, each in enumerate(crons):
        await every([each], queue, NOON + timedelta(milliseconds=700 * late))
    assert queue.jobs == [(f"tea:{to_unix_ms(NOON)}", None)]

    await every(crons, queue, NOON + timedelta(hours=1))
    assert len(queue.jobs) == 1
    await every(crons, queue, NOON + timedelta(hours=15))
    assert len(queue.jobs) == 2


async def test_a_later_start_is_another_one(queue: Queue) -> None:
    await every([ArqCron([a_cron(hour=3, minute=0, run_at_startup=True)], UTC)], queue, NOON)
    key = "mindfleet:cron:start::tea"
    assert 0 < await queue.redis.pttl(key) <= START_LASTS / timedelta(milliseconds=1)
    await queue.redis.delete(key)  # as it does by itself in a minute

    await every([ArqCron([a_cron(hour=3, minute=0, run_at_startup=True)], UTC)], queue, NOON + timedelta(minutes=2))
    assert len(queue.jobs) == 2


async def test_what_could_not_be_enqueued_is_enqueued_later_and_ends_no_worker(queue: Queue) -> None:
    crons = ArqCron([a_cron(minute=30)])
    half_past = NOON + timedelta(minutes=30)
    await every([crons], queue, NOON)
    queue.fails = 1

    with pytest.raises(RedisAway):
        await every([crons], queue, half_past)
    await every([crons], queue, half_past + timedelta(seconds=1))
    assert queue.jobs == [], "it may be enqueued already, for all that others can tell"
    assert await lapsed(queue, "mindfleet:cron:run::*")
    await every([crons], queue, half_past + timedelta(seconds=11))
    assert [job_id for job_id, _ in queue.jobs] == [f"tea:{to_unix_ms(half_past)}"]


async def lapsed(queue: Queue, pattern: str) -> bool:
    """What would be gone in a few seconds is gone now."""
    keys = [key async for key in queue.redis.scan_iter(pattern)]
    assert all([0 < await queue.redis.pttl(key) <= LEASE / timedelta(milliseconds=1) for key in keys])
    return bool(await queue.redis.delete(*keys))


async def test_a_worker_that_dies_before_it_enqueued_leaves_the_run_to_another(queue: Queue) -> None:
    dying, other = ArqCron([a_cron(minute=30)]), ArqCron([a_cron(minute=30)])
    half_past = NOON + timedelta(minutes=30)
    await every([dying, other], queue, NOON)
    queue.fails = 1
    with pytest.raises(RedisAway):
        await every([dying], queue, half_past)

    await every([other], queue, half_past)
    assert queue.jobs == []
    await lapsed(queue, "mindfleet:cron:run::*")
    await every([other], queue, half_past + LEASE)
    assert [job_id for job_id, _ in queue.jobs] == [f"tea:{to_unix_ms(half_past)}"]


async def test_two_jobs_of_one_function_with_ids_of_their_own_both_run(queue: Queue) -> None:
    jobs = [a_cron(hour=3, minute=0, run_at_startup=True, job_id=name) for name in ("first", "second")]
    crons = [ArqCron(jobs, UTC), ArqCron([replace(job, next_run=None) for job in jobs], UTC)]

    await every(crons, queue, NOON)
    assert sorted(str(job_id) for job_id, _ in queue.jobs) == ["first", "second"]


async def test_fleet_workers_that_start_together_run_a_cron_job_once(redis_url: str) -> None:
    made: list[str] = []

    async def make(ctx: dict[Any, Any], *args: Any, **kwargs: Any) -> None:
        made.append(ctx["job_id"])

    for _ in range(3):
        where = RedisSettings.from_dsn(redis_url)
        tea = cron(make, name="tea", hour=3, minute=0, run_at_startup=True)
        worker = FleetWorker([], cron_jobs=[tea], redis_settings=where, burst=True, handle_signals=False)
        await worker.main()
        await worker.close()

    assert len(made) == 1
    assert made[0].startswith("tea:")
