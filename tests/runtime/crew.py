"""A worker of the fleet in this process, with tasks and services of a test's own."""

import asyncio
from collections.abc import AsyncGenerator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from arq.connections import RedisSettings

from mindfleet import Queue, TaskQueue
from mindfleet.registry import Registry
from mindfleet.runtime.executor import Executor
from mindfleet.runtime.parking import Parking
from mindfleet.runtime.pipeline import Fleet
from mindfleet.runtime.worker import FleetWorker
from mindfleet.runtime.worker_settings import QueueSettings, made, stopped, worker_settings
from mindfleet.settings import Settings
from mindfleet.testing.in_memory_parked import InMemoryParked
from mindfleet.wire import ENCODERS

LONG = timedelta(seconds=30)


class Now:
    def now(self) -> datetime:
        return datetime.now(UTC)


@dataclass(frozen=True)
class Crew:
    queue: TaskQueue
    parked: InMemoryParked
    worker: FleetWorker


@asynccontextmanager
async def crew(url: str, tasks: Registry, services: Mapping[Any, object], **told: Any) -> AsyncGenerator[Crew]:
    """A producer, and a worker at work.

    Args:
        url: of Redis.
        tasks: what can be enqueued, and is done.
        services: what parameters are bound to.
        **told: fields of `QueueSettings`.
    """
    parked = InMemoryParked()
    async with TaskQueue(url, bot_name="juniper", settings=Settings(), tasks=tasks) as queue:

        @asynccontextmanager
        async def fleet() -> AsyncGenerator[Fleet]:
            yield Fleet(Executor(tasks, services, enabled=lambda _: True), queue, Parking(parked, Now(), tasks), Now())

        defaults: dict[str, Any] = {
            "max_jobs": 5,
            "job_timeout": LONG,
            "keep_result": LONG,
            "drain": timedelta(),
            "worker_id": "one",
        }
        settings = QueueSettings(queue=Queue.SENSORY, **{**defaults, **told})
        redis = RedisSettings.from_dsn(url)
        worker = made(
            worker_settings(settings, tasks, redis=redis, encode=ENCODERS["json"], fleet=fleet), handle_signals=False
        )
        running = asyncio.create_task(worker.async_run())
        try:
            yield Crew(queue, parked, worker)
        finally:
            await stopped(worker, running, timedelta())
