"""The composition of a worker: settings, drivers and tasks come together here and nowhere else."""

import gc
import os
from collections.abc import AsyncGenerator, Callable, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from functools import partial
from secrets import token_hex
from socket import gethostname

from arq.connections import RedisSettings
from redis.asyncio.retry import Retry as RedisRetry
from redis.backoff import ExponentialBackoff
from redis.exceptions import ConnectionError as RedisConnectionError
from redis.exceptions import TimeoutError as RedisTimeoutError

from mindfleet.errors import SettingsInvalid
from mindfleet.knowledge.bots import read_bots
from mindfleet.observe import logs
from mindfleet.queues import Queue
from mindfleet.registry import Registry
from mindfleet.runtime.executor import Executor
from mindfleet.runtime.fence import still_ours
from mindfleet.runtime.fit_redis import refuse_what_loses_jobs
from mindfleet.runtime.pipeline import Fleet
from mindfleet.runtime.progress import RedisProgress
from mindfleet.runtime.services import services
from mindfleet.runtime.worker_settings import QueueSettings, install, worker_settings
from mindfleet.settings import Settings, load
from mindfleet.streams import BLOCKS, PATIENCE
from mindfleet.task_queue import TaskQueue
from mindfleet.vitals import Vitals
from mindfleet.wire import ENCODERS
from mindfleet.wiring import cutting, open_stores, pending_migrations
from tasks.triggers import triggered
from workers.upkeep import upkeep
from workers.watched import told_of, watched

OpenFleet = Callable[[], AbstractAsyncContextManager[Fleet]]


def settings_of(queue: Queue) -> type:
    """The settings class that the `arq` command runs for one queue."""
    settings = load()
    name = worker_id(settings.queues.of(queue).id, queue.short)
    # Not here: arq's command sets up its own logging after it has imported us, and that prints payloads.
    install(partial(logs.configure, settings.logs, worker=name))
    vitals = vitals_of(settings, name, [queue])
    return arq_settings(queue, settings, partial(open_fleet, settings, vitals), vitals)


async def _refuse_an_old_schema(settings: Settings) -> None:
    if due := await pending_migrations(settings):
        names = ", ".join(map(str, due))
        raise SettingsInvalid(f"the stores lack {len(due)} migrations ({names}): run ./bot.sh migrate")


def worker_id(configured: str | None, what: str) -> str:
    """`WORKER_ID` plus what the process works off; without one host, process id, and something of its own."""
    return f"{configured}-{what}" if configured else f"{gethostname()}-{os.getpid()}-{token_hex(3)}"


def vitals_of(settings: Settings, name: str, queues: Sequence[Queue]) -> Vitals:
    """The signs of a process of that worker_id that works off these queues."""
    return Vitals(name, {queue: settings.queues.of(queue).max_jobs for queue in queues})


def arq_settings(queue: Queue, settings: Settings, fleet: OpenFleet, vitals: Vitals) -> type:
    """The settings class of one queue, with its fleet and its signs from elsewhere: a cell shares them."""
    work = settings.queues.of(queue)
    return worker_settings(
        QueueSettings(
            queue=queue,
            max_jobs=work.max_jobs,
            job_timeout=work.job_timeout,
            keep_result=work.keep_result,
            drain=work.drain,
            worker_id=vitals.worker_id,
            results=settings.queue.results,
            recovers=True,
        ),
        Registry.load(settings.tasks),
        redis=redis_settings(settings),
        encode=ENCODERS[settings.queue.serializer],
        fleet=fleet,
        vitals=vitals,
    )


def redis_settings(settings: Settings) -> RedisSettings:
    """Where Redis is; one that is not up yet, or restarts, is waited for rather than died of."""
    redis = RedisSettings.from_dsn(settings.redis.url.get_secret_value())
    redis.retry = RedisRetry(ExponentialBackoff(cap=1, base=0.05), 30)
    redis.retry_on_error = [RedisConnectionError, RedisTimeoutError, OSError]
    return redis


@asynccontextmanager
async def open_fleet(settings: Settings, vitals: Vitals) -> AsyncGenerator[Fleet]:
    """Everything that the jobs of one process share, watched from before it is up until it has ended."""
    await _refuse_an_old_schema(settings)
    connections = settings.postgres.connections_for(vitals.signs().slots)
    async with (
        watched(settings, vitals) as health,
        open_stores(settings, connections=connections) as opened,
        TaskQueue(settings=settings, patience=BLOCKS + PATIENCE) as follow_ups,
    ):
        await refuse_what_loses_jobs(follow_ups.redis)
        for bot in read_bots(settings.bots):
            await opened.bots.put(bot)
        tasks = Registry.load(settings.tasks)
        executor = Executor(
            tasks,
            services(
                opened,
                progress=RedisProgress(follow_ups),
                triggers=triggered,
                cutting=cutting(settings),
                still_ours=still_ours,
            ),
            enabled=lambda feature: bool(getattr(settings.features, feature)),
        )
        async with (
            upkeep(settings, opened, follow_ups, tasks) as parking,
            told_of(vitals, health, opened, follow_ups.redis),
        ):
            _freeze_what_is_there()
            yield Fleet(executor, follow_ups, parking, opened.clock)


def _freeze_what_is_there() -> None:
    """What is there when a worker begins stays until it ends: to look through all of it took 40 ms, again and again."""
    gc.collect()
    gc.freeze()
