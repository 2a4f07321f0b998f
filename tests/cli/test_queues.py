"""What is read out of the queues, on a real Valkey."""

from collections.abc import AsyncGenerator
from datetime import UTC, datetime, timedelta

import pytest
from redis.asyncio import Redis

from mindfleet.cli import retrying
from mindfleet.cli.queues import outstanding, states
from mindfleet.cli.retrying import Retries, retries, tried_again
from mindfleet.cli.waiting import first, one
from mindfleet.observe.heartbeat import Birth, heartbeat
from mindfleet.queues import Queue
from mindfleet.runtime.claims import Again
from mindfleet.settings import Settings
from mindfleet.task_queue import TaskQueue
from mindfleet.testing.clock import FakeClock
from mindfleet.vitals import Vitals

from .at_work import failed_once, settle, take

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


async def test_tells_ready_from_running_from_deferred(queue: TaskQueue, redis: Redis) -> None:
    for job_id in ("a", "b"):
        await queue.enqueue("run_reflection", user_id="ana", _job_id=job_id)
    await queue.enqueue("run_reflection", user_id="ana", _job_id="later", _defer_by=60)
    await take(redis, Queue.COGNITION)
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
    await take(redis, Queue.COGNITION)
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


async def test_a_job_that_waits_for_its_next_try_says_why(queue: TaskQueue, redis: Redis) -> None:
    for job_id in ("fails", "fine"):
        await queue.enqueue("run_reflection", user_id="ana", _job_id=job_id)
    await settle(redis, await take(redis, Queue.COGNITION), failed_once("ModelUnavailable: nobody is there"))
    fine, fails = await first(redis, Queue.COGNITION, 5)
    assert (fails.job_id, fails.state) == ("fails", "retrying")
    assert (fails.attempts.starts, fails.attempts.failures) == (1, 1)
    assert fails.attempts.last_error == "ModelUnavailable: nobody is there"
    assert (fine.job_id, fine.state, fine.attempts.last_error) == ("fine", "ready", "")


async def test_the_last_error_stays_with_a_job_that_runs_again(queue: TaskQueue, redis: Redis) -> None:
    await queue.enqueue("run_reflection", user_id="ana", _job_id="fails", _priority=7)
    await settle(redis, await take(redis, Queue.COGNITION), failed_once("TimedOut: too long", delay=0))
    before = datetime.now(UTC)
    await take(redis, Queue.COGNITION)
    found = await one(redis, "fails")
    assert found is not None
    assert (found.state, found.worker, found.priority) == ("running", "w1", 7)
    assert (found.attempts.starts, found.attempts.last_error) == (2, "TimedOut: too long")
    assert found.due <= before  # not the end of its lease
    assert (await retries(redis))[Queue.COGNITION].jobs == 1


async def test_a_job_that_puts_itself_off_is_deferred_and_not_tried_again(queue: TaskQueue, redis: Redis) -> None:
    await queue.enqueue("run_reflection", user_id="ana")
    early = Again(outcome="postponed", delay=60_000, failed=False, why="Postpone: the session goes on")
    await settle(redis, await take(redis, Queue.COGNITION), early)
    [found] = await first(redis, Queue.COGNITION, 5)
    assert (found.state, found.attempts.last_error) == ("deferred", "Postpone: the session goes on")
    assert (await retries(redis))[Queue.COGNITION] == Retries(jobs=0, at_least=False, error="")


async def test_counts_the_jobs_that_are_tried_again_with_what_most_of_them_failed_of(
    queue: TaskQueue, redis: Redis
) -> None:
    for why in ("ModelUnavailable: away", "TimedOut: too long", "ModelUnavailable: away"):
        await queue.enqueue("run_reflection", user_id="ana", _job_id=why + str(await redis.zcard("arq:cognition")))
        await settle(redis, await take(redis, Queue.COGNITION), failed_once(why))
    await queue.enqueue("run_reflection", user_id="ana", _job_id="fine", _defer_by=5)
    found = (await retries(redis))[Queue.COGNITION]
    assert found == Retries(jobs=3, at_least=False, error="ModelUnavailable: away")
    assert found.in_words(Queue.COGNITION) == (
        "cognition: 3 jobs are being tried again; the last error: ModelUnavailable: away; "
        "see ./bot.sh jobs cognition --retrying"
    )
    assert len(await tried_again(redis, Queue.COGNITION, 2)) == 2


async def test_of_a_long_queue_a_part_is_looked_at_and_that_is_said(
    queue: TaskQueue, redis: Redis, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(retrying, "MOST_LATER", 2)
    monkeypatch.setattr(retrying, "MOST_DUE", 2)
    for number in range(3):
        await queue.enqueue("run_reflection", user_id="ana", _job_id=f"fails-{number}")
        await settle(redis, await take(redis, Queue.COGNITION), failed_once("E: x", delay=1000 * (number + 60)))
    seen = (await retries(redis))[Queue.COGNITION]
    assert (seen.jobs, seen.at_least) == (2, True)
    assert "at least 2 jobs are" in seen.in_words(Queue.COGNITION)
    assert [job.job_id for job in await tried_again(redis, Queue.COGNITION, 9)] == ["fails-0", "fails-1"]
    for number in range(3):
        await queue.enqueue("run_reflection", user_id="ana", _job_id=f"waits-{number}", _queue_name="arq:social")
    assert (await retries(redis))[Queue.SOCIAL] == Retries(jobs=0, at_least=False, error="")


async def test_an_id_that_is_no_text_is_shown(redis: Redis) -> None:
    await redis.zadd(Queue.SOCIAL.value, {b"\xff\xfe": 0})
    assert [job.task for job in await first(redis, Queue.SOCIAL, 5)] == ["(expired)"]
    assert (await retries(redis))[Queue.SOCIAL].jobs == 0


async def test_a_job_is_found_on_whichever_queue_it_is(queue: TaskQueue, redis: Redis) -> None:
    await queue.enqueue("run_reflection", user_id="ana", _job_id="a", _queue_name="arq:social", _defer_by=60)
    found = await one(redis, "a")
    assert found is not None
    assert (found.queue, found.state, found.payload["user_id"]) == (Queue.SOCIAL, "deferred", "ana")
    assert await one(redis, "b") is None
