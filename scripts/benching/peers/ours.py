"""The fleet as it is shipped: payloads validated on both sides, leases, fences, dedup, the ledger written, events told.

On asyncio's own loop. The queue is one of the fleet's, as there are no others.
"""

import asyncio
import logging
import os
from collections.abc import AsyncGenerator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager, nullcontext
from datetime import timedelta
from secrets import token_hex
from typing import Any
from uuid import uuid4

from arq.connections import RedisSettings
from arq.worker import get_kwargs

from mindfleet.adapters.clock import WallClock
from mindfleet.adapters.postgres import Database, PostgresLedger, PostgresParked
from mindfleet.options import Said
from mindfleet.queues import Queue
from mindfleet.registry import Registry
from mindfleet.runtime.executor import Executor
from mindfleet.runtime.ledger_writer import writing
from mindfleet.runtime.parking import Parking
from mindfleet.runtime.pipeline import Fleet
from mindfleet.runtime.worker import FleetWorker
from mindfleet.runtime.worker_settings import QueueSettings, install, worker_settings
from mindfleet.settings import load
from mindfleet.task_queue import TaskQueue
from mindfleet.wire import encode_json
from scripts.benching.peers import program
from scripts.benching.peers.ours_tasks import LIMIT, Nothing, run_hold, run_nothing

os.environ["MINDFLEET_QUEUE__ENQUEUE_TIMEOUT"] = "60"  # a thousand in one call may take longer than a bot would wait
QUEUE = next((queue for queue in Queue if queue.short == program.QUEUE), Queue.SENSORY)
TASKS = Registry([run_nothing, run_hold])

OpenFleet = Callable[[], AbstractAsyncContextManager[Fleet]]


class Ours(program.Peer):
    def __init__(self) -> None:
        self.queue = TaskQueue(program.REDIS_URL, settings=load(), tasks=TASKS)

    async def open(self) -> None:
        await self.queue.connect()

    async def close(self) -> None:
        await self.queue.close()

    async def enqueue(self) -> None:
        await self.queue.enqueue("run_nothing", _queue_name=QUEUE, name=uuid4().hex)

    async def enqueue_hold(self, sent_ns: int, hold_s: float) -> None:
        await self.queue.enqueue("run_hold", _queue_name=QUEUE, sent_ns=sent_ns, hold_s=hold_s)

    async def bulk(self, jobs: int) -> None:
        await self.queue.put_all(
            [self.queue.entrant(Nothing(name=uuid4().hex), Said(queue=QUEUE)) for _ in range(jobs)]
        )

    def work(self, slots: int) -> None:
        self._worker(slots, self._fleet).run()

    def work_as_many(self, slots: int, workers: int) -> None:
        """As a cell does: all of one process share one fleet."""

        async def work() -> None:
            async with self._fleet() as fleet:
                made = (self._worker(slots, lambda: nullcontext(fleet), handle_signals=False) for _ in range(workers))
                await asyncio.gather(*(worker.async_run() for worker in made))

        asyncio.run(work())

    def _worker(self, slots: int, fleet: OpenFleet, *, handle_signals: bool = True) -> FleetWorker:
        logging.disable(logging.INFO)
        settings = QueueSettings(
            queue=QUEUE,
            max_jobs=slots,
            job_timeout=LIMIT,
            keep_result=timedelta(hours=1),
            drain=timedelta(0),
            worker_id=f"bench-{uuid4().hex}",
        )
        redis = RedisSettings.from_dsn(program.REDIS_URL)
        made: Any = worker_settings(settings, TASKS, redis=redis, encode=encode_json, fleet=fleet)
        install()  # so that arq reads from the class what our worker takes
        options: dict[str, Any] = dict(get_kwargs(made))
        return FleetWorker(**options, handle_signals=handle_signals)

    @asynccontextmanager
    async def _fleet(self) -> AsyncGenerator[Fleet]:
        """What the jobs of one process share, with the writer of the ledger beside them."""
        executor = Executor(TASKS, {}, enabled=lambda _: True)
        async with (
            await Database.open(os.environ["BENCH_LEDGER"], size=2) as database,
            self.queue,
            writing(self.queue.redis, PostgresLedger(database), owner=token_hex(8)),
        ):
            parking = Parking(PostgresParked(database), WallClock(), TASKS)
            yield Fleet(executor, self.queue, parking, WallClock())
            await parking.close()


if __name__ == "__main__":
    program.main(Ours())
