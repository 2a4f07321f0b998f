"""arq as it is published: its defaults, on asyncio's own loop, since its documents name no other."""

import asyncio
from typing import Any

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
        Worker(
            functions=[func(nothing, name="nothing"), func(hold, name="hold")],
            queue_name=program.QUEUE,
            redis_settings=RedisSettings.from_dsn(program.REDIS_URL),
            max_jobs=slots,
            job_timeout=program.JOB_TIMEOUT_S,
        ).run()


async def nothing(_ctx: dict[str, Any]) -> None:
    PROBE.count()


async def hold(_ctx: dict[str, Any], sent_ns: int, hold_s: float) -> None:
    PROBE.note(sent_ns)
    await asyncio.sleep(hold_s)


if __name__ == "__main__":
    program.main(Arq())
