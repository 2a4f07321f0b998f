"""Our engine as the fleet runs it: leases, fences, dedup by id, durable jobs, events told; on asyncio's own loop."""

import asyncio
import logging
from typing import Any, cast
from uuid import uuid4

from arq.connections import RedisSettings
from arq.worker import func
from redis.asyncio import Redis

from mindfleet import lua
from mindfleet.entrants import Entrant
from mindfleet.runtime.worker import FleetWorker
from mindfleet.wire import Envelope, encode_json
from scripts.benching.peers import program

PROBE = program.probe()


class Ours(program.Peer):
    redis: Redis

    async def open(self) -> None:
        self.redis = Redis.from_url(program.REDIS_URL)

    async def close(self) -> None:
        await self.redis.aclose()

    async def enqueue(self) -> None:
        await self._put(_entrant("nothing"))

    async def enqueue_hold(self, sent_ns: int, hold_s: float) -> None:
        await self._put(_entrant("hold", sent_ns, hold_s))

    async def bulk(self, jobs: int) -> None:
        await self._put(*(_entrant("nothing") for _ in range(jobs)))

    def work(self, slots: int) -> None:
        _worker(slots).run()

    def work_as_many(self, slots: int, workers: int) -> None:
        async def work() -> None:
            await asyncio.gather(*(_worker(slots, handle_signals=False).async_run() for _ in range(workers)))

        asyncio.run(work())

    async def _put(self, *entrants: Entrant) -> None:
        told = [argument for entrant in entrants for argument in entrant.arguments()]
        await lua.ENQUEUE(self.redis, len(entrants), *told)


def _worker(slots: int, *, handle_signals: bool = True) -> FleetWorker:
    logging.disable(logging.INFO)
    return FleetWorker(
        functions=[func(cast("Any", job), name=job.__name__) for job in (nothing, hold)],
        queue_name=program.QUEUE,
        redis_settings=RedisSettings.from_dsn(program.REDIS_URL),
        max_jobs=slots,
        job_timeout=program.JOB_TIMEOUT_S,
        handle_signals=handle_signals,
        telling=True,
    )


def _entrant(task: str, *arguments: float) -> Entrant:
    envelope: Envelope = {"t": None, "f": task, "a": arguments, "k": {}, "et": 0}
    return Entrant(job_id=uuid4().hex, queue=program.QUEUE, data=encode_json(envelope), task=task)


async def nothing(_ctx: dict[str, Any]) -> None:
    PROBE.count()


async def hold(_ctx: dict[str, Any], sent_ns: int, hold_s: float) -> None:
    PROBE.note(sent_ns)
    await asyncio.sleep(hold_s)


if __name__ == "__main__":
    program.main(Ours())
