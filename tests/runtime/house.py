"""A producer, a worker in a process of its own that can be killed, and who takes over."""

import asyncio
import os
import sys
from collections import Counter
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import timedelta
from signal import SIGKILL
from time import monotonic
from typing import Any, cast

from redis.asyncio import Redis

from mindfleet import Queue, TaskQueue
from mindfleet.runtime.outcomes import counts_key
from mindfleet.runtime.worker_settings import made, stopped
from tests.runtime import laboured

RECOVERED = 5.0
"""Seconds from a worker's death to the next start of its job."""


class House:
    """A producer, a worker in a process of its own, and one that takes over, in this process."""

    def __init__(self, url: str, queue: TaskQueue, redis: Redis) -> None:
        self.url = url
        self.queue = queue
        self.redis = redis

    async def put(self, name: str, **about: Any) -> str:
        return await self.queue.enqueue("run_labour", name=name, **about)

    async def noted(self, what: str) -> list[str]:
        return [name.decode() for name in await cast("Awaitable[list[bytes]]", self.redis.lrange(what, 0, -1))]

    async def counts(self) -> dict[str, int]:
        told = await cast("Awaitable[dict[bytes, bytes]]", self.redis.hgetall(counts_key(Queue.SENSORY)))
        return {outcome.decode(): int(count) for outcome, count in told.items()}

    def has(self, what: str, *names: str) -> Callable[[], Awaitable[bool]]:
        async def has() -> bool:
            return Counter(await self.noted(what)) == Counter(names)

        return has

    async def let_go(self) -> None:
        await self.redis.set("let-go", 1)

    @asynccontextmanager
    async def process(
        self, program: str = "laboured", **environment: str
    ) -> AsyncGenerator[asyncio.subprocess.Process]:
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "arq", f"tests.runtime.{program}.WorkerSettings"),
            env={**os.environ, f"{program.upper()}_REDIS": self.url, **environment},
            stdout=asyncio.subprocess.DEVNULL,
            stderr=asyncio.subprocess.DEVNULL,
        )
        try:
            yield process
        finally:
            if process.returncode is None:
                process.kill()
            await process.wait()

    @asynccontextmanager
    async def taking_over(self) -> AsyncGenerator[float]:
        """Gives the time at which it began."""
        worker = made(laboured.settings("heir", self.url), handle_signals=False)
        running = asyncio.create_task(worker.async_run())
        try:
            yield monotonic()
        finally:
            await stopped(worker, running, timedelta())


async def killed(process: asyncio.subprocess.Process) -> float:
    process.send_signal(SIGKILL)
    await process.wait()
    return monotonic()
