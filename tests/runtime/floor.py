"""Workers of one queue with jobs that say of themselves that they began, and end when a test wants it."""

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager, suppress
from datetime import UTC, datetime, timedelta
from typing import Any

from arq.connections import RedisSettings
from arq.worker import func
from redis.asyncio import Redis

from mindfleet import lua
from mindfleet.entrants import Entrant
from mindfleet.runtime.claims import Back, End, Settled
from mindfleet.runtime.engine import Run
from mindfleet.runtime.held import Held, Stop
from mindfleet.runtime.worker import FleetWorker
from mindfleet.runtime.worker_settings import stopped

QUEUE = "arq:sensory"

Ending = Callable[[Held], Awaitable[Settled | None]]


async def _unused(_ctx: dict[Any, Any]) -> None:
    """arq wants a function; the runner runs others."""


class Worker:
    """A worker whose jobs wait to be let go, unless they are told how to end."""

    def __init__(self, floor: "Floor", ending: Ending | None, **told: Any) -> None:
        self.began: list[Held] = []
        self.stops: list[Stop | None] = []
        self.let_go = asyncio.Event()
        self._ending = ending

        @asynccontextmanager
        async def runner(_: FleetWorker) -> AsyncGenerator[Run]:
            yield self._run

        settings = {
            "queue_name": QUEUE,
            "lease": timedelta(seconds=0.8),
            "poll_delay": 0.05,
            "results": "10000",
            "max_jobs": 5,
            **told,
        }
        self.arq = FleetWorker(
            [func(_unused, name="unused")],  # type: ignore[arg-type]
            redis_settings=RedisSettings.from_dsn(floor.url),
            handle_signals=False,
            runner=runner,
            **settings,
        )
        self.running = asyncio.create_task(self.arq.async_run())

    @property
    def ids(self) -> list[str]:
        return [held.claim.job_id for held in self.began]

    async def _run(self, held: Held) -> Settled | None:
        self.began.append(held)
        try:
            if self._ending:
                return await self._ending(held)
            await self.let_go.wait()
        except asyncio.CancelledError:
            self.stops.append(held.stopped)
            if held.stopped is Stop.WISH:
                return End(outcome="cancelled")
            return None if held.stopped is Stop.LOST else Back()
        return End(outcome="done")

    async def die(self) -> None:
        """As by SIGKILL: nothing is renewed, settled or handed back any more; jobs in flight end unheard."""
        self.arq.main_task.cancel()  # type: ignore[union-attr]
        self.running.cancel()
        await asyncio.gather(self.running, return_exceptions=True)

    async def stop(self, wait: timedelta = timedelta()) -> None:
        await stopped(self.arq, self.running, wait)


class Floor:
    """One queue, and who works there."""

    def __init__(self, url: str, redis: Redis) -> None:
        self.url = url
        self.redis = redis
        self._workers: list[Worker] = []

    async def worker(self, ending: Ending | None = None, **told: Any) -> Worker:
        """One more, at work."""
        worker = Worker(self, ending, **told)
        self._workers.append(worker)
        queue = worker.arq.queue_name
        while worker.arq.engine is None or not await self.redis.exists(f"mindfleet:fleet:{queue}"):
            if worker.running.done():
                worker.running.result()
            await asyncio.sleep(0.01)
        return worker

    async def put(self, *job_ids: str, **about: Any) -> list[str]:
        """Enqueue jobs in one call; what became of each."""
        return await self.put_all([Entrant(job_id=job_id, data=job_id.encode(), **_said(about)) for job_id in job_ids])

    async def put_all(self, entrants: Sequence[Entrant]) -> list[str]:
        told = [argument for entrant in entrants for argument in entrant.arguments()]
        _, _, outcomes = await lua.ENQUEUE(self.redis, len(entrants), *told)
        return [outcome.decode() for outcome, *_ in outcomes]

    async def count(self, outcome: str) -> int:
        return int(await self.redis.hget("mindfleet:counts:sensory", outcome) or 0)  # type: ignore[misc]

    async def close(self) -> None:
        for worker in self._workers:
            with suppress(Exception):
                await worker.stop()


@asynccontextmanager
async def floor_at(url: str, redis: Redis) -> AsyncGenerator[Floor]:
    """A queue, and as many workers as a test wants; none of them is left."""
    floor = Floor(url, redis)
    yield floor
    await floor.close()


def _said(about: dict[str, Any]) -> dict[str, Any]:
    return {"queue": QUEUE, "durable": False, **about}


def after(span: float) -> datetime:
    """So many seconds from now."""
    return datetime.now(UTC) + timedelta(seconds=span)


def ends(outcome: str = "done") -> Ending:
    """Jobs that end at once."""

    async def end(_: Held) -> Settled:
        return End(outcome=outcome)

    return end


def is_so(condition: Callable[[], object]) -> Callable[[], Awaitable[bool]]:
    """For `eventually`."""

    async def holds() -> bool:
        return bool(condition())

    return holds
