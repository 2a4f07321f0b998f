"""taskiq on streams, its broker that acknowledges, with the settings of streaQ's benchmark; uvloop, which it takes."""

import asyncio
import os
import sys
from typing import Any

import uvloop
from taskiq_redis import RedisAsyncResultBackend, RedisStreamBroker

from scripts.benching.peers import program

PROBE = program.probe()
RESULTS: Any = RedisAsyncResultBackend(program.REDIS_URL, result_ex_time=600)
BROKER: Any = RedisStreamBroker(
    program.REDIS_URL, queue_name=program.QUEUE, xread_count=program.SLOTS, consumer_id="0"
).with_result_backend(RESULTS)


async def _nothing() -> None:
    PROBE.count()


async def _hold(sent_ns: int, hold_s: float) -> None:
    PROBE.note(sent_ns)
    await asyncio.sleep(hold_s)


nothing = BROKER.register_task(_nothing, task_name="nothing", timeout=program.JOB_TIMEOUT_S)
hold = BROKER.register_task(_hold, task_name="hold", timeout=program.JOB_TIMEOUT_S)


class Taskiq(program.Peer):
    async def open(self) -> None:
        await BROKER.startup()

    async def close(self) -> None:
        await BROKER.shutdown()

    async def enqueue(self) -> None:
        await nothing.kiq()

    async def enqueue_hold(self, sent_ns: int, hold_s: float) -> None:
        await hold.kiq(sent_ns, hold_s)

    async def bulk(self, jobs: int) -> None:
        raise NotImplementedError("taskiq has no bulk call")

    def work(self, slots: int) -> None:
        options = ["--workers", "1", "--max-async-tasks", str(slots), "--max-prefetch", str(slots)]
        command = [sys.executable, "-m", "taskiq", "worker", "scripts.benching.peers.taskiq:BROKER", *options]
        os.execv(sys.executable, [*command, "--log-level", "WARNING"])  # noqa: S606 - its own command line


if __name__ == "__main__":
    program.main(Taskiq(), run=uvloop.run)
