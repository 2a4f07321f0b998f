"""Where runs take place: one Redis, and workers and producers of one system at a time."""

import json
import os
import shutil
import time
from collections.abc import Generator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from signal import Signals

from scripts.benching.checkout import ROOT
from scripts.benching.ledger import Copied, LedgerStore
from scripts.benching.processes import BenchFailed, Process, waited_for
from scripts.benching.readings import Readings
from scripts.benching.store import Store
from scripts.benching.systems import System
from scripts.benching.venvs import Environment

FIRST_JOB_WITHIN = 60.0
PRODUCED_WITHIN = 3600.0
QUEUE = "bench"
FILLERS = 2
MANY_JOBS = 100_000
"""So many are worth a second producer."""

SETTLED_AFTER = 0.3
"""For how long the last jobs of a run may take to be settled."""

Produced = Mapping[str, float]


@dataclass
class Stage:
    store: Store
    ledger: LedgerStore
    folder: Path
    environments: Mapping[str, Environment]
    _runs: int = 0

    def beside(self, store: Store) -> "Stage":
        """The same with another Redis, in the same folder."""
        folder = self.folder / "beside"
        folder.mkdir(exist_ok=True)
        return Stage(store, self.ledger, folder, self.environments)

    @contextmanager
    def run(self, system: System) -> Generator["Run"]:
        """An empty Redis and nothing running; afterwards nothing runs either."""
        self.store.clean()
        if system.keeps_ledger:
            self.ledger.clean()
        self._runs += 1
        folder = self.folder / f"run-{self._runs}"
        folder.mkdir()
        run = Run(self, system, folder)
        try:
            yield run
        finally:
            run.end()
            shutil.rmtree(folder, ignore_errors=True)


class Run:
    """One run of one system."""

    def __init__(self, stage: Stage, system: System, folder: Path) -> None:
        self._stage = stage
        self._folder = folder
        self.store = stage.store
        self.ledger = stage.ledger if system.keeps_ledger else None
        self.system = system
        self.readings = self.readings_of(QUEUE)
        self.workers: list[Process] = []
        self._producers: list[Process] = []

    def readings_of(self, queue: str) -> Readings:
        """What the jobs of this queue noted."""
        folder = self._folder / queue.replace(":", "-")
        folder.mkdir(exist_ok=True)
        return Readings(folder)

    def start_workers(self, slots: int, processes: int = 1, *, each: int = 1, queue: str = QUEUE) -> None:
        """Workers that take jobs soon; wait for jobs to know that they do.

        Args:
            slots: of one worker.
            processes: how many are started.
            each: how many workers every one of them is.
            queue: where they work.
        """
        command = self._command("work", "--slots", str(slots), "--workers", str(each))
        for _ in range(processes):
            log = self._folder / f"{self.system.name}-worker-{len(self.workers)}.log"
            self.workers.append(Process(command, self._environment(queue, slots), log))

    def produce(self, command: str, *options: object, queue: str = QUEUE) -> Produced:
        """Send jobs, from a process of its own.

        Returns:
            How many were sent, in how many seconds, with how many seconds of CPU.
        """
        return finished(self.start_producer(command, *options, queue=queue))

    def start_producer(self, command: str, *options: object, queue: str = QUEUE) -> Process:
        log = self._folder / f"{self.system.name}-producer-{len(self._producers)}.log"
        producer = Process(self._command(command, *map(str, options)), self._environment(queue, 0), log)
        self._producers.append(producer)
        return producer

    def settle_in(self) -> None:
        """Have had a worker at the queue, where that makes a difference to the system's producers."""
        if self.system.worker_first:
            self.start_workers(1)
            self.produce("single", "--jobs", 1)
            self.wait_for_jobs(1)
            time.sleep(SETTLED_AFTER)
            self.workers.pop().stop()

    def fill(self, jobs: int, *, within_s: float = PRODUCED_WITHIN) -> int:
        """Jobs that do nothing, by the fastest way that the system has, before any worker runs.

        Where there is a ledger it has them when this returns: in a fleet it is a fraction of a second behind, and what
        the workers that come now do for it shall be for the jobs that they run.

        Returns:
            How many there are when the time is over.
        """
        way = ("bulk",) if self.system.has_bulk else ("single", "--in-flight", 32)
        producers = FILLERS if jobs >= FILLERS * MANY_JOBS else 1
        share = [*way, "--jobs", jobs // producers, "--seconds", within_s]
        sent = sum(finished(each)["jobs"] for each in [self.start_producer(*share) for _ in range(producers)])
        self.write_down()
        return int(sent)

    def write_down(self) -> Copied | None:
        """Have the ledger catch up; None for a system that keeps none."""
        return self.ledger.copy(self.store.url) if self.ledger else None

    def wait_for_jobs(self, jobs: int, within: float = FIRST_JOB_WITHIN) -> None:
        """Return when so many have run since the run began."""

        def there() -> bool:
            for worker in self.workers:
                worker.check()
            return self.readings.ran() >= jobs

        waited_for(there, within, f"{self.system.name}: {jobs} jobs did not run{self._last_words()}")

    def end(self) -> None:
        for process in (*self.workers, *self._producers):
            process.stop(Signals.SIGKILL)

    def _last_words(self) -> str:
        return "".join(f" ({worker.last_words()})" for worker in self.workers if worker.last_words())

    def _command(self, *arguments: str) -> list[str]:
        return [str(self._stage.environments[self.system.name].python), "-m", self.system.module, *arguments]

    def _environment(self, queue: str, slots: int) -> dict[str, str]:
        own = [str(ROOT / "src")] if not self.system.requirements else []
        return {
            **os.environ,
            "PYTHONPATH": os.pathsep.join([str(ROOT), *own]),
            "PYTHONWARNINGS": "ignore",
            "BENCH_REDIS": self.store.url,
            "BENCH_LEDGER": self._stage.ledger.url,
            "BENCH_QUEUE": queue.rpartition(":")[2],  # not all take a colon
            "BENCH_SLOTS": str(slots or 32),
            "BENCH_PROBES": str(self.readings_of(queue).folder),
        }


def finished(producer: Process) -> Produced:
    """What a producer printed when it had sent everything."""
    printed = producer.finish(PRODUCED_WITHIN)
    results = [line for line in printed.splitlines() if line.startswith('{"jobs"')]
    if not results:
        raise BenchFailed(f"a producer said nothing: {producer.last_words()}")
    found: Produced = json.loads(results[-1])
    if not found["jobs"]:
        raise BenchFailed(f"a producer sent nothing within {found['seconds']:.1f} s")
    return found
