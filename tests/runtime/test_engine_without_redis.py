"""A worker outlives whatever happens to Redis, and no job is lost or settled twice."""

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable
from datetime import timedelta

import pytest
from redis.asyncio import Redis

from mindfleet.runtime.claims import End, Settled
from mindfleet.runtime.held import Held
from tests.conftest import Eventually
from tests.private_redis import PrivateRedis
from tests.runtime.floor import Floor, Worker, ends, floor_at, is_so

LONG = timedelta(seconds=20)
"""A lease that outlasts what happens."""


@pytest.fixture
async def floor(server: PrivateRedis) -> AsyncGenerator[Floor]:
    async with Redis.from_url(server.url) as redis, floor_at(server.url, redis) as floor:
        yield floor


def answers(worker: Worker) -> bool:
    return worker.arq.engine is not None and worker.arq.engine.answers


async def test_a_worker_goes_on_when_redis_was_restarted(
    server: PrivateRedis, floor: Floor, eventually: Eventually
) -> None:
    worker = await floor.worker(lease=LONG)
    await floor.put("before")
    await eventually(is_so(lambda: worker.ids == ["before"]))

    await server.kill()
    await eventually(is_so(lambda: not answers(worker)))
    worker.let_go.set()
    await server.start()
    await eventually(is_so(lambda: answers(worker)))
    await floor.put("after")
    await eventually(is_so(lambda: worker.ids == ["before", "after"]))
    await eventually(is_so(lambda: worker.arq.engine and worker.arq.engine.is_idle))

    assert await floor.count("done") == 2
    assert await floor.redis.zcard("arq:sensory") == 0


async def test_a_worker_goes_on_when_redis_has_lost_everything(
    server: PrivateRedis, floor: Floor, eventually: Eventually
) -> None:
    worker = await floor.worker()
    await floor.put("before")
    await eventually(is_so(lambda: worker.ids == ["before"]))

    await floor.redis.flushall()
    await floor.redis.script_flush()
    await eventually(is_so(lambda: worker.stops))  # it is told that its job is lost
    await floor.put("after")
    await eventually(is_so(lambda: worker.ids == ["before", "after"]))


async def test_a_redis_that_hangs_is_waited_for(server: PrivateRedis, floor: Floor, eventually: Eventually) -> None:
    worker = await floor.worker(lease=LONG)
    await floor.put("before")
    await eventually(is_so(lambda: worker.ids == ["before"]))

    server.pause()
    worker.let_go.set()
    await eventually(is_so(lambda: not answers(worker)))
    server.go_on()
    await eventually(is_so(lambda: answers(worker)))
    await floor.put("after")
    await eventually(is_so(lambda: worker.ids == ["before", "after"]))

    async def both_are_done() -> bool:
        return await floor.count("done") == 2

    await eventually(both_are_done)


async def test_a_worker_ends_in_time_while_redis_hangs(
    server: PrivateRedis, floor: Floor, eventually: Eventually
) -> None:
    worker = await floor.worker(lease=LONG)
    await floor.put("before")
    await eventually(is_so(lambda: worker.ids == ["before"]))

    server.pause()
    async with asyncio.timeout(10):
        await worker.stop()
    server.go_on()


async def test_what_ends_while_redis_is_read_only_is_settled_afterwards(
    server: PrivateRedis, floor: Floor, eventually: Eventually
) -> None:
    async def ends_when_let_go(held: Held) -> Settled:
        if held.claim.job_id != "first":
            await worker.let_go.wait()
        return End(outcome="done", result=b"result", keep=60_000)

    worker = await floor.worker(ends_when_let_go, lease=LONG)
    await floor.put("first", "one", "two")
    await eventually(is_so(lambda: len(worker.ids) == 3))
    await eventually(_is_settled(floor, "first"))  # Redis has the script

    await floor.redis.execute_command("REPLICAOF", "127.0.0.1", "1")  # type: ignore[no-untyped-call]
    worker.let_go.set()
    await eventually(is_so(lambda: not answers(worker)))
    await floor.redis.execute_command("REPLICAOF", "NO", "ONE")  # type: ignore[no-untyped-call]
    await eventually(is_so(lambda: answers(worker)))

    await eventually(_is_settled(floor, "one", "two"))
    assert sorted(worker.ids) == ["first", "one", "two"]


async def test_what_ends_while_redis_is_full_is_settled_afterwards(
    server: PrivateRedis, floor: Floor, eventually: Eventually
) -> None:
    async def ends_when_let_go(held: Held) -> Settled:
        if held.claim.job_id != "first":
            await worker.let_go.wait()
        return End(outcome="done", result=b"result", keep=60_000)

    worker = await floor.worker(ends_when_let_go, lease=LONG)
    await floor.put("first", "one", "two")
    await eventually(is_so(lambda: len(worker.ids) == 3))
    await eventually(_is_settled(floor, "first"))  # Redis has the script

    await floor.redis.config_set("maxmemory", "1")
    worker.let_go.set()
    await eventually(is_so(lambda: not answers(worker)))
    await floor.redis.config_set("maxmemory", "0")

    await eventually(_is_settled(floor, "one", "two"))
    assert sorted(worker.ids) == ["first", "one", "two"]


async def test_a_worker_hears_of_new_jobs_again_after_its_connections_were_cut(
    server: PrivateRedis, floor: Floor, eventually: Eventually
) -> None:
    worker = await floor.worker(ends(), poll_delay=0.5)
    await floor.redis.client_kill_filter(_type="pubsub")
    await floor.redis.client_kill_filter(_type="normal", skipme=True)

    async def listens() -> bool:
        [(_, listeners)] = await floor.redis.pubsub_numsub("mindfleet:wake:arq:sensory")
        return bool(listeners == 1)

    await eventually(listens)
    await floor.put("letter")
    await eventually(is_so(lambda: worker.ids == ["letter"]))


def _is_settled(floor: Floor, *job_ids: str) -> Callable[[], Awaitable[bool]]:
    async def is_settled() -> bool:
        keys = [f"arq:result:{job_id}" for job_id in job_ids]
        return bool(await floor.redis.exists(*keys) == len(keys))

    return is_settled
