"""What systems whose producers block share."""

import asyncio
from concurrent.futures import ThreadPoolExecutor

from scripts.benching.peers import program

IN_FLIGHT = 32


class Threaded(program.Peer):
    """Sends from a thread for each job that is in flight, or from the only one when jobs are sent one by one."""

    def send(self) -> None:
        raise NotImplementedError

    def send_hold(self, sent_ns: int, hold_s: float) -> None:
        raise NotImplementedError

    async def open(self) -> None:
        self._threads = ThreadPoolExecutor(IN_FLIGHT)

    async def close(self) -> None:
        self._threads.shutdown()

    async def enqueue(self) -> None:
        if len(asyncio.all_tasks()) > IN_FLIGHT:
            await asyncio.get_running_loop().run_in_executor(self._threads, self.send)
        else:
            self.send()

    async def enqueue_hold(self, sent_ns: int, hold_s: float) -> None:
        self.send_hold(sent_ns, hold_s)

    async def bulk(self, jobs: int) -> None:
        raise NotImplementedError("it has no bulk call")

    def work(self, slots: int) -> None:
        raise NotImplementedError
