"""Heartbeats: each worker process says every five seconds that it lives, and is forgotten fifteen seconds later.

`mindfleet:worker:<worker_id>` (hash: `owner`, `told`) holds what it says, `mindfleet:workers` (sorted set, by when each
ends) lists who does: nobody looks for keys.
"""

import asyncio
import logging
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from importlib.resources import files
from secrets import token_hex
from typing import cast

from pydantic import BaseModel, ConfigDict, ValidationError
from redis.asyncio import Redis
from redis.commands.core import AsyncScript
from redis.exceptions import RedisError

from mindfleet.ending import end
from mindfleet.ports.clock import Clock
from mindfleet.vitals import Signs, Vitals

EVERY = timedelta(seconds=5)
HOLDS_FOR = timedelta(seconds=15)

ANSWERS_WITHIN = timedelta(seconds=3)
"""What Redis may take for one heartbeat."""

INDEX = "mindfleet:workers"
PREFIX = "mindfleet:worker:"

logger = logging.getLogger(__name__)


class WorkerInfo(BaseModel):
    """What one worker process last said of itself; fields of a newer version are left out."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    worker_id: str
    timestamp: datetime
    """When it said so, by its own clock."""

    queues: tuple[str, ...]
    """By their short names."""

    slots: int
    """How many jobs it may run at once, all its queues together."""

    active_tasks: int
    tasks_processed: int
    """Jobs that ended here for good since it started, failed ones included."""

    tasks_failed: int
    loop_lag_seconds: float
    """By how much its event loop was late, at worst in the last ten seconds."""

    version: str
    host: str
    pid: int
    started_at: datetime
    draining: bool
    health: str | None
    """Where it tells of its health, as its own machine reaches it."""


@dataclass(frozen=True, kw_only=True)
class Birth:
    """What does not change while a process lives."""

    host: str
    pid: int
    version: str
    started_at: datetime
    health: str | None


@asynccontextmanager
async def heartbeat(
    redis: Redis,
    vitals: Vitals,
    birth: Birth,
    *,
    clock: Clock,
    every: timedelta = EVERY,
    holds_for: timedelta = HOLDS_FOR,
) -> AsyncGenerator[None]:
    """Give heartbeats while the body runs, the first one before it; the last one is taken back at its end.

    A Redis that is away, or hangs, costs heartbeats and nothing else.
    """
    heart = _Heart(redis, vitals, birth, clock, holds_for)
    await heart.beat()
    beating = asyncio.create_task(heart.go_on(every), name="heartbeat")
    try:
        yield
    finally:
        await end(beating)
        # In a task of its own: before Python 3.11.3 redis-py gives up in one that was cancelled.
        await asyncio.wait([asyncio.create_task(heart.stop())])


async def workers(redis: Redis) -> list[WorkerInfo]:
    """Every process that has given a heartbeat of late, by name.

    Raises:
        RedisError: Redis does not answer.
    """
    told = cast("list[bytes]", await redis.register_script(_script("workers"))(keys=[INDEX], args=[PREFIX]))
    found = [_read(name.decode(), text) for name, text in zip(told[::2], told[1::2], strict=True)]
    return [info for info in found if info]


class _Heart:
    def __init__(self, redis: Redis, vitals: Vitals, birth: Birth, clock: Clock, holds_for: timedelta) -> None:
        self._beat: AsyncScript = redis.register_script(_script("beat"))
        self._farewell: AsyncScript = redis.register_script(_script("farewell"))
        self._vitals = vitals
        self._birth = birth
        self._clock = clock
        self._holds_for = holds_for
        self._token = token_hex(8)
        self._names = (vitals.worker_id, f"{vitals.worker_id}~{self._token[:6]}")
        self._keys = (*(PREFIX + name for name in self._names), INDEX)
        self._trouble: str | None = None

    async def go_on(self, every: timedelta) -> None:
        while True:
            await asyncio.sleep(every.total_seconds())
            await self.beat()

    async def beat(self) -> None:
        told = _told(self._vitals.signs(), self._birth, self._clock.now()).model_dump_json()
        lasts = int(self._holds_for.total_seconds() * 1000)
        answer = await self._run(self._beat, self._token, told, lasts, *self._names)
        if answer == 0:
            self._say(f"another process calls itself {self._names[0]}; until it ends this one is {self._names[1]}")
        elif answer == 1:
            self._say(None)

    async def stop(self) -> None:
        await self._run(self._farewell, self._token, *self._names)

    async def _run(self, script: AsyncScript, *arguments: str | int) -> int | None:
        """What the script answers; None when Redis did not."""
        try:
            async with asyncio.timeout(ANSWERS_WITHIN.total_seconds()):
                return cast("int", await script(keys=self._keys, args=arguments))
        except (RedisError, OSError) as error:
            self._say(f"no heartbeat: {str(error) or type(error).__name__}")
            return None

    def _say(self, trouble: str | None) -> None:
        """Once, not at every beat."""
        if trouble and not self._trouble:
            logger.warning("%s", trouble)
        self._trouble = trouble


def _told(signs: Signs, birth: Birth, now: datetime) -> WorkerInfo:
    return WorkerInfo(
        worker_id=signs.worker_id,
        timestamp=now,
        queues=tuple(queue.queue.short for queue in signs.queues),
        slots=signs.slots,
        active_tasks=signs.active,
        tasks_processed=signs.processed,
        tasks_failed=signs.failed,
        loop_lag_seconds=round(signs.lag, 4),
        version=birth.version,
        host=birth.host,
        pid=birth.pid,
        started_at=birth.started_at,
        draining=signs.draining,
        health=birth.health,
    )


def _read(name: str, told: bytes) -> WorkerInfo | None:
    try:
        info = WorkerInfo.model_validate_json(told)
    except ValidationError:
        logger.warning("the heartbeat of %s cannot be read: is it of another version of Mindfleet?", name)
        return None
    return info.model_copy(update={"worker_id": name})


def _script(name: str) -> str:
    return files("mindfleet.observe").joinpath(f"{name}.lua").read_text(encoding="utf-8")
