"""A worker of one queue with tasks and a park of a test's own."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from datetime import timedelta
from secrets import token_hex

from arq.connections import RedisSettings

from mindfleet import Queue, TaskQueue
from mindfleet.adapters.clock import WallClock
from mindfleet.ports.parked import Parked
from mindfleet.registry import Registry
from mindfleet.runtime.executor import Executor
from mindfleet.runtime.parking import Parking
from mindfleet.runtime.pipeline import Fleet
from mindfleet.runtime.worker import FleetWorker
from mindfleet.runtime.worker_settings import QueueSettings, made, stopped, worker_settings
from mindfleet.wire import ENCODERS


def a_worker(redis_url: str, queue: TaskQueue, tasks: Registry, parked: Parked, *, slots: int = 5) -> FleetWorker:
    """Of `arq:sensory`, with leases of 0.8 s."""
    clock = WallClock()
    fleet = Fleet(Executor(tasks, {}, enabled=lambda _: True), queue, Parking(parked, clock, tasks), clock)

    @asynccontextmanager
    async def opened() -> AsyncGenerator[Fleet]:
        yield fleet

    settings = worker_settings(
        QueueSettings(
            queue=Queue.SENSORY,
            max_jobs=slots,
            job_timeout=timedelta(seconds=20),
            keep_result=timedelta(minutes=1),
            drain=timedelta(),
            worker_id=f"worker-{token_hex(4)}",
            lease=timedelta(seconds=0.8),
        ),
        tasks,
        redis=RedisSettings.from_dsn(redis_url),
        encode=ENCODERS["json"],
        fleet=opened,
    )
    return made(settings, handle_signals=False)


@asynccontextmanager
async def working_off(redis_url: str, queue: TaskQueue, tasks: Registry, parked: Parked) -> AsyncGenerator[None]:
    """At work until the end of the block."""
    worker = a_worker(redis_url, queue, tasks, parked)
    running = asyncio.create_task(worker.async_run())
    try:
        yield
    finally:
        await stopped(worker, running, timedelta())
