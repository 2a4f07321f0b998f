"""streaQ: uvloop, as it says that it uses when that is installed, and as its own benchmark does."""

import asyncio
from typing import Any

import uvloop
from streaq import Worker

from scripts.benching.peers import program

PROBE = program.probe()
WORKER: Any = Worker(
    redis_url=program.REDIS_URL,
    queue_name=program.QUEUE,
    concurrency=program.SLOTS,
    anyio_kwargs={"use_uvloop": True},
)


async def _nothing() -> None:
    PROBE.count()


async def _hold(sent_ns: int, hold_s: float) -> None:
    PROBE.note(sent_ns)
    await asyncio.sleep(hold_s)


OPTIONS = {"timeout": program.JOB_TIMEOUT_S, "silent": True}
nothing = WORKER.task(name="nothing", **OPTIONS)(_nothing)
hold = WORKER.task(name="hold", **OPTIONS)(_hold)


class Streaq(program.Peer):
    async def open(self) -> None:
        await WORKER.__aenter__()

    async def close(self) -> None:
        await WORKER.__aexit__(None, None, None)

    async def enqueue(self) -> None:
        await nothing.enqueue()

    async def enqueue_hold(self, sent_ns: int, hold_s: float) -> None:
        await hold.enqueue(sent_ns, hold_s)

    async def bulk(self, jobs: int) -> None:
        await WORKER.enqueue_many([nothing.enqueue() for _ in range(jobs)])

    def work(self, slots: int) -> None:
        assert slots == program.SLOTS  # noqa: S101 - its worker was made when this module was imported
        WORKER.run_sync()


if __name__ == "__main__":
    program.main(Streaq(), run=uvloop.run)
