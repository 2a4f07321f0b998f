"""What goes wrong: each event is done once, noted with its times, and mended again."""

import asyncio
import json
import os
import shutil
from collections.abc import Awaitable, Callable, Coroutine
from contextlib import suppress
from dataclasses import asdict, dataclass, field
from random import Random
from signal import SIGCONT, SIGKILL, SIGSTOP, SIGTERM
from time import time
from typing import Any
from urllib.parse import urlsplit

import asyncpg
import psutil
from redis.asyncio import Redis
from redis.exceptions import RedisError

from mindfleet.errors import QueueUnavailable
from mindfleet.queues import Queue
from mindfleet.task_queue import TaskQueue
from scripts.havoc.accounting import Loss
from scripts.havoc.fleet import Fleet, Worker
from scripts.havoc.models import Faulty
from scripts.havoc.processes import send, signal_all
from scripts.havoc.stage import Stage

BACK_WITHIN = 60.0
STOPPED_FOR = (5.0, 8.0)
"""Seconds; longer than a lease."""

BLOCKED_WITHIN = 3.0
STORM = 8.0
USUAL_FAULTS = 0.08

BAG: tuple[str, ...] = (
    "kill_worker",
    "kill_worker",
    "kill_worker",
    "kill_worker",
    "stop_worker",
    "stop_worker",
    "block_loop",
    "block_loop",
    "drain_worker",
    "deploy_worker",
    "kill_redis",
    "hang_redis",
    "lose_redis_data",
    "flush_redis",
    "kill_postgres",
    "hang_postgres",
    "kill_producer",
    "flush_and_kill_producer",
    "model_storm",
)
"""All of them happen before any happens again."""


