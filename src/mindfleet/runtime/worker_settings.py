"""The class that `arq workers.<queue>.WorkerSettings` reads, made for one queue of the fleet, and its worker."""

import asyncio
from collections.abc import AsyncGenerator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta
from inspect import signature
from typing import Any

import arq.worker
from arq.connections import RedisSettings
from arq.worker import Function, func

from mindfleet.queues import Queue
from mindfleet.registry import Registry
from mindfleet.runtime.engine import Run
from mindfleet.runtime.pipeline import Fleet, Pipeline, Rules
from mindfleet.runtime.worker import FleetWorker
from mindfleet.vitals import Vitals
from mindfleet.wire import Encode, decode

OpenFleet = Callable[[], AbstractAsyncContextManager[Fleet]]


@dataclass(frozen=True, kw_only=True)
class QueueSettings:
    """How one queue is worked off."""

    queue: Queue
    max_jobs: int
    job_timeout: timedelta
    keep_result: timedelta
    drain: timedelta
    """How long running jobs may go on after SIGTERM before they are handed back."""

    worker_id: str
    lease: timedelta = timedelta(seconds=3)
    recovers: bool = False
    """Whether a ledger brings back what Redis loses."""

    results: str = "10000"
    """How many results of jobs the fleet's stream keeps, and the channel on which they are published too, if any."""


def worker_settings(
    settings: QueueSettings,
    tasks: Registry,
    *,
    redis: RedisSettings,
    encode: Encode,
    fleet: OpenFleet,
    vitals: Vitals | None = None,
) -> type:
    """Every task, with the limits of this queue.

    Made rather than written: arq reads only what stands in the class itself and ignores what it inherits.
    """
    rules = Rules(queue=settings.queue, limit=settings.job_timeout, keep_result=settings.keep_result)

    @asynccontextmanager
    async def runner(worker: FleetWorker) -> AsyncGenerator[Run]:
        async with fleet() as opened:
            yield Pipeline(opened, rules, aborted=worker.is_aborted)

    attributes: dict[str, Any] = {
        "__doc__": f"The worker of {settings.queue}.",
        "queue_name": settings.queue.value,
        "functions": [_named(name) for name in tasks],
        "max_jobs": settings.max_jobs,
        "job_timeout": settings.job_timeout.total_seconds(),
        "keep_result": settings.keep_result.total_seconds(),
        "job_completion_wait": int(settings.drain.total_seconds()),
        "health_check_interval": 5,
        "redis_settings": redis,
        "job_serializer": encode,
        "job_deserializer": decode,
        "allow_abort_jobs": True,
        "runner": runner,
        "worker_id": settings.worker_id,
        "lease": settings.lease,
        "results": settings.results,
        "recovers": settings.recovers,
        "vitals": vitals,
    }
    return type("WorkerSettings", (), attributes)


def install(begin: Callable[[], None] | None = None) -> None:
    """Have arq's command run our worker: it looks the class up when it starts one.

    Args:
        begin: what that does first, such as setting up logs: arq's command does so itself once it has the settings.
    """
    arq.worker.Worker = _beginning(begin) if begin else FleetWorker  # type: ignore[misc]


def _beginning(begin: Callable[[], None]) -> type[FleetWorker]:
    class Beginning(FleetWorker):
        """Does something before all else."""

        async def main(self) -> None:
            begin()
            await super().main()

    return Beginning


def made(settings: type, **more: Any) -> FleetWorker:  # noqa: ANN401 - further arguments
    """The worker that a settings class describes, as arq's command would make it."""
    known = signature(FleetWorker).parameters
    return FleetWorker(**{name: value for name, value in vars(settings).items() if name in known}, **more)


async def stopped(worker: FleetWorker, running: "asyncio.Task[None]", wait: timedelta) -> None:
    """Take no more jobs, wait for the running ones, hand back those that do not end, and close.

    Args:
        worker: made with `handle_signals=False`.
        running: its `async_run`.
        wait: for how long jobs may go on.
    """
    worker.allow_pick_jobs = False
    jobs = list(worker.tasks.values())
    if jobs and not running.done():
        await asyncio.wait(jobs, timeout=wait.total_seconds())
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)
    await worker.close()


def _named(name: str) -> Function:
    """What arq's command lists; the runner runs the task of that name."""

    async def run_by_the_fleet(ctx: dict[Any, Any], *args: Any, **kwargs: Any) -> None:  # noqa: ANN401 - arq's shape
        del ctx, args, kwargs
        raise RuntimeError(f"{name} runs in the fleet's own worker only: `arq workers.<queue>.WorkerSettings`")

    return func(run_by_the_fleet, name=name)
