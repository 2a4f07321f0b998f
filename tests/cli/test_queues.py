"""What is read out of the queues, on a real Valkey."""

from collections.abc import AsyncGenerator
from datetime import UTC, datetime, timedelta

import pytest
from redis.asyncio import Redis

from mindfleet import lua
from mindfleet.cli.queues import outstanding, states
from mindfleet.cli.waiting import first
from mindfleet.observe.heartbeat import Birth, heartbeat
from mindfleet.queues import Queue
from mindfleet.settings import Settings
from mindfleet.task_queue import TaskQueue
from mindfleet.testing.clock import FakeClock
from mindfleet.vitals import Vitals

pytestmark = pytest.mark.stack

BIRTH = Birth(host="here", pid=7, version="1.2.3", started_at=datetime(2026, 3, 2, tzinfo=UTC), health=None)


@pytest.fixture
async def queue(redis_url: str) -> AsyncGenerator[TaskQueue]:
    async with TaskQueue(redis_url, bot_name="luna", settings=Settings()) as queue:
        yield queue


@pytest.fixture
async def redis(redis_url: str) -> AsyncGenerator[Redis]:
    redis = Redis.from_url(redis_url)
    yield redis
    await redis.aclose()


async def claim(redis: Redis, queue: Queue) -> None:
    """Have a worker take one job."""
    await lua.CLAIM(redis, queue.value, "w", 1, 60_000, 1, 5, 86_400_000, 0, 0)


async def test_tells_ready_from_running_from_deferred(queue: TaskQueue, redis: Redis) -> None:
    for job_id in ("a", "b"):
        await queue.enqueue("run_reflection", user_id="ana", _job_id=job_id)
    await queue.enqueue("run_reflection", user_id="ana", _job_id="later", _defer_by=60)
    await claim(redis, Queue.COGNITION)
    async with heartbeat(redis, Vitals("w1-cognition", {Queue.COGNITION: 5}), BIRTH, clock=FakeClock()):
        found = await states(redis)
    seen = found[Queue.COGNITION]
    assert not found[Queue.SOCIAL].worker
    assert (seen.ready, seen.running, seen.deferred, seen.worker) == (1, 1, 1, True)
    assert seen.oldest is not None
    assert seen.oldest < timedelta(seconds=30)
    assert (await states(redis))[Queue.SOCIAL].oldest is None


async def test_the_age_of_the_oldest_is_that_of_a_job_nobody_works_on(queue: TaskQueue, redis: Redis) -> None:
    now = datetime.now(UTC)
    for job_id, age in (("taken", 90), ("waits", 40)):
        due = now - timedelta(seconds=age)
        await queue.enqueue("run_reflection", user_id="ana", _job_id=job_id, _defer_until=due)
    await claim(redis, Queue.COGNITION)
    seen = (await states(redis))[Queue.COGNITION]
    assert seen.oldest is not None
    assert timedelta(seconds=40) <= seen.oldest < timedelta(seconds=60)


async def test_shows_the_jobs_that_are_due_first(queue: TaskQueue, redis: Redis) -> None:
    await queue.enqueue("run_reflection", user_id="ana", _job_id="later", _defer_by=60)
    await queue.enqueue("run_reflection", user_id="ben", _job_id="now")
    found = await first(redis, Queue.COGNITION, 5)
    assert [(job.job_id, job.task, job.state) for job in found] == [
        ("now", "run_reflection", "ready"),
        ("later", "run_reflection", "deferred"),
    ]
    assert found[0].payload == {"user_id": "ben", "bot_name": "luna"}
    assert [job.job_id for job in await first(redis, Queue.COGNITION, 1)] == ["now"]
    assert await redis.zcard(Queue.COGNITION.value) == 2


async def test_an_unreadable_job_is_shown_as_such(redis: Redis) -> None:
    await redis.set("arq:job:odd", b"\x80\x05pickle")
    await redis.zadd(Queue.SOCIAL.value, {"odd": 0, "gone": 1})
    assert [job.task for job in await first(redis, Queue.SOCIAL, 5)] == ["(unreadable)", "(expired)"]


async def test_armed_timers_are_not_outstanding(queue: TaskQueue, redis: Redis) -> None:
    later = datetime.now(UTC).timestamp() * 1000 + 60_000
    await redis.zadd(Queue.SENSORY.value, {"run_session_timeout:s1": later, "a retry": later, "due": 0})
    await queue.enqueue("run_reflection", user_id="ana")
    left = await outstanding(redis, ("run_session_timeout",))
    assert left[Queue.SENSORY] == 2
    assert left[Queue.COGNITION] == 1


async def test_a_timer_that_is_due_is_outstanding(redis: Redis) -> None:
    await redis.zadd(Queue.SENSORY.value, {"run_session_timeout:s1": 0})
    assert (await outstanding(redis, ("run_session_timeout",)))[Queue.SENSORY] == 1
