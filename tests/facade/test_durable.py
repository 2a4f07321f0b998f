"""`_durable`: a call returns only when PostgreSQL has what became of it."""

import asyncio
from collections.abc import AsyncGenerator
from datetime import timedelta

import pytest
from redis.asyncio import Redis

from mindfleet import NEVER, BotJob, InvalidJob, Queue, TaskQueue, task
from mindfleet.errors import LedgerBehind
from mindfleet.registry import Registry
from mindfleet.settings import Settings
from mindfleet.task import Debounce
from tests.conftest import Eventually

pytestmark = pytest.mark.stack

LEDGER, MARK = "mindfleet:ledger", "mindfleet:ledger:watermark"
MINUTE = timedelta(minutes=1)


class Note(BotJob):
    text: str = ""


class Trigger(BotJob):
    text: str = ""

    def key(self) -> str:
        return "all"


class Fleeting(BotJob):
    pass


@task(queue=Queue.SENSORY, timeout=MINUTE, retry=NEVER)
async def run_note(job: Note) -> None:
    """Write a line."""


@task(queue=Queue.SENSORY, timeout=MINUTE, retry=NEVER, debounce=Debounce(wait=MINUTE, longest=MINUTE))
async def run_trigger(job: Trigger) -> None:
    """Gather lines."""


@task(queue=Queue.SENSORY, timeout=MINUTE, retry=NEVER, durable=False)
async def run_fleeting(job: Fleeting) -> None:
    """Whatever is lost is lost."""


@pytest.fixture
async def redis(redis_url: str) -> AsyncGenerator[Redis]:
    async with Redis.from_url(redis_url) as redis:
        await redis.set("mindfleet:fleet:arq:sensory", 1)
        yield redis


@pytest.fixture
async def queue(redis_url: str) -> AsyncGenerator[TaskQueue]:
    tasks = Registry([run_note, run_trigger, run_fleeting])
    async with TaskQueue(redis_url, bot_name="juniper", settings=Settings(), tasks=tasks) as queue:
        yield queue


async def copy_all(redis: Redis) -> None:
    """PostgreSQL has what there is up to now."""
    [(last, _)] = await redis.xrevrange(LEDGER, count=1)
    await redis.set(MARK, last)


async def has_entries(redis: Redis, eventually: Eventually, many: int) -> None:
    async def holds() -> bool:
        return int(await redis.xlen(LEDGER)) == many

    await eventually(holds)


async def test_a_trigger_that_another_job_takes_up_is_waited_for_too(
    queue: TaskQueue, redis: Redis, eventually: Eventually
) -> None:
    await queue.enqueue("run_trigger", text="a")
    await copy_all(redis)
    enqueueing = asyncio.create_task(queue.enqueue("run_trigger", text="b", _durable=True))
    await has_entries(redis, eventually, 2)
    done, _ = await asyncio.wait([enqueueing], timeout=0.3)
    assert not done

    await copy_all(redis)
    assert (await enqueueing).merged


async def test_a_duplicate_is_waited_for_as_the_job_that_it_is_one_of(
    queue: TaskQueue, redis: Redis, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whoever repeats a call whose answer was lost wants to know that PostgreSQL has the job."""
    await queue.enqueue("run_note", text="a", _job_id="a")
    monkeypatch.setattr("mindfleet.door.CONFIRMED_WITHIN", 0.3)
    with pytest.raises(LedgerBehind):
        await queue.enqueue("run_note", text="a", _job_id="a", _durable=True)

    await copy_all(redis)
    assert (await queue.enqueue("run_note", text="a", _job_id="a", _durable=True)).duplicate


async def test_what_redis_loses_meanwhile_is_waited_for_until_it_is_there_again(
    queue: TaskQueue, redis: Redis, eventually: Eventually
) -> None:
    enqueueing = asyncio.create_task(queue.enqueue("run_note", text="a", _job_id="a", _durable=True))
    await has_entries(redis, eventually, 1)
    [(at, _)] = await redis.xrange(LEDGER)
    async with redis.pipeline(transaction=True) as both:
        both.flushdb()
        both.set(MARK, f"{at.decode()}0")  # PostgreSQL has others that came later
        await both.execute()
    await has_entries(redis, eventually, 1)
    done, _ = await asyncio.wait([enqueueing], timeout=0.3)
    assert not done

    await copy_all(redis)
    assert await enqueueing == "a"


async def test_it_is_refused_where_postgresql_never_has_the_job(queue: TaskQueue) -> None:
    with pytest.raises(InvalidJob, match="not durable"):
        await queue.enqueue("run_fleeting", _durable=True)
