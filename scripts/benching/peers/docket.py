"""docket: with the check interval of its page on production, and more connections than slots, as that page says.

What a dead worker held comes back after five minutes.
"""

import asyncio
from datetime import timedelta
from typing import Any

from docket import Docket, Worker

from scripts.benching.peers import program

PROBE = program.probe()


async def nothing() -> None:
    PROBE.count()


async def hold(sent_ns: int, hold_s: float) -> None:
    PROBE.note(sent_ns)
    await asyncio.sleep(hold_s)


class DocketPeer(program.Peer):
    def __init__(self) -> None:
        self.docket: Any = Docket(name=program.QUEUE, url=f"{program.REDIS_URL}?max_connections={2 * program.SLOTS}")
        self.docket.register(nothing)
        self.docket.register(hold)

    async def open(self) -> None:
        await self.docket.__aenter__()

    async def close(self) -> None:
        await self.docket.__aexit__(None, None, None)

    async def enqueue(self) -> None:
        await self.docket.add(nothing)()

    async def enqueue_hold(self, sent_ns: int, hold_s: float) -> None:
        await self.docket.add(hold)(sent_ns, hold_s)

    async def bulk(self, jobs: int) -> None:
        await self.docket.add_many([self.docket.call(nothing)() for _ in range(jobs)])

    def work(self, slots: int) -> None:
        asyncio.run(self._work(slots))

    async def _work(self, slots: int) -> None:
        every = timedelta(milliseconds=100)
        async with self.docket, Worker(self.docket, concurrency=slots, minimum_check_interval=every) as worker:
            await worker.run_forever()


if __name__ == "__main__":
    program.main(DocketPeer())
