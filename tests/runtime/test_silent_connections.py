"""Connections that fall silent, and are never closed, as when another machine takes an address over."""

from collections.abc import AsyncGenerator
from pathlib import Path
from time import monotonic

import pytest
from redis.asyncio import Redis

from mindfleet.runtime import wake
from tests.conftest import Eventually
from tests.private_redis import private_redis
from tests.runtime.address import Address, address_of
from tests.runtime.floor import Floor, ends, is_so

pytestmark = pytest.mark.stack

SOON = 6.0
"""Seconds: an answer is waited for for three."""


@pytest.fixture
async def address(tmp_path: Path) -> AsyncGenerator[Address]:
    async with private_redis(tmp_path) as server, address_of(server.port) as address:
        yield address


@pytest.fixture
async def floor(address: Address) -> AsyncGenerator[Floor]:
    async with Redis(port=address.to) as redis:
        floor = Floor(address.url, redis)
        yield floor
        await floor.close()


async def test_a_worker_leaves_all_of_them_at_once(address: Address, floor: Floor, eventually: Eventually) -> None:
    async def is_at_rest() -> bool:
        return bool(await floor.redis.exists("arq:sensory:health-check")) and await floor.count("done") == 1

    worker = await floor.worker(ends(), allow_abort_jobs=True)
    await floor.put("before")
    await eventually(is_at_rest)

    address.fall_silent()
    await floor.put("after")
    began = monotonic()
    await eventually(is_so(lambda: worker.ids == ["before", "after"]))

    assert monotonic() - began < SOON


async def test_a_worker_hears_again_when_it_is_woken(
    address: Address, floor: Floor, eventually: Eventually, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def listeners() -> set[str]:
        return {client["id"] for client in await floor.redis.client_list(_type="pubsub")}

    async def listens_anew() -> bool:
        return bool(await listeners() - before)

    monkeypatch.setattr(wake, "QUIET", 0.2)
    await floor.worker(ends())
    before: set[str] = set()
    await eventually(listens_anew)
    before = await listeners()

    address.fall_silent()

    await eventually(listens_anew)


async def test_a_worker_stays_where_it_listens_while_nothing_is_said(
    floor: Floor, eventually: Eventually, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def asked_thrice() -> bool:
        clients = await floor.redis.client_list(_type="pubsub")
        seen.update(client["id"] for client in clients)
        return bool((await floor.redis.info("commandstats")).get("cmdstat_ping", {}).get("calls", 0) >= before + 3)

    seen: set[str] = set()
    before = (await floor.redis.info("commandstats")).get("cmdstat_ping", {}).get("calls", 0)
    monkeypatch.setattr(wake, "QUIET", 0.1)
    await floor.worker(ends())
    await eventually(asked_thrice)

    assert len(seen) == 1
