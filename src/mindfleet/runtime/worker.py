"""What `arq` runs: arq's own worker around our executor.

All that arq would drop unseen is turned into a verdict of ours first: unreadable and unknown jobs by the
deserializer, attempts and time limits by the executor.
"""

import asyncio
import logging
from base64 import b64encode
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Mapping
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, cast

from arq.connections import ArqRedis, RedisSettings
from arq.worker import Function, Worker, func
from redis.exceptions import RedisError

from mindfleet.jobs import CANCEL_CHANNEL
from mindfleet.queues import Queue
from mindfleet.registry import Registry
from mindfleet.runtime.executor import CANCELLED_BY_REQUEST, Executor
from mindfleet.runtime.settle import Claim, Settlement
from mindfleet.wire import Decode, Encode, Envelope, JobFailed, Unreadable, decode

UNLIMITED = 1_000_000_000
"""Past its own limit arq drops a job without calling us, so that the executor must be the one that counts."""

GRACE = timedelta(seconds=10)
"""By how much arq's time limit exceeds ours, so that ours strikes first and the verdict is ours."""

UNREADABLE = "mindfleet:unreadable"
"""The function that a job is turned into when it cannot be read."""

logger = logging.getLogger(__name__)


class _SaidAlready(logging.Filter):
    """Keeps arq from repeating, with a traceback, what our own line at the end of a job has said."""

    def filter(self, record: logging.LogRecord) -> bool:
        return not (record.exc_info and isinstance(record.exc_info[1], JobFailed))


logging.getLogger("arq.worker").addFilter(_SaidAlready())


@dataclass(frozen=True, kw_only=True)
class QueueSettings:
    """How one queue is worked off."""

    queue: Queue
    max_jobs: int
    job_timeout: timedelta
    keep_result: timedelta
    poll_delay: timedelta
    drain: timedelta
    """How long running jobs may go on after SIGTERM before they are handed back."""

    slot: str | None = None
    """The name under which a supervisor restarts this worker; None when nobody does."""


@dataclass(frozen=True)
class Fleet:
    """What all jobs of a process share."""

    executor: Executor
    settlement: Settlement


OpenFleet = Callable[[], AbstractAsyncContextManager[Fleet]]


def worker_settings(
    settings: QueueSettings, tasks: Registry, *, redis: RedisSettings, encode: Encode, fleet: OpenFleet
) -> type:
    """The class that `arq workers.<queue>.WorkerSettings` reads: every task, with the limits of this queue.

    Made rather than written: arq reads only what stands in the class itself and ignores what it inherits.
    """
    stack = AsyncExitStack()

    async def on_startup(ctx: dict[str, Any]) -> None:
        ctx["fleet"] = await stack.enter_async_context(fleet())
        ctx["running"] = await stack.enter_async_context(_listening_for_cancel(ctx["redis"]))
        logger.info("worker of %s is up: %d tasks, %d slots", settings.queue, len(tasks), settings.max_jobs)

    async def on_shutdown(_ctx: dict[str, Any]) -> None:
        await stack.aclose()

    attributes: dict[str, Any] = {
        "__doc__": f"The worker of {settings.queue}.",
        "queue_name": settings.queue.value,
        "functions": _functions(settings, tasks),
        "max_jobs": settings.max_jobs,
        "job_timeout": (settings.job_timeout + GRACE).total_seconds(),
        "keep_result": settings.keep_result.total_seconds(),
        "poll_delay": settings.poll_delay.total_seconds(),
        "max_tries": UNLIMITED,
        "job_completion_wait": int(settings.drain.total_seconds()),
        "health_check_interval": 5,
        "redis_settings": redis,
        "job_serializer": encode,
        "job_deserializer": only_readable(tasks, decode),
        "on_startup": on_startup,
        "on_shutdown": on_shutdown,
    }
    return type("WorkerSettings", (), attributes)


async def stop_worker(worker: Worker, running: "asyncio.Task[None]", wait: timedelta) -> None:
    """Take no more jobs, wait for the running ones, and hand back those that do not end.

    Args:
        worker: made with `handle_signals=False`.
        running: its `async_run`.
        wait: for how long jobs may go on.
    """
    worker.allow_pick_jobs = False
    jobs = list(worker.tasks.values())
    if jobs and not running.done():
        await asyncio.wait(jobs, timeout=wait.total_seconds())
    for task in (running, *jobs):
        task.cancel()
    await asyncio.gather(running, *jobs, return_exceptions=True)
    # arq's close waits for its jobs once more, and would leave its connections open if one of them had failed.
    worker.tasks.clear()
    await worker.close()


