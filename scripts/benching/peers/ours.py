"""The fleet as it is shipped: payloads validated on both sides, leases, fences, dedup, durable jobs, events told.

On asyncio's own loop. The queue is one of the fleet's, as there are no others.
"""

import asyncio
import logging
import os
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import Any
from uuid import uuid4

from arq.connections import RedisSettings
from arq.worker import get_kwargs

from mindfleet.adapters.clock import WallClock
from mindfleet.options import Said
from mindfleet.queues import Queue
from mindfleet.registry import Registry
from mindfleet.runtime.executor import Executor
from mindfleet.runtime.parking import Parking
from mindfleet.runtime.pipeline import Fleet
from mindfleet.runtime.worker import FleetWorker
from mindfleet.runtime.worker_settings import QueueSettings, install, worker_settings
from mindfleet.settings import load
from mindfleet.task_queue import TaskQueue
from mindfleet.testing.in_memory_parked import InMemoryParked
from mindfleet.wire import encode_json
from scripts.benching.peers import program
from scripts.benching.peers.ours_tasks import LIMIT, Nothing, run_hold, run_nothing

os.environ["MINDFLEET_QUEUE__ENQUEUE_TIMEOUT"] = "60"  # a thousand in one call may take longer than a bot would wait
QUEUE = Queue(program.QUEUE) if program.QUEUE in set(Queue) else Queue.SENSORY
TASKS = Registry([run_nothing, run_hold])


class Ours(program.Peer):
    def __init__(self) -> None:
        self.queue = TaskQueue(program.REDIS_URL, settings=load(), tasks=TASKS)

    async def open(self) -> None:
        await self.queue.connect()

    async def close(self) -> None:
        await self.queue.close()

    async def enqueue(self) -> None:
        await self.queue.enqueue("run_nothing", _queue_name=QUEUE)

    async def enqueue_hold(self, sent_ns: int, hold_s: float) -> None:
        await self.queue.enqueue("run_hold", _queue_name=QUEUE, sent_ns=sent_ns, hold_s=hold_s)

    async def bulk(self, jobs: int) -> None:
        await self.queue.put_all([self.queue.entrant(Nothing(), Said(queue=QUEUE)) for _ in range(jobs)])

    def work(self, slots: int) -> None:
        self._worker(slots).run()

    def work_as_many(self, slots: int, workers: int) -> None:
        async def work() -> None:
            await asyncio.gather(*(self._worker(slots, handle_signals=False).async_run() for _ in range(workers)))

        asyncio.run(work())

    def _worker(self, slots: int, *, handle_signals: bool = True) -> FleetWorker:
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
        made: Any = worker_settings(settings, TASKS, redis=redis, encode=encode_json, fleet=self._fleet)
        install()  # so that arq reads from the class what our worker takes
        options: dict[str, Any] = dict(get_kwargs(made))
        return FleetWorker(**options, handle_signals=handle_signals)

    @asynccontextmanager
    async def _fleet(self) -> AsyncGenerator[Fleet]:
        """Nothing is parked here, as nothing fails."""
        executor = Executor(TASKS, {}, enabled=lambda _: True)
        parking = Parking(InMemoryParked(), WallClock(), TASKS)
        async with self.queue:
            yield Fleet(executor, self.queue, parking, WallClock())
        await parking.close()


if __name__ == "__main__":
    program.main(Ours())
