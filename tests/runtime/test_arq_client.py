"""The client that a worker makes of arq's settings: arq's own in all but what it leaves behind."""

# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false, reportUnknownArgumentType=false
# The types that redis ships are not complete.

import asyncio
import gc
from collections.abc import AsyncGenerator
from pathlib import Path
from typing import Any

import pytest
from arq.connections import ArqRedis, RedisSettings, create_pool
from arq.worker import func
from redis.asyncio import Redis
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from redis.exceptions import NoPermissionError

from mindfleet.runtime.arq_client import client_of, close_client
from mindfleet.runtime.worker import FleetWorker
from mindfleet.wire import encode_json, job_deserializer
from tests.conftest import Eventually
from tests.private_redis import PrivateRedis, PrivateSentinel

pytestmark = pytest.mark.stack

TURNS = (1, 2, 4, 7, 12, 20, 50, 200)
"""Of the loop, after which the worker is stopped: before it connects, while it does, and once it has."""

EVERYTHING = RedisSettings(
    host="cache.example",
    port=6380,
    unix_socket_path=None,
    database=3,
    username="ana",
    password="hush",  # noqa: S106 - nobody's
    ssl=True,
    ssl_keyfile="k",
    ssl_certfile="c",
    ssl_cert_reqs="none",
    ssl_ca_certs="a",
    ssl_ca_data="d",
    ssl_check_hostname=True,
    conn_timeout=7,
    max_connections=11,
    retry=Retry(NoBackoff(), 2),
    retry_on_timeout=True,
    retry_on_error=[OSError],
)
SENTINELS = RedisSettings(
    host=[("one", 1), ("two", 2)],
    sentinel=True,
    sentinel_master="luna",
    database=2,
    username="u",
    password="p",  # noqa: S106 - nobody's
    ssl=True,
)


async def letter(ctx: dict[Any, Any]) -> str:
    del ctx
    return "read"


def worker(where: RedisSettings, *, burst: bool = False) -> FleetWorker:
    return FleetWorker([func(letter, name="letter")], redis_settings=where, burst=burst, handle_signals=False)


@pytest.mark.parametrize(
    "where",
    [
        RedisSettings(),
        EVERYTHING,
        RedisSettings.from_dsn("rediss://ana:hush@cache.example:6380/2"),
        RedisSettings(unix_socket_path="/run/redis", database=1),
        SENTINELS,
    ],
    ids=["default", "everything", "dsn", "socket", "sentinels"],
)
async def test_it_is_told_what_arqs_is_told(where: RedisSettings, monkeypatch: pytest.MonkeyPatch) -> None:
    async def ping(_: ArqRedis) -> bool:
        return True

    monkeypatch.setattr(ArqRedis, "ping", ping)
    ours, arqs = client_of(where).connection_pool, (await create_pool(where)).connection_pool

    assert type(ours) is type(arqs)
    assert ours.connection_class is arqs.connection_class
    assert _told(ours.connection_kwargs) == _told(arqs.connection_kwargs)
    assert ours.max_connections == arqs.max_connections
    assert [repr(one) for one in _sentinels(ours)] == [repr(one) for one in _sentinels(arqs)]


async def test_whose_sentinels_are_not_told_is_refused() -> None:
    with pytest.raises(RuntimeError, match="a list of Sentinels"):
        await worker(RedisSettings(host="one", sentinel=True)).async_run()


@pytest.mark.parametrize("hangs", [False, True], ids=["a Redis that is well", "one that hangs"])
@pytest.mark.parametrize("turns", TURNS)
async def test_a_worker_that_is_stopped_while_it_connects_leaves_no_connection(
    server: PrivateRedis, eventually: Eventually, turns: int, *, hangs: bool
) -> None:
    starting = worker(RedisSettings(port=server.port))
    if hangs:
        server.pause()
    running = asyncio.create_task(starting.async_run())
    for _ in range(turns):
        await asyncio.sleep(0)
    if hangs:
        await asyncio.wait([running], timeout=0.05)
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)
    server.go_on()
    await starting.close()

    await _nobody_is_left(server, eventually)


async def test_a_worker_that_may_not_ask_says_so_and_leaves_no_connection(
    server: PrivateRedis, eventually: Eventually
) -> None:
    async with Redis.from_url(server.url) as redis:
        await redis.execute_command("ACL", "SETUSER", "ana", "on", ">hush", "~*", "&*", "+@all", "-ping")
    where = RedisSettings.from_dsn(server.url.replace("redis://", "redis://ana:hush@"))
    where.conn_retries, where.conn_retry_delay = 1, 0

    with pytest.raises(NoPermissionError):
        await worker(where).async_run()

    await _nobody_is_left(server, eventually)


@pytest.fixture
async def sentinel(tmp_path: Path, server: PrivateRedis) -> AsyncGenerator[PrivateRedis]:
    """A real one, that watches `server`."""
    home = tmp_path / "sentinel"
    home.mkdir()
    sentinel = PrivateSentinel(home, "luna", server.port)
    await sentinel.start()
    yield sentinel
    await sentinel.kill()


async def test_a_worker_finds_its_master_by_sentinels_and_leaves_no_connection_anywhere(
    server: PrivateRedis, sentinel: PrivateRedis, eventually: Eventually
) -> None:
    where = RedisSettings(host=[("127.0.0.1", sentinel.port)], sentinel=True, sentinel_master="luna")
    pool = client_of(where)
    pool.job_serializer, pool.job_deserializer = encode_json, job_deserializer
    ours = worker(where, burst=True)
    try:
        job = await pool.enqueue_job("letter")
        await ours.async_run()
        assert job
        assert await job.result(timeout=10) == "read"
    finally:
        await ours.close()
        await close_client(pool)

    await _nobody_is_left(sentinel, eventually)
    await _nobody_is_left(server, eventually)


async def _nobody_is_left(server: PrivateRedis, eventually: Eventually) -> None:
    gc.collect()  # what was not closed says so
    async with Redis.from_url(server.url) as redis:

        async def only_this_one() -> bool:
            clients = await redis.client_list()
            return not [each for each in clients if each["cmd"] != "client|list" and each["lib-name"] == "redis-py"]

        await eventually(only_this_one)


def _told(kwargs: dict[str, Any]) -> dict[str, Any]:
    """Of what is equal to itself alone, what it is."""
    return {name: told if isinstance(told, (str, int, list)) else type(told) for name, told in kwargs.items()}


def _sentinels(pool: object) -> list[Redis]:
    manager = getattr(pool, "sentinel_manager", None)
    return manager.sentinels if manager else []