def only_readable(tasks: Registry, decode: Decode) -> Callable[[bytes], Envelope]:
    """A deserializer that turns what cannot be run into a job that parks it, for arq would drop it."""

    def read(data: bytes) -> Envelope:
        try:
            envelope = decode(data)
        except Unreadable as error:
            return _unreadable(str(error), "unreadable", {"raw": b64encode(data).decode()})
        name = envelope.get("f")
        arguments: dict[str, Any] = envelope.get("k") or {}
        if name not in tasks:
            return _unreadable(f"no task is called {name!r} here", str(name), arguments, envelope.get("et"))
        if envelope.get("a"):
            reason = "payload fields are keyword arguments, but this job has positional ones"
            return _unreadable(reason, str(name), {**arguments, "positional": envelope["a"]}, envelope.get("et"))
        return envelope

    return read


def _unreadable(reason: str, task: str, payload: Mapping[str, Any], enqueued_ms: int | None = None) -> Envelope:
    about = {"reason": reason, "task": task, "payload": payload}
    return {"t": None, "f": UNREADABLE, "a": [], "k": about, "et": enqueued_ms or 0}


def _functions(settings: QueueSettings, tasks: Registry) -> list[Function]:
    return [_function(settings, name, keep=task.keep_result) for name, task in tasks.items()] + [
        func(_park_unreadable(settings), name=UNREADABLE, max_tries=UNLIMITED)
    ]


def _function(settings: QueueSettings, name: str, *, keep: timedelta | None) -> Function:
    async def run(ctx: dict[str, Any], **arguments: Any) -> Any:  # noqa: ANN401 - the shape that arq asks for
        fleet: Fleet = ctx["fleet"]
        claim = _claim(ctx, settings, name, arguments)
        with _cancellable(ctx["running"], claim.job_id):
            return await fleet.settlement.see_through(claim, fleet.executor, limit=settings.job_timeout)

    timeout = (settings.job_timeout + GRACE).total_seconds()
    return func(run, name=name, timeout=timeout, keep_result=keep, max_tries=UNLIMITED)


def _park_unreadable(settings: QueueSettings) -> Callable[..., Any]:
    async def park(ctx: dict[str, Any], *, reason: str, task: str, payload: dict[str, Any]) -> None:
        fleet: Fleet = ctx["fleet"]
        await fleet.settlement.park_unreadable(_claim(ctx, settings, task, payload), reason)

    return park


def _claim(ctx: dict[str, Any], settings: QueueSettings, name: str, arguments: dict[str, Any]) -> Claim:
    return Claim(
        job_id=ctx["job_id"],
        task=name,
        queue=settings.queue,
        arguments=arguments,
        enqueued_at=ctx["enqueue_time"],
        run=ctx["job_try"],
        redis=ctx["redis"],
        slot=settings.slot,
    )


Running = dict[str, "asyncio.Task[Any]"]


class _cancellable:  # noqa: N801 - reads as a verb: `with _cancellable(…)`
    """Lets a running job be found by its id."""

    def __init__(self, running: Running, job_id: str) -> None:
        self._running = running
        self._job_id = job_id

    def __enter__(self) -> None:
        task = asyncio.current_task()
        assert task is not None  # noqa: S101 - a coroutine that runs has a task
        self._running[self._job_id] = task

    def __exit__(self, *_: object) -> None:
        self._running.pop(self._job_id, None)


@asynccontextmanager
async def _listening_for_cancel(redis: ArqRedis) -> AsyncGenerator[Running]:
    """The jobs that run here; whichever is named on the channel is stopped."""
    running: Running = {}

    async def listen() -> None:
        while True:
            try:
                async with redis.pubsub() as channel:
                    await channel.subscribe(CANCEL_CHANNEL)
                    async for message in cast("AsyncIterator[dict[str, Any]]", channel.listen()):
                        if message["type"] == "message" and (task := running.get(message["data"].decode())):
                            task.cancel(CANCELLED_BY_REQUEST)
            except (RedisError, OSError):
                await asyncio.sleep(1)

    listener = asyncio.create_task(listen())
    try:
        yield running
    finally:
        listener.cancel()
        await asyncio.gather(listener, return_exceptions=True)
