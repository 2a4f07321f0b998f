"""A parked job goes back into its queue once, and leaves the park only then."""

import asyncio
import json
from collections.abc import AsyncGenerator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from time import time
from typing import Any, ClassVar

import pytest
from redis.asyncio import Redis

from mindfleet import BotJob, Queue, QueueUnavailable, Retry, TaskQueue, task
from mindfleet.ports.parked import ParkedJob
from mindfleet.registry import Registry
from mindfleet.replay import Replay, Replayed
from mindfleet.settings import Settings
from mindfleet.testing.in_memory_parked import InMemoryParked

pytestmark = pytest.mark.stack


class Letter(BotJob):
    version: ClassVar[int] = 2
    text: str


@task(queue=Queue.ACTION, timeout=timedelta(seconds=5), retry=Retry(attempts=1), feature="character_diary")
async def run_letter(job: Letter) -> None:
    """Send it."""


TASKS = Registry([run_letter])
PARKED = ParkedJob(
    job_id="letter-1",
    task="run_letter",
    queue="arq:action",
    payload={"bot_name": "wren", "text": "hello", "_v": 2},
    error="TimedOut",
    message="too slow",
    traceback="",
    attempts=3,
    enqueued_at=None,
    parked_at=datetime(2026, 3, 2, 12, tzinfo=UTC),
)


class Now:
    def now(self) -> datetime:
        return datetime.now(UTC)


class SlowToForget(InMemoryParked):
    """Dies between Redis and the park."""

    async def replayed(self, job_id: str) -> None:
        raise ConnectionError


@pytest.fixture
async def queue(redis_url: str) -> AsyncGenerator[TaskQueue]:
    async with TaskQueue(redis_url, settings=Settings(), tasks=TASKS) as queue:
        yield queue


@pytest.fixture
async def parked() -> InMemoryParked:
    parked = InMemoryParked()
    await parked.park(PARKED)
    return parked


@pytest.fixture
def replay(parked: InMemoryParked, queue: TaskQueue) -> Replay:
    return Replay(parked, queue, TASKS, Now())


async def waiting(redis: Redis) -> dict[str, Any]:
    """The payloads on the queue, by job id."""
    ids = [member.decode() for member in await redis.zrange("arq:action", 0, -1)]
    return {job_id: json.loads(await redis.get(f"arq:job:{job_id}"))["k"] for job_id in ids}


async def end(redis: Redis, job_id: str, *, success: bool, enqueued: float) -> None:
    """What a worker leaves of a job that has ended."""
    await redis.delete(f"arq:job:{job_id}")
    await redis.zrem("arq:action", job_id)
    result = {"f": "run_letter", "a": [], "k": PARKED.payload, "et": int(enqueued * 1000), "s": success, "r": None}
    await redis.set(f"arq:result:{job_id}", json.dumps(result))


async def test_a_job_waits_again_under_its_own_id_and_is_parked_no_more(
    replay: Replay, parked: InMemoryParked, queue: TaskQueue
) -> None:
    assert await replay.one("letter-1") == Replayed("letter-1", "queued", "letter-1")

    assert await waiting(queue.redis) == {"letter-1": PARKED.payload}
    assert await parked.count() == 0


async def test_replaying_a_job_many_times_at_once_enqueues_one(replay: Replay, queue: TaskQueue) -> None:
    async with asyncio.timeout(20):
        outcomes = [told.outcome for told in await asyncio.gather(*(replay.one("letter-1") for _ in range(20)))]

    assert sorted(outcomes) == ["gone"] * 19 + ["queued"]
    assert await waiting(queue.redis) == {"letter-1": PARKED.payload}


async def test_a_job_stays_parked_while_redis_is_away(parked: InMemoryParked) -> None:
    away = TaskQueue("redis://127.0.0.1:1/0", settings=Settings(), tasks=TASKS)
    with pytest.raises(QueueUnavailable):
        await Replay(parked, away, TASKS, Now()).one("letter-1")
    await away.close()

    assert await parked.count() == 1


async def test_a_replay_that_died_before_the_park_forgot_the_job_is_not_made_twice(queue: TaskQueue) -> None:
    parked = SlowToForget()
    await parked.park(PARKED)
    with pytest.raises(ConnectionError):
        await Replay(parked, queue, TASKS, Now()).one("letter-1")

    again = await Replay(_as_it_is(parked), queue, TASKS, Now()).one("letter-1")
    assert (again.outcome, again.job_id) == ("waiting", "letter-1")
    assert list(await waiting(queue.redis)) == ["letter-1"]


