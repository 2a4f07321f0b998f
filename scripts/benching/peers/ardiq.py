"""ArdiQ: its defaults. Its loop and its commands to Redis run in Rust, so it is compared apart."""

import asyncio
import os
import sys
from typing import Any

from ardiq import Ardiq

from scripts.benching.peers import program

PROBE = program.probe()
APPLICATION: Any = Ardiq(redis_url=program.REDIS_URL, queue_name=program.QUEUE, concurrency=program.SLOTS)


async def _nothing() -> None:
    PROBE.count()


async def _hold(sent_ns: int, hold_s: float) -> None:
    PROBE.note(sent_ns)
    await asyncio.sleep(hold_s)


nothing = APPLICATION.task()(_nothing)
hold = APPLICATION.task()(_hold)


class ArdiqPeer(program.Peer):
    async def open(self) -> None:
        """It connects at the first call."""

    async def close(self) -> None:
        """It closes with the process."""

    async def enqueue(self) -> None:
        await nothing.enqueue()

    async def enqueue_hold(self, sent_ns: int, hold_s: float) -> None:
        await hold.enqueue(sent_ns, hold_s)

    async def bulk(self, jobs: int) -> None:
        await APPLICATION.enqueue_many([nothing.prepare() for _ in range(jobs)])

    def work(self, slots: int) -> None:
        assert slots == program.SLOTS  # noqa: S101 - its worker was made when this module was imported
        asyncio.run(APPLICATION.run())


if __name__ == "__main__":
    program.main(ArdiqPeer())
    sys.stdout.flush()
    os._exit(0)  # its core sometimes crashes when the interpreter ends under it
