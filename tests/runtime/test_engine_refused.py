"""A Redis that is there, and lets nobody in, or takes nothing from a worker: what ended meanwhile is settled once."""

from collections.abc import AsyncGenerator
from datetime import timedelta

import pytest
from redis.asyncio import Redis

from mindfleet.runtime.claims import End, Settled
from mindfleet.runtime.held import Held
from tests.conftest import Eventually
from tests.private_redis import PrivateRedis
from tests.runtime.floor import Floor, floor_at, is_so

LONG = timedelta(seconds=20)
"""A lease that outlasts what happens."""

WAYS = {
    "a command is forbidden": (("ACL SETUSER default -set", False), "ACL SETUSER default +set"),
    "all keys are forbidden": (("ACL SETUSER default resetkeys", False), "ACL SETUSER default ~*"),
    "scripts are forbidden": (("ACL SETUSER default -@scripting", False), "ACL SETUSER default +@scripting"),
    "nobody may log in": (("CONFIG SET requirepass secret", True), "CONFIG SET requirepass ''"),
    "it has as many clients as it takes": (("CONFIG SET maxclients 1", True), "CONFIG SET maxclients 100"),
    "it misses its replicas": (("CONFIG SET min-replicas-to-write 1", False), "CONFIG SET min-replicas-to-write 0"),
}
"""The order, whether all others are thrown out then, and what takes it back."""


@pytest.fixture
async def floor(server: PrivateRedis) -> AsyncGenerator[Floor]:
    async with Redis.from_url(server.url) as redis, floor_at(server.url, redis) as floor:
        yield floor


@pytest.mark.parametrize("way", WAYS)
async def test_what_ends_while_redis_refuses_is_settled_afterwards(
    floor: Floor, eventually: Eventually, way: str
) -> None:
    async def ends_when_let_go(held: Held) -> Settled:
        if held.claim.job_id != "first":
            await worker.let_go.wait()
        return End(outcome="done", result=b"result", keep=60_000)

    async def is_settled() -> bool:
        return bool(await floor.redis.exists("arq:result:one", "arq:result:two") == 2)

    worker = await floor.worker(ends_when_let_go, lease=LONG)
    await floor.put("first", "one", "two")
    await eventually(is_so(lambda: len(worker.ids) == 3))
    await eventually(is_so(lambda: worker.arq.engine and len(worker.arq.engine.held) == 2))

    (refuse, is_thrown_out), admit = WAYS[way]
    await _tell(floor.redis, refuse)
    if is_thrown_out:
        await floor.redis.client_kill_filter(_type="pubsub")
        await floor.redis.client_kill_filter(_type="normal", skipme=True)
    worker.let_go.set()
    await eventually(is_so(lambda: worker.arq.engine and not worker.arq.engine.answers))
    await _tell(floor.redis, admit)

    await eventually(is_settled)
    assert sorted(worker.ids) == ["first", "one", "two"]


async def _tell(redis: Redis, order: str) -> None:
    await redis.execute_command(*order.replace("''", "").split(" "))  # type: ignore[no-untyped-call]
