"""A job whose worker died between the park and Redis is parked, and not run again."""

import asyncio
import json
from collections.abc import Awaitable
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from typing import Any, cast

import pytest
from redis.asyncio import Redis

from mindfleet import BotJob, JobFailed, Queue, Retry, TaskQueue, task
from mindfleet.ports.parked import ParkedJob
from mindfleet.registry import Registry
from mindfleet.settings import Settings
from mindfleet.testing.in_memory_parked import InMemoryParked
from tests.runtime.fleet_of_one import working_off

pytestmark = pytest.mark.stack

ran: list[str] = []


class Chore(BotJob):
    pass


@task(queue=Queue.SENSORY, timeout=timedelta(seconds=5), retry=Retry(attempts=1))
async def run_chore(job: Chore) -> None:
    """Be done, this time."""
    ran.append(job.bot_name)


TASKS = Registry([run_chore])


async def left_by_a_dead_worker(redis: Redis, queue: TaskQueue, parked: InMemoryParked, **about: Any) -> str:
    """A job that was parked, as far as `about` does not say otherwise, by a worker that Redis heard no more of."""
    job_id = await queue.enqueue("run_chore", _job_id="chore")
    envelope = json.loads(await redis.get(f"arq:job:{job_id}") or b"")
    await cast("Awaitable[int]", redis.hset(f"mindfleet:job:{job_id}", mapping={"deaths": 1, "starts": 1}))
    fields: dict[str, Any] = {
        "job_id": job_id,
        "task": "run_chore",
        "queue": "arq:sensory",
        "payload": {"bot_name": "wren"},
        "error": "RuntimeError",
        "message": "it is over",
        "traceback": "",
        "attempts": 1,
        "enqueued_at": None,
        "parked_at": datetime.now(UTC),
        "origin_id": job_id,
        "call": envelope["n"],
        "starts": 1,
    }
    await parked.park(ParkedJob(**{**fields, **about}))
    return job_id


@pytest.fixture(autouse=True)
def _nothing_ran() -> None:
    ran.clear()


async def test_what_was_parked_when_its_worker_died_is_not_run_again(redis: Redis, redis_url: str) -> None:
    parked = InMemoryParked()
    async with TaskQueue(redis_url, bot_name="wren", settings=Settings(), tasks=TASKS) as queue:
        job_id = await left_by_a_dead_worker(redis, queue, parked)
        async with working_off(redis_url, queue, TASKS, parked):
            with pytest.raises(JobFailed, match="it is over"):
                await queue.wait(job_id, 10)

    assert ran == []
    assert await parked.count() == 1


@pytest.mark.parametrize("about", [{"call": "another"}, {"origin_id": "another"}, {"starts": 2}, {"call": ""}])
async def test_what_is_parked_of_another_call_keeps_no_job_from_running(
    redis: Redis, redis_url: str, about: dict[str, Any]
) -> None:
    parked = InMemoryParked()
    async with TaskQueue(redis_url, bot_name="wren", settings=Settings(), tasks=TASKS) as queue:
        job_id = await left_by_a_dead_worker(redis, queue, parked, **about)
        async with working_off(redis_url, queue, TASKS, parked):
            await queue.wait(job_id, 10)

    assert ran == ["wren"]


class Hangs(InMemoryParked):
    """A park that never says anything, and takes its time to be left, as a pool does that tidies a connection up."""

    async def get(self, job_id: str) -> ParkedJob | None:
        with suppress(asyncio.CancelledError):
            await asyncio.Event().wait()
        await asyncio.Event().wait()
        return await super().get(job_id)


async def test_a_job_that_lost_its_worker_waits_for_no_park_that_hangs(redis: Redis, redis_url: str) -> None:
    parked = Hangs()
    async with TaskQueue(redis_url, bot_name="wren", settings=Settings(), tasks=TASKS) as queue:
        job_id = await left_by_a_dead_worker(redis, queue, parked, call="another")
        async with working_off(redis_url, queue, TASKS, parked):
            await queue.wait(job_id, 3)

    assert ran == ["wren"]


async def test_a_replay_runs_though_its_worker_died_before_the_park_forgot_the_job(
    redis: Redis, redis_url: str
) -> None:
    parked = InMemoryParked()
    async with TaskQueue(redis_url, bot_name="wren", settings=Settings(), tasks=TASKS) as queue:
        job_id = await left_by_a_dead_worker(redis, queue, parked)
        await parked.mark_replay(job_id, job_id, datetime.now(UTC))
        async with working_off(redis_url, queue, TASKS, parked):
            await queue.wait(job_id, 10)

    assert ran == ["wren"]
