"""SAQ: jobs may take five minutes where its default is ten seconds, and twice are tried, as else none is run again."""

import asyncio
from typing import Any

from saq import Queue, Worker

from scripts.benching.peers import program

PROBE = program.probe()
OPTIONS = {"timeout": program.JOB_TIMEOUT_S, "retries": 2}


class Saq(program.Peer):
    def __init__(self) -> None:
        self.queue = Queue.from_url(program.REDIS_URL, name=program.QUEUE)

    async def open(self) -> None:
        await self.queue.connect()

    async def close(self) -> None:
        await self.queue.disconnect()

    async def enqueue(self) -> None:
        await self.queue.enqueue("nothing", **OPTIONS)

    async def enqueue_hold(self, sent_ns: int, hold_s: float) -> None:
        await self.queue.enqueue("hold", sent_ns=sent_ns, hold_s=hold_s, **OPTIONS)

    async def bulk(self, jobs: int) -> None:
        raise NotImplementedError("SAQ has no bulk call")

    def work(self, slots: int) -> None:
        asyncio.run(self._work(slots))

    async def _work(self, slots: int) -> None:
        await self.queue.connect()
        worker: Any = Worker(
            self.queue, functions=[("nothing", nothing), ("hold", hold)], concurrency=slots, dequeue_timeout=1
        )
        await worker.start()


async def nothing(_ctx: Any) -> None:  # noqa: ANN401 - SAQ's own
    PROBE.count()


async def hold(_ctx: Any, *, sent_ns: int, hold_s: float) -> None:  # noqa: ANN401 - SAQ's own
    PROBE.note(sent_ns)
    await asyncio.sleep(hold_s)


if __name__ == "__main__":
    program.main(Saq())
