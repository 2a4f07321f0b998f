"""One job on the command line: where it is, its end, and waiting for that."""

import asyncio
from collections.abc import AsyncGenerator
from functools import partial

import pytest
from redis.asyncio import Redis

from mindfleet.cli.exits import Exit
from mindfleet.queues import Queue
from mindfleet.settings import Settings
from mindfleet.task_queue import TaskQueue

from .at_work import done, failed_once, settle, take
from .conftest import Bot

pytestmark = pytest.mark.stack


@pytest.fixture
async def queue(redis_url: str) -> AsyncGenerator[TaskQueue]:
    async with TaskQueue(redis_url, bot_name="luna", settings=Settings()) as queue:
        await queue.enqueue("run_reflection", user_id="ana", _job_id="one")
        yield queue


@pytest.fixture
async def redis(queue: TaskQueue) -> Redis:
    return queue.redis


@pytest.fixture
def here(bot: Bot, redis_url: str) -> Bot:
    return partial(bot, REDIS_URL=redis_url)


async def test_a_job_that_fails_is_seen_wherever_one_looks(here: Bot, queue: TaskQueue, redis: Redis) -> None:
    why = "ModelUnavailable: " + "nobody is there " * 10
    await settle(redis, await take(redis, Queue.COGNITION), failed_once(why))

    job = here("job", "one", "--json").data["job"]
    assert (job["state"], job["queue"], job["starts"], job["failures"]) == ("retrying", "arq:cognition", 1, 1)
    assert (job["last_error"], job["event"]["reason"]) == (why, why)
    [listed] = here("jobs", "cognition", "--json").data["jobs"]
    assert (listed["state"], listed["last_error"]) == ("retrying", why)
    shown = here("jobs", "cognition", "--retrying").out
    assert "retrying" in shown
    assert f"{why[:80]}…" in " ".join(shown.split())
    status = here("status", "--json").data["queues"]["cognition"]
    assert status["retrying"] == {"jobs": 1, "at_least": False, "error": why}
    assert "1 job is being tried again; the last error: ModelUnavailable" in here("status").out


async def test_a_job_is_enqueued_with_priority_and_deadline_and_shown(here: Bot, queue: TaskQueue) -> None:
    words = ("run_reflection", "user_id=ana", "bot_name=luna", "--job-id", "two", "--priority", "7", "--expires", "60")
    assert here("enqueue", *words).code == Exit.OK
    assert here("enqueue", *words[:3], "--priority", "11").code == Exit.USAGE
    job = here("job", "two", "--json").data["job"]
    assert (job["state"], job["priority"], job["payload"]) == ("ready", 7, {"user_id": "ana", "bot_name": "luna"})
    assert await queue.redis.hget("mindfleet:job:two", "deadline")  # type: ignore[misc]
    assert "last error" not in here("jobs", "cognition").out  # nothing to be said there
    shown = here("job", "two").out
    assert "priority     7" in shown
    assert '"user_id": "ana"' in shown


async def test_a_job_that_has_ended_is_shown_with_its_end(here: Bot, queue: TaskQueue, redis: Redis) -> None:
    await settle(redis, await take(redis, Queue.COGNITION), done())
    job = here("job", "one", "--json").data["job"]
    assert (job["state"], job["result"], job["error"], job["event"]["outcome"]) == ("done", {"facts": 2}, None, "done")
    await queue.enqueue("run_reflection", user_id="ben", _job_id="two")
    await queue.job("two").cancel()
    assert "Cancelled: somebody asked for its end" in here("job", "two").out


def test_a_job_that_is_not_there_is_a_failure_with_a_way_on(here: Bot) -> None:
    for words in (("job", "nobody"), ("wait", "nobody")):
        ended = here(*words)
        assert ended.code == Exit.FAILED
        assert "there is no job 'nobody'" in ended.err
        assert "./bot.sh parked" in ended.err


async def test_says_for_each_job_what_became_of_its_cancellation(here: Bot, queue: TaskQueue, redis: Redis) -> None:
    await take(redis, Queue.COGNITION)
    await queue.enqueue("run_reflection", user_id="ben", _job_id="two")
    both = here("cancel", "one", "two", "--json")
    assert both.code == Exit.OK
    assert {job["job_id"]: job["outcome"] for job in both.data["jobs"]} == {"one": "asked", "two": "cancelled"}
    assert await redis.hget("mindfleet:job:one", "cancel") == b"cancelled"  # type: ignore[misc]

    again = here("cancel", "two", "nobody")
    assert again.code == Exit.FAILED
    assert "two  has ended already" in again.out
    assert "nobody  is unknown" in again.out


async def test_waits_for_the_result_and_tells_what_the_job_tells(here: Bot, queue: TaskQueue, redis: Redis) -> None:
    claim = await take(redis, Queue.COGNITION)
    await settle(redis, claim, failed_once("TimedOut: too long", delay=0))
    waiting = asyncio.create_task(asyncio.to_thread(here, "wait", "one", "--follow", "--json", "--timeout", "60"))
    claim = await take(redis, Queue.COGNITION)
    await settle(redis, claim, done())
    ended = await waiting
    assert ended.code == Exit.OK
    assert (ended.data["state"], ended.data["result"]) == ("done", {"facts": 2})
    assert [event["event"] for event in ended.data["events"]] == ["started", "retrying", "started", "done"]

    shown = here("wait", "one", "--follow").out.splitlines()
    assert "started   by w1, start 1" in shown[0]
    assert "retrying  in 0 s: TimedOut: too long" in shown[1]
    assert shown[-1] == '{"facts": 2}'


async def test_whoever_waits_in_vain_is_told_so(here: Bot, queue: TaskQueue) -> None:
    late = here("wait", "one", "--timeout", "0.1", "--json")
    assert late.code == Exit.FAILED
    assert (late.data["state"], late.data["result"]) == ("pending", None)
    assert "did not end within 0.1 s" in late.err

    await queue.job("one").cancel()
    ended = here("wait", "one", "--follow", "--json")
    assert ended.code == Exit.FAILED
    assert ended.data["error"]["error"] == "Cancelled"
    assert [event["event"] for event in ended.data["events"]] == ["error"]
    assert "one failed: Cancelled" in ended.err
