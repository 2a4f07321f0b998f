"""Putting back by hand what Redis lost."""

import json

import pytest

from mindfleet import Queue, TaskQueue
from mindfleet.embedded.runfile import Stack
from mindfleet.runtime.ledger_writer import writing
from mindfleet.settings import Settings
from mindfleet.wiring import migrate_stores, open_ledger
from tests.conftest import Eventually

from .conftest import Bot

pytestmark = pytest.mark.stack


async def test_puts_back_what_redis_has_lost(stack: Stack, redis_url: str, bot: Bot, eventually: Eventually) -> None:
    settings = Settings.model_validate(
        {
            "redis": {"url": redis_url},
            "postgres": {"url": stack.database_url},
            "graph": {"url": stack.neo4j_url, "user": stack.neo4j_user, "password": stack.neo4j_password},
        }
    )
    await migrate_stores(settings)
    environment = {"REDIS_URL": redis_url, "DATABASE_URL": stack.database_url}
    async with TaskQueue(settings=settings) as queue, open_ledger(settings) as ledger:
        receipt = await queue.enqueue_reflection("ana", "juniper")
        async with writing(queue.redis, ledger, owner="test"):

            async def written() -> bool:
                return bool(await ledger.states([receipt]))

            await eventually(written)
        await queue.redis.flushdb()

        ran = bot("rehydrate", "--json", **environment)

        assert json.loads(ran.out)["put_back"] >= 1
        assert await queue.redis.zscore(Queue.COGNITION.value, receipt) is not None
        assert json.loads(bot("rehydrate", "--json", **environment).out)["put_back"] == 0
        await queue.job(receipt).cancel()
