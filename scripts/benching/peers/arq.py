"""arq as it is published: its defaults, on asyncio's own loop, since its documents name no other."""

import asyncio
from typing import Any, cast

from arq.connections import ArqRedis, RedisSettings, create_pool
from arq.worker import Worker, func

from scripts.benching.peers import program

PROBE = program.probe()


class Arq(program.Peer):
    pool: ArqRedis

    async def open(self) -> None:
        self.pool = await create_pool(RedisSettings.from_dsn(program.REDIS_URL), default_queue_name=program.QUEUE)

    async def close(self) -> None:
        await self.pool.aclose()

    async def enqueue(self) -> None:
        await self.pool.enqueue_job("nothing")

    async def enqueue_hold(self, sent_ns: int, hold_s: float) -> None:
        await self.pool.enqueue_job("hold", sent_ns, hold_s)

    async def bulk(self, jobs: int) -> None:
        raise NotImplementedError("arq has no bulk call")

    def work(self, slots: int) -> None:
        _worker(slots).run()

    def work_as_many(self, slots: int, workers: int) -> None:
        async def work() -> None:
            await asyncio.gather(*(_worker(slots, handle_signals=False).async_run() for _ in range(workers)))

        asyncio.run(work())


def _worker(slots: int, *, handle_signals: bool = True) -> Worker:
    return Worker(
        functions=[func(cast("Any", job), name=job.__name__) for job in (nothing, hold)],
        queue_name=program.QUEUE,
        redis_settings=RedisSettings.from_dsn(program.REDIS_URL),
        max_jobs=slots,
        job_timeout=program.JOB_TIMEOUT_S,
        handle_signals=handle_signals,
    )


async def nothing(_ctx: dict[str, Any]) -> None:
    PROBE.count()


async def hold(_ctx: dict[str, Any], sent_ns: int, hold_s: float) -> None:
    PROBE.note(sent_ns)
    await asyncio.sleep(hold_s)


if __name__ == "__main__":
    program.main(Arq())