@pytest.mark.parametrize(("success", "outcome"), [(True, "done"), (False, "queued")])
async def test_what_such_a_replay_had_done_since_is_known_by_its_result(
    queue: TaskQueue, success: bool, outcome: str
) -> None:
    parked = SlowToForget()
    await parked.park(PARKED)
    with pytest.raises(ConnectionError):
        await Replay(parked, queue, TASKS, Now()).one("letter-1")
    await end(queue.redis, "letter-1", success=success, enqueued=time())

    again = await Replay(_as_it_is(parked), queue, TASKS, Now()).one("letter-1")
    assert (again.outcome, again.job_id) == (outcome, "letter-1")


async def test_the_result_of_an_earlier_job_of_that_id_is_not_taken_for_the_replays(
    replay: Replay, parked: InMemoryParked, queue: TaskQueue
) -> None:
    await end(queue.redis, "letter-1", success=True, enqueued=time() - 60)
    await parked.mark_replay("letter-1", "letter-1", datetime.now(UTC))

    assert (await replay.one("letter-1")).outcome == "queued"


async def test_the_same_work_under_its_id_takes_its_place(
    replay: Replay, parked: InMemoryParked, queue: TaskQueue
) -> None:
    await queue.enqueue("run_letter", bot_name="wren", text="hello", _job_id="letter-1")

    assert await replay.one("letter-1") == Replayed("letter-1", "waiting", "letter-1")
    assert await parked.count() == 0


async def test_other_work_under_its_id_leaves_it_one_of_its_own(
    replay: Replay, parked: InMemoryParked, queue: TaskQueue
) -> None:
    await queue.enqueue("run_letter", bot_name="wren", text="something else", _job_id="letter-1")

    told = await replay.one("letter-1")
    assert told.outcome == "queued"
    assert told.job_id not in (None, "letter-1")
    assert {job["text"] for job in (await waiting(queue.redis)).values()} == {"hello", "something else"}
    await parked.park(PARKED)
    assert await replay.one("letter-1") == Replayed("letter-1", "waiting", told.job_id)


@pytest.mark.parametrize(
    ("change", "why"),
    [
        ({"payload": {"raw": "gASV"}}, "its bytes could not be read: replay it with --payload FILE"),
        ({"payload": {"bot_name": "wren"}}, "text: Field required"),
        ({"payload": {"bot_name": "wren", "text": "hello", "_v": 3}}, "update the checkout"),
        ({"task": "run_leter"}, "did you mean 'run_letter'?"),
        ({"queue": "arq:elsewhere"}, "there is no queue 'arq:elsewhere'"),
    ],
)
async def test_what_cannot_run_stays_and_is_told_what_to_do(
    replay: Replay, parked: InMemoryParked, queue: TaskQueue, change: dict[str, Any], why: str
) -> None:
    await parked.park(replace(PARKED, **change))

    told = await replay.one("letter-1")
    assert told.outcome == "refused"
    assert why in told.reason
    assert (await parked.count(), await waiting(queue.redis)) == (1, {})


async def test_a_feature_that_is_off_keeps_its_jobs_parked(redis_url: str, parked: InMemoryParked) -> None:
    off = Settings.model_validate({"features": {"character_diary": False}})
    async with TaskQueue(redis_url, settings=off, tasks=TASKS) as queue:
        told = await Replay(parked, queue, TASKS, Now()).one("letter-1")

    assert (told.outcome, await parked.count()) == ("refused", 1)
    assert "ENABLE_CHARACTER_DIARY" in told.reason


async def test_an_unreadable_job_runs_with_a_payload_from_elsewhere(
    replay: Replay, parked: InMemoryParked, queue: TaskQueue
) -> None:
    await parked.park(replace(PARKED, task="unreadable", payload={"raw": "gASV"}))

    told = await replay.one("letter-1", payload={"bot_name": "wren", "text": "mended"}, task="run_letter")
    assert told.outcome == "queued"
    assert await waiting(queue.redis) == {"letter-1": {"bot_name": "wren", "text": "mended", "_v": 2}}


def _as_it_is(parked: InMemoryParked) -> InMemoryParked:
    """The same jobs with their marks, in a process that lives."""
    alive = InMemoryParked()
    alive.__dict__.update(parked.__dict__)
    return alive