@dataclass
class Events:
    """Args:
    stage: where.
    fleet: to whom.
    random: in which order.
    queue: for the jobs that block a loop.
    """

    stage: Stage
    fleet: Fleet
    random: Random
    queue: TaskQueue
    losses: list[Loss] = field(default_factory=list[Loss])
    done: dict[str, int] = field(default_factory=dict[str, int])
    said: Callable[[str], None] = print
    _beside: set["asyncio.Task[None]"] = field(default_factory=set["asyncio.Task[None]"])

    async def go_on(self, seconds: float) -> None:
        """One after the other, so that the whole bag fits into a minute; what is mended later is mended at the end."""
        until, pause = time() + seconds, min(seconds, 60.0) / (len(BAG) + 1)
        while time() < until - pause:
            for name in self.random.sample(BAG, len(BAG)):
                if time() >= until - pause:
                    break
                next_at = time() + pause * self.random.uniform(0.8, 1.2)
                await self._do(name)
                await asyncio.sleep(max(next_at - time(), 0.5))
        await self.mend()

    async def mend(self) -> None:
        """Wait until nothing is broken on purpose any more."""
        await asyncio.gather(*self._beside)
        self.stage.models.script([])
        losses = "".join(f"{json.dumps(asdict(loss))}\n" for loss in self.losses)
        (self.stage.home / "losses.jsonl").write_text(losses, encoding="utf-8")

    async def let_go(self) -> None:
        """Nothing is stopped any more, though the events were cut short."""
        for task in self._beside:
            task.cancel()
        await asyncio.gather(*self._beside, return_exceptions=True)

    async def _do(self, name: str) -> None:
        event: Callable[[], Awaitable[str | None]] = getattr(self, f"_{name}")
        what = await event()
        if what is None:
            return
        self.done[name] = self.done.get(name, 0) + 1
        self.said(f"{name} {what}")

    async def _kill_worker(self) -> str | None:
        return self._to_worker("kill", lambda _, pid: os.kill(pid, SIGKILL))

    async def _drain_worker(self) -> str | None:
        return self._to_worker("drain", self._ask_to_leave)

    async def _deploy_worker(self) -> str | None:
        """Replaced by one of another version."""

        def deploy(worker: Worker, pid: int) -> None:
            worker.version = "2" if worker.version == "1" else "1"
            self._ask_to_leave(worker, pid)

        return self._to_worker("drain", deploy)

    def _ask_to_leave(self, worker: Worker, pid: int) -> None:
        worker.is_leaving = True
        os.kill(pid, SIGTERM)

    async def _stop_worker(self) -> str | None:
        def stop(worker: Worker, pid: int) -> None:
            worker.is_stopped = True
            os.kill(pid, SIGSTOP)
            self._later(self._continue(worker, pid, self.random.uniform(*STOPPED_FOR)))

        return self._to_worker("stop", stop)

    def _to_worker(self, kind: str, act: Callable[[Worker, int], None]) -> str | None:
        spare = self.fleet.spare()
        if not spare:
            return None
        worker = self.random.choice(spare)
        pid = worker.process.pid if worker.process else 0
        at = time()
        act(worker, pid)
        self.losses.append(Loss(kind, at, at, pid))
        return f"{worker.name} ({pid})"

    async def _block_loop(self) -> str | None:
        """Of whichever worker claims the job; for as long, it counts as stopped."""
        if len(self.fleet.spare()) < len(self.fleet.workers) - 1:
            return None
        queue, seconds = self.random.choice(list(Queue)), self.random.uniform(*STOPPED_FOR)
        since = time()
        with suppress(QueueUnavailable):
            await self.queue.enqueue("run_blocker", _queue_name=queue, seconds=seconds)
        pid = await self._blocked_since(since)
        for worker in self.fleet.workers:
            if worker.process and worker.process.pid == pid:
                worker.is_stopped = True
                self._later(self._continue(worker, pid, seconds))
                return f"{worker.name} ({pid}) for {seconds:.1f} s"
        return None

    async def _blocked_since(self, since: float) -> int:
        """The process whose loop is blocked; 0 when none is within a while."""
        until = since + BLOCKED_WITHIN
        while time() < until:
            for worker in self.fleet.workers:
                pid = worker.process.pid if worker.process else 0
                if any(each["event"] == "blocks" and each["at"] > since for each in self.stage.noted_by(pid)):
                    return pid
            await asyncio.sleep(0.05)
        return 0

    async def _continue(self, worker: Worker, pid: int, after: float) -> None:
        await asyncio.sleep(after)
        with suppress(ProcessLookupError):
            os.kill(pid, SIGCONT)
        worker.is_stopped = False

    async def _kill_redis(self) -> str | None:
        return await self._end_redis("redis", losing_data=False)

    async def _lose_redis_data(self) -> str | None:
        return await self._end_redis("redis data", losing_data=True)

    async def _end_redis(self, kind: str, *, losing_data: bool) -> str | None:
        pid = self.stage.pid_of("valkey")
        if pid is None:
            return None
        at = time()
        if losing_data:
            # Moved away while the server still writes to it: its successor may start within a tenth of a second.
            data = self.stage.home / "stack" / "valkey"
            await asyncio.to_thread(shutil.move, data / "appendonlydir", self.stage.home / f"aof-{at}")
        os.kill(pid, SIGKILL)
        back = await self._once_back(self._redis_answers, pid, "valkey")
        self.losses.append(Loss(kind, at, back))
        return f"({pid}), back after {back - at:.2f} s"

    async def _hang_redis(self) -> str | None:
        """Longer than a lease at times; what was sent to it meanwhile is done afterwards, heard of or not."""
        pid = self.stage.pid_of("valkey")
        if pid is None:
            return None
        at = time()
        os.kill(pid, SIGSTOP)
        try:
            await asyncio.sleep(self.random.uniform(1, 6))
        finally:
            os.kill(pid, SIGCONT)
        back = time()
        self.losses.append(Loss("redis", at, back))
        return f"({pid}) for {back - at:.1f} s"

    async def _flush_redis(self) -> str | None:
        at = time()
        async with Redis.from_url(self.stage.stores.redis_url) as redis:
            await redis.flushall()
        self.losses.append(Loss("redis data", at, time()))
        return ""

    async def _kill_postgres(self) -> str | None:
        pid = self.stage.pid_of("postgres")
        if pid is None:
            return None
        at = time()
        os.kill(pid, SIGKILL)
        back = await self._once_back(self._postgres_answers, pid, "postgres")
        self.losses.append(Loss("postgres", at, back, 0))
        return f"({pid}), back after {back - at:.2f} s"

    async def _hang_postgres(self) -> str | None:
        """So that other things happen while the ledger cannot be written."""
        pid = self.stage.pid_of("postgres")
        if pid is None:
            return None
        seconds = self.random.uniform(*STOPPED_FOR)
        server = psutil.Process(pid)
        family = [server, *server.children(recursive=True)]
        signal_all(family, SIGSTOP)
        self._later(self._let_postgres_go_on(family, time(), seconds))
        return f"({pid}) for {seconds:.1f} s"

    async def _let_postgres_go_on(self, family: list[psutil.Process], at: float, seconds: float) -> None:
        try:
            await asyncio.sleep(seconds)
        finally:
            signal_all(family, SIGCONT)
        self.losses.append(Loss("postgres", at, time(), 0))

    async def _kill_producer(self) -> str | None:
        alive = [each for each in self.fleet.producers if each.killed_at is None]
        producer = self.random.choice(alive)
        producer.killed_at = time()
        send(producer.process, SIGKILL)
        await self.fleet.add_producer()
        return producer.name

    async def _flush_and_kill_producer(self) -> str | None:
        """Together they may lose what the ledger does not have yet."""
        await self._flush_redis()
        return await self._kill_producer()

    async def _model_storm(self) -> str | None:
        self.stage.models.script([], then=Faulty(self.random, 0.8))
        self._later(self._calm())
        return ""

    async def _calm(self) -> None:
        await asyncio.sleep(STORM)
        self.stage.models.script([], then=Faulty(self.random, USUAL_FAULTS))

    def _later(self, mending: Coroutine[Any, Any, None]) -> None:
        task = asyncio.create_task(mending)
        self._beside.add(task)
        task.add_done_callback(self._beside.discard)

    async def _once_back(self, answers: Callable[[], Awaitable[bool]], pid: int, store: str) -> float:
        async with asyncio.timeout(BACK_WITHIN):
            while self.stage.pid_of(store) == pid or not await answers():  # noqa: ASYNC110 - another process
                await asyncio.sleep(0.01)
        return time()

    async def _redis_answers(self) -> bool:
        with suppress(RedisError, OSError):
            async with Redis.from_url(self.stage.stores.redis_url, socket_timeout=1) as redis:
                return bool(await redis.ping())
        return False

    async def _postgres_answers(self) -> bool:
        url = urlsplit(self.stage.stores.database_url)
        with suppress(asyncpg.PostgresError, OSError, TimeoutError):
            connection = await asyncpg.connect(url.geturl(), timeout=2)
            await connection.close()
            return True
        return False
