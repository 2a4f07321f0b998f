"""Three ways to write arq's envelope, and a worker of ours for each."""

import asyncio
import pickle
from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import arq.worker
from arq import create_pool
from arq.connections import ArqRedis, RedisSettings
from arq.worker import Function

from mindfleet import job_deserializer, job_serializer
from mindfleet.runtime.worker import FleetWorker
from mindfleet.runtime.worker_settings import stopped
from mindfleet.wire import encode_msgpack


def func(coroutine: Any, **options: Any) -> Function:
    """arq's own, whose type asks for more than it does."""
    return arq.worker.func(coroutine, **options)


@dataclass(frozen=True)
class Wire:
    """What both ends pass to arq."""

    name: str
    write: Callable[[dict[str, Any]], bytes]
    read: Callable[[bytes], dict[str, Any]]

    @property
    def both(self) -> dict[str, Any]:
        return {"job_serializer": self.write, "job_deserializer": self.read}


JSON = Wire("json", job_serializer, job_deserializer)
MSGPACK = Wire("msgpack", encode_msgpack, job_deserializer)
PICKLE = Wire("pickle", pickle.dumps, pickle.loads)


@dataclass(frozen=True)
class Bench:
    """One Redis, with a stock producer and as many workers of ours as a test wants."""

    url: str
    wire: Wire
    pool: ArqRedis
    """The stock producer."""

    @property
    def settings(self) -> RedisSettings:
        return RedisSettings.from_dsn(self.url)

    def worker(self, *functions: Any, **more: Any) -> FleetWorker:
        told: dict[str, Any] = {
            "redis_settings": self.settings,
            "handle_signals": False,
            "poll_delay": 0.05,
            **self.wire.both,
            **more,
        }
        return FleetWorker(functions, **told)

    async def burst(self, *functions: Any, **more: Any) -> FleetWorker:
        """Work until nothing is left."""
        worker = self.worker(*functions, burst=True, **more)
        try:
            async with asyncio.timeout(30):
                await worker.async_run()
        finally:
            await worker.close()
        return worker

    @asynccontextmanager
    async def working(self, *functions: Any, **more: Any) -> AsyncGenerator[FleetWorker]:
        worker = self.worker(*functions, **more)
        running = asyncio.create_task(worker.async_run())
        try:
            yield worker
        finally:
            await stopped(worker, running, timedelta())


@asynccontextmanager
async def bench_on(url: str, wire: Wire) -> AsyncGenerator[Bench]:
    pool = await create_pool(RedisSettings.from_dsn(url), **wire.both)
    try:
        yield Bench(url, wire, pool)
    finally:
        await pool.aclose(close_connection_pool=True)
