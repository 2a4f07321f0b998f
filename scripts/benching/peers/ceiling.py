"""The ceiling: what a worker could do if a job were no work. A script pops a batch, and deletes the one before.

Not a system. It keeps no claim, runs nothing and reports nothing; the distance to it is what a system costs.
"""

import asyncio
import uuid
from pathlib import Path
from typing import Any

from redis.asyncio import Redis

from scripts.benching.peers import program

PROBE = program.probe()
CLAIM_AND_SETTLE = Path(__file__).with_suffix(".lua").read_text(encoding="utf-8")
ENVELOPE = b'{"t":null,"f":"nothing","a":[],"k":{},"et":1700000000000}'


class Ceiling(program.Peer):
    redis: Redis

    async def open(self) -> None:
        self.redis = Redis.from_url(program.REDIS_URL)

    async def close(self) -> None:
        await self.redis.aclose()

    async def enqueue(self) -> None:
        await self.bulk(1)

    async def enqueue_hold(self, sent_ns: int, hold_s: float) -> None:
        raise NotImplementedError("the ceiling runs no jobs")

    async def bulk(self, jobs: int) -> None:
        envelopes: dict[str, Any] = {uuid.uuid4().hex: ENVELOPE for _ in range(jobs)}
        pipeline = self.redis.pipeline()
        pipeline.hset(f"{program.QUEUE}:jobs", mapping=envelopes)
        pipeline.zadd(program.QUEUE, dict.fromkeys(envelopes, 0))
        await pipeline.execute()

    def work(self, slots: int) -> None:
        asyncio.run(self._work(slots))

    async def _work(self, slots: int) -> None:
        await self.open()
        claim = self.redis.register_script(CLAIM_AND_SETTLE)
        keys = [program.QUEUE, f"{program.QUEUE}:jobs"]
        done: list[bytes] = []
        while True:
            found = await claim(keys=keys, args=[slots, *done])
            done = found[::2]
            for _ in done:
                PROBE.count()
            if not done:
                await asyncio.sleep(0.01)


if __name__ == "__main__":
    program.main(Ceiling())
