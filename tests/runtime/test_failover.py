"""A replica takes the place of the Redis that everybody speaks to: the fleet finds it, and loses nothing."""

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from time import monotonic
from typing import Any

import pytest
from arq.connections import ArqRedis, RedisSettings, create_pool
from redis.asyncio import Redis

from mindfleet import BotJob, Queue, Retry, TaskQueue, task
from mindfleet.errors import QueueUnavailable
from mindfleet.registry import Registry
from mindfleet.runtime.executor import Executor
from mindfleet.runtime.ledger_writer import writing
from mindfleet.runtime.parking import Parking
from mindfleet.runtime.pipeline import Fleet
from mindfleet.runtime.putting_back import putting_back
from mindfleet.runtime.recovery import Recovery
from mindfleet.runtime.worker_settings import QueueSettings, made, stopped, worker_settings
from mindfleet.settings import Settings
from mindfleet.testing.in_memory_ledger import InMemoryLedger
from mindfleet.testing.in_memory_parked import InMemoryParked
from mindfleet.wire import ENCODERS
from tests.conftest import Eventually
from tests.private_redis import PrivateRedis, private_redis
from tests.runtime.address import Address, address_of

pytestmark = pytest.mark.stack

RECOVERED = 5.0
"""Seconds after which a job has to end on the new server."""


@dataclass
class Done:
    """The numbers of the jobs that have ended."""

    numbers: list[int] = field(default_factory=list[int])


class Counted(BotJob):
    number: int


@task(queue=Queue.SENSORY, timeout=timedelta(seconds=30), retry=Retry(attempts=3))
async def run_counted(job: Counted, done: Done) -> None:
    """Take a moment."""
    await asyncio.sleep(0.02)
    done.numbers.append(job.number)


TASKS = Registry([run_counted])


class Now:
    def now(self) -> datetime:
        return datetime.now(UTC)


@dataclass
class House:
    """A producer and two workers, with all that a process of the fleet has, on one address."""

    address: Address
    first: PrivateRedis
    second: PrivateRedis
    queue: TaskQueue
    done: Done
    number: int = 0

    async def enqueue(self, many: int, **more: Any) -> list[int]:
        """The numbers of jobs that were accepted, however often that had to be tried."""
        accepted: list[int] = []
        for _ in range(many):
            self.number += 1
            name: dict[str, Any] = {"_job_id": f"job-{self.number}", "number": self.number}
            while True:
                try:
                    await self.queue.enqueue("run_counted", **name, **more)
                    break
                except QueueUnavailable:
                    await asyncio.sleep(0.05)
            accepted.append(self.number)
        return accepted

    async def takes_over(self) -> float:
        """How long it took until a job that was enqueued after the second server took over had ended."""
        self.address.to = self.second.port
        began = monotonic()
        [number] = await self.enqueue(1)
        async with asyncio.timeout(20):
            while number not in self.done.numbers:  # noqa: ASYNC110 - a list tells nobody
                await asyncio.sleep(0.01)
        return monotonic() - began

    def has_done(self, numbers: list[int]) -> Callable[[], Awaitable[bool]]:
        async def done() -> bool:
            return set(numbers) <= set(self.done.numbers)

        return done


@asynccontextmanager
async def worker(
    address: Address, queue: TaskQueue, done: Done, ledger: InMemoryLedger, name: str, pool: ArqRedis | None
) -> AsyncGenerator[None]:
    @asynccontextmanager
    async def fleet() -> AsyncGenerator[Fleet]:
        parking = Parking(InMemoryParked(), Now(), TASKS)
        yield Fleet(Executor(TASKS, {Done: done}, enabled=lambda _: True), queue, parking, Now())

    settings = worker_settings(
        QueueSettings(
            queue=Queue.SENSORY,
            max_jobs=5,
            job_timeout=timedelta(seconds=30),
            keep_result=timedelta(minutes=1),
            drain=timedelta(0),
            worker_id=name,
        ),
        TASKS,
        redis=RedisSettings.from_dsn(address.url),
        encode=ENCODERS["json"],
        fleet=fleet,
    )
    recovery = Recovery(
        redis=queue.redis, ledger=ledger, put_back=putting_back(queue.redis), queues=[Queue.SENSORY.value], owner=name
    )
    working = made(settings, handle_signals=False, redis_pool=pool)
    async with writing(queue.redis, ledger, owner=name), recovery.running():
        running = asyncio.create_task(working.async_run())
        try:
            yield
        finally:
            await stopped(working, running, timedelta())


@pytest.fixture(params=["a pool of its own", "a pool that was handed to it"])
async def house(tmp_path: Path, eventually: Eventually, request: pytest.FixtureRequest) -> AsyncGenerator[House]:
    ledger, done = InMemoryLedger(), Done()
    homes = [tmp_path / name for name in ("first", "second")]
    for home in homes:
        home.mkdir()
    async with AsyncExitStack() as stack:
        first, second = [await stack.enter_async_context(private_redis(home)) for home in homes]
        await _follow(second, first, eventually)
        address = await stack.enter_async_context(address_of(first.port))
        queue, fleets = [
            await stack.enter_async_context(
                TaskQueue(address.url, bot_name="juniper", settings=Settings(), tasks=TASKS)
            )
            for _ in range(2)
        ]
        for name in ("one", "two"):
            handed = await create_pool(RedisSettings.from_dsn(address.url)) if "handed" in request.param else None
            await stack.enter_async_context(worker(address, fleets, done, ledger, name, handed))
        yield House(address, first, second, queue, done)


async def _follow(replica: PrivateRedis, master: PrivateRedis, eventually: Eventually) -> None:
    async with Redis.from_url(replica.url) as redis, Redis.from_url(master.url) as followed:
        await followed.config_set("repl-diskless-sync-delay", 0)
        await redis.execute_command("REPLICAOF", "127.0.0.1", master.port)

        async def in_step() -> bool:
            return bool((await redis.info("replication"))["master_link_status"] == "up")

        await eventually(in_step)


async def _promote(server: PrivateRedis) -> None:
    async with Redis.from_url(server.url) as redis:
        await redis.execute_command("REPLICAOF", "NO", "ONE")


async def test_a_replica_takes_over_from_a_server_that_died(house: House, eventually: Eventually) -> None:
    before = await house.enqueue(100)

    await house.first.kill()
    await _promote(house.second)
    took = await house.takes_over()

    after = await house.enqueue(50)
    await eventually(house.has_done(before + after))
    assert took < RECOVERED


async def test_who_was_connected_to_a_server_that_was_demoted_leaves_it(house: House, eventually: Eventually) -> None:
    """It lives on as a replica, and nobody's connection is cut."""
    before = await house.enqueue(100)

    await _promote(house.second)
    await _follow(house.first, house.second, eventually)
    took = await house.takes_over()

    after = await house.enqueue(50)
    await eventually(house.has_done(before + after))
    assert took < RECOVERED


async def test_what_the_replica_had_not_heard_of_yet_comes_from_the_ledger(
    house: House, eventually: Eventually
) -> None:
    await house.enqueue(1)
    await _promote(house.second)  # too early: from now on it hears of nothing
    unheard = await house.enqueue(20, _defer_by=1.0, _durable=True)

    await house.first.kill()
    took = await house.takes_over()

    await eventually(house.has_done(unheard))
    assert took < RECOVERED
