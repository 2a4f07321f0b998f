"""A settlement that Redis has done and whose answer was lost: the worker finds out that it was its own."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from datetime import timedelta
from time import monotonic
from typing import Any
from urllib.parse import urlsplit

import pytest
from arq.connections import ArqRedis, RedisSettings, create_pool
from arq.worker import Retry, func

from mindfleet import lua
from mindfleet.runtime.claims import Claim, End
from mindfleet.runtime.held import Held
from mindfleet.runtime.unheard import Unheard
from mindfleet.runtime.worker import FleetWorker
from mindfleet.runtime.worker_settings import stopped
from mindfleet.wire import encode_json, job_deserializer
from tests.conftest import Eventually
from tests.runtime.address import Address, address_of
from tests.runtime.desk import Desk
from tests.runtime.floor import is_so

pytestmark = pytest.mark.stack

LEASE = 0.8


class Shop:
    """A worker of arq's functions behind an address, and what its hooks and the log said."""

    def __init__(self, url: str, address: Address, pool: ArqRedis) -> None:
        self.redis = RedisSettings.from_dsn(url)
        self.redis.port = address.port
        self.address = address
        self.pool = pool
        self.over: list[tuple[str, int]] = []
        self.calls = 0

    async def loses_the_next_answer(self) -> None:
        """To a settlement that is done: Redis has to have its script by then."""
        await lua.SETTLE(self.pool, "", 0, "", 0)
        self.address.loses_answers_to = str(lua.SETTLE.call(self.pool)[1]).encode()

    async def works(self, _ctx: dict[Any, Any], tries: int = 1) -> str:
        self.calls += 1
        if self.calls < tries:
            raise Retry(0)
        return "worked"

    async def after(self, ctx: dict[Any, Any]) -> None:
        self.over.append((ctx["job_id"], ctx["job_try"]))

    @asynccontextmanager
    async def open(self, **told: Any) -> AsyncGenerator[FleetWorker]:
        worker = FleetWorker(
            [func(self.works, name="works")],  # type: ignore[arg-type]
            redis_settings=self.redis,
            handle_signals=False,
            lease=timedelta(seconds=LEASE),
            poll_delay=0.05,
            after_job_end=self.after,
            **told,
        )
        running = asyncio.create_task(worker.async_run())
        try:
            yield worker
        finally:
            await stopped(worker, running, timedelta())


@pytest.fixture
async def shop(redis_url: str) -> AsyncGenerator[Shop]:
    pool = await create_pool(
        RedisSettings.from_dsn(redis_url), job_serializer=encode_json, job_deserializer=job_deserializer
    )
    async with address_of(urlsplit(redis_url).port or 0) as address:
        yield Shop(redis_url, address, pool)
    await pool.aclose()


def nothing_was_lost(worker: FleetWorker, caplog: pytest.LogCaptureFixture) -> bool:
    assert worker.engine
    return worker.engine._redis.lost == 0 and "after it was lost" not in caplog.text


@pytest.mark.parametrize("keep_result", [3600, 0])
async def test_what_is_to_be_called_after_a_jobs_end_is_called_once_though_the_answer_was_lost(
    shop: Shop, eventually: Eventually, caplog: pytest.LogCaptureFixture, keep_result: int
) -> None:
    async with shop.open(keep_result=keep_result) as worker:
        await shop.loses_the_next_answer()
        await shop.pool.enqueue_job("works", _job_id="one")
        await eventually(is_so(lambda: shop.over == [("one", 1)]))
        await shop.pool.enqueue_job("works", _job_id="two")
        await eventually(is_so(lambda: shop.over == [("one", 1), ("two", 1)]))

        assert (shop.address.lost, shop.calls) == (1, 2)
        assert nothing_was_lost(worker, caplog)


async def test_so_it_is_when_redis_is_away_for_longer_than_a_lease(
    shop: Shop, eventually: Eventually, caplog: pytest.LogCaptureFixture
) -> None:
    there = shop.address.to
    async with shop.open() as worker:
        await shop.loses_the_next_answer()
        await shop.pool.enqueue_job("works", _job_id="one")
        await eventually(is_so(lambda: shop.calls == 1))
        shop.address.to = 1
        began = monotonic()
        await eventually(is_so(lambda: monotonic() - began > 2 * LEASE))
        assert shop.over == []
        shop.address.to = there
        await eventually(is_so(lambda: shop.over == [("one", 1)]))

        assert shop.address.lost == 1
        assert nothing_was_lost(worker, caplog)


async def test_so_it_is_after_an_attempt_that_is_made_again(
    shop: Shop, eventually: Eventually, caplog: pytest.LogCaptureFixture
) -> None:
    async with shop.open() as worker:
        await shop.loses_the_next_answer()
        await shop.pool.enqueue_job("works", tries=2, _job_id="one")
        await eventually(is_so(lambda: shop.over == [("one", 1), ("one", 2)]))

        assert (shop.address.lost, shop.calls) == (1, 2)
        assert nothing_was_lost(worker, caplog)


async def claimed(desk: Desk, lease: float) -> tuple[Claim, Held]:
    await desk.put("one")
    [claim] = await desk.claim()
    return claim, Held(claim, lease)


async def test_what_another_worker_has_had_since_was_not_ours(desk: Desk) -> None:
    claim, held = await claimed(desk, lease=0.0)
    ours, unheard = End(outcome="done", result=b"ours", keep=1000), Unheard(desk.redis)
    unheard.add([(held, ours)])
    await desk.outlast_leases()
    [other] = await desk.claim()
    await desk.settle(other, End(outcome="done", result=b"theirs", keep=1000))

    assert await unheard.heard([(held, ours)], [int(await desk.settle(claim, ours))]) == [0]
    assert not unheard


async def test_only_what_was_sent_without_an_answer_is_doubted(desk: Desk) -> None:
    claim, held = await claimed(desk, lease=4.0)
    done, unheard = End(outcome="done"), Unheard(desk.redis)
    assert await desk.settle(claim, done)

    assert await unheard.heard([(held, done)], [0]) == [0]
    unheard.add([(held, done)])
    assert await unheard.heard([(held, done)], [b"WRONGTYPE"]) == [b"WRONGTYPE"]
    unheard.add([(held, done)])
    assert await unheard.heard([(held, done)], [0]) == [1]
