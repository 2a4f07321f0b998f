"""The workers and producers: each is replaced as soon as it has ended."""

import asyncio
import sys
from asyncio.subprocess import Process
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from time import time

from mindfleet.queues import Queue
from scripts.havoc.processes import end, spawn
from scripts.havoc.tasks_of_chaos import VERSION

CELLS = 3
"""Processes for all queues, beside one process a queue."""

PRODUCERS = 3

UP_WITHIN = 90.0
DRAINED_WITHIN = 15.0


@dataclass
class Worker:
    """One place of the fleet, and the process that fills it at present."""

    name: str
    queues: Sequence[Queue]
    version: str = "1"
    process: Process | None = None
    ready_file: Path = field(default_factory=Path)
    is_stopped: bool = False
    """By SIGSTOP."""

    is_leaving: bool = False
    """It was told to end."""

    @property
    def is_up(self) -> bool:
        lives = self.process is not None and self.process.returncode is None
        return lives and not self.is_stopped and not self.is_leaving and self.ready_file.exists()

    @property
    def argv(self) -> list[str]:
        if len(self.queues) == 1:
            return [sys.executable, "-P", "-m", "arq", f"workers.{self.queues[0].short}.WorkerSettings"]
        return [sys.executable, "-P", "-m", "workers.cell", *(queue.short for queue in self.queues)]


@dataclass
class Producer:
    name: str
    log: Path
    process: Process
    killed_at: float | None = None


@dataclass
class Fleet:
    """Args:
    home: where logs and ready files go.
    environment: of every process.
    rate: jobs a second that all producers enqueue together.
    seed: of what they enqueue.
    """

    home: Path
    environment: Mapping[str, str]
    rate: float
    seed: int
    workers: list[Worker] = field(default_factory=list[Worker])
    producers: list[Producer] = field(default_factory=list[Producer])
    _tasks: list["asyncio.Task[None]"] = field(default_factory=list["asyncio.Task[None]"])

    async def start_workers(self) -> None:
        """And wait until they are up."""
        self.workers = [Worker(queue.short, [queue]) for queue in Queue]
        self.workers += [Worker(f"cell-{number}", list(Queue)) for number in range(1, CELLS + 1)]
        self.workers[-1].version = "2"
        self._tasks = [asyncio.create_task(self._keep(worker)) for worker in self.workers]
        async with asyncio.timeout(UP_WITHIN):
            while not all(worker.is_up for worker in self.workers):  # noqa: ASYNC110 - other processes
                await asyncio.sleep(0.05)

    async def start_producers(self) -> None:
        for _ in range(PRODUCERS):
            await self.add_producer()

    async def add_producer(self) -> None:
        """With a name, a log and a seed that no other had."""
        number = len(self.producers) + 1
        name, log = f"producer-{number}", self.home / f"producer-{number}.accepted.jsonl"
        argv = [sys.executable, "-P", "-m", "scripts.havoc.producer", name, f"{self.rate / PRODUCERS}"]
        argv += [f"{self.seed * 1000 + number}", str(log)]
        version = {VERSION: str(1 + number % 2)}
        process = await spawn(argv, {**self.environment, **version}, self.home / f"{name}.log")
        self.producers.append(Producer(name, log, process))

    def spare(self, *, fewest: int = 2) -> list[Worker]:
        """Those whose queues have enough other workers that are up."""

        def others(worker: Worker, queue: Queue) -> int:
            return sum(other.is_up and queue in other.queues for other in self.workers if other is not worker)

        up = [worker for worker in self.workers if worker.is_up]
        return [worker for worker in up if all(others(worker, queue) >= fewest for queue in worker.queues)]

    async def stop_producers(self) -> None:
        await asyncio.gather(*(end(producer.process, DRAINED_WITHIN) for producer in self.producers))

    async def end(self) -> None:
        """Nothing of it is left."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        processes = [worker.process for worker in self.workers] + [producer.process for producer in self.producers]
        await asyncio.gather(*(end(process, 0.0) for process in processes if process is not None))

    async def _keep(self, worker: Worker) -> None:
        lives = 0
        while True:
            lives += 1
            worker.ready_file = self.home / f"{worker.name}-{lives}.ready"
            told = {"MINDFLEET_READY_FILE": str(worker.ready_file), **self._version(worker)}
            began = time()
            worker.process = await spawn(worker.argv, {**self.environment, **told}, self.home / f"{worker.name}.log")
            worker.is_leaving = worker.is_stopped = False
            await worker.process.wait()
            await asyncio.sleep(0.1 if time() - began > 1 else 1)

    def _version(self, worker: Worker) -> dict[str, str]:
        """A worker of version 2 knows newer payloads, and says another version of itself."""
        path = self.environment["PYTHONPATH"]
        newer = f"{self.home / 'newer'}:{path}" if worker.version != "1" else path
        return {VERSION: worker.version, "PYTHONPATH": newer}


def lay_out_newer(home: Path) -> None:
    """What makes a process believe that another version of Mindfleet is installed."""
    folder = home / "newer" / "mindfleet-999.0.0.dist-info"
    with suppress(FileExistsError):
        folder.mkdir(parents=True)
    (folder / "METADATA").write_text("Metadata-Version: 2.1\nName: mindfleet\nVersion: 999.0.0\n", encoding="utf-8")
