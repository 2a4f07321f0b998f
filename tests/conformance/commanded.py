"""What `arq tests.conformance.commanded.WorkerSettings` runs in a process of its own."""

import asyncio
import os
from typing import Any

from arq.connections import RedisSettings

from mindfleet import job_deserializer, job_serializer
from mindfleet.runtime.worker_settings import install
from tests.conformance.wires import func

install()


async def double(ctx: dict[Any, Any], number: int) -> int:
    return number * 2 + int(ctx.get("more", 0))


async def broods(_ctx: dict[Any, Any]) -> None:
    await asyncio.Event().wait()


async def opens(ctx: dict[Any, Any]) -> None:
    ctx["more"] = 1


class WorkerSettings:
    functions = (func(double, name="double"), func(broods, name="broods"))
    redis_settings = RedisSettings.from_dsn(os.environ.get("COMMANDED_REDIS", "redis://localhost"))
    job_serializer = staticmethod(job_serializer)
    job_deserializer = staticmethod(job_deserializer)
    health_check_interval = 1
    health_check_key = "commanded:health"
    worker_id = "commanded"
    unknown = "ignored, as by arq"


class Inheriting(WorkerSettings):
    """arq reads only what stands in the class itself: this one has no functions."""

    redis_settings = WorkerSettings.redis_settings


class Starting(WorkerSettings):
    """With a hook, and everything said again."""

    functions = WorkerSettings.functions
    redis_settings = WorkerSettings.redis_settings
    job_serializer = staticmethod(job_serializer)
    job_deserializer = staticmethod(job_deserializer)
    on_startup = staticmethod(opens)


class Draining(Starting):
    """Takes SIGTERM as arq documents it: at once, or when those that run have had their time."""

    functions = WorkerSettings.functions
    redis_settings = WorkerSettings.redis_settings
    job_serializer = staticmethod(job_serializer)
    job_deserializer = staticmethod(job_deserializer)
    job_completion_wait = 30
