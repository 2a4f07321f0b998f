"""The workers as programs of the supervisor: one process a queue, or one for all."""

import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

import psutil

from mindfleet.embedded.home import Home
from mindfleet.embedded.program import Program
from mindfleet.embedded.runfile import ProcessRecord, Stack
from mindfleet.queues import Queue

CELL = "insight-worker"
"""What the cell is called among processes and logs; the first seed's name."""

CELL_MODULE = "workers.cell"


def worker(queue: Queue, *, home: Path, folder: Path, environment: Mapping[str, str]) -> Program:
    """The worker of one queue, as `arq workers.<queue>.WorkerSettings`."""
    argv = (sys.executable, "-P", "-m", "arq", f"workers.{queue.short}.WorkerSettings")
    return _program(queue.short, argv, home, folder, environment)


def cell(queues: Sequence[Queue], *, home: Path, folder: Path, environment: Mapping[str, str]) -> Program:
    """One process for these queues."""
    argv = (sys.executable, "-P", "-m", CELL_MODULE, *(queue.short for queue in queues))
    return _program(CELL, argv, home, folder, environment)


def running_workers(stack: Stack | None) -> list[ProcessRecord]:
    """Those that the supervisor keeps."""
    return [record for record in stack.processes if record.kind == "worker"] if stack else []


def queues_of(record: ProcessRecord) -> list[Queue]:
    """What a recorded worker works off; of a cell that is down, all."""
    if record.name != CELL:
        return [Queue(f"arq:{record.name}")]
    try:
        words = psutil.Process(record.pid or 0).cmdline()
    except (psutil.NoSuchProcess, psutil.AccessDenied):
        words = []
    named = words[words.index(CELL_MODULE) + 1 :] if CELL_MODULE in words else []
    return [Queue(f"arq:{name}") for name in named] or list(Queue)


def _program(name: str, argv: tuple[str, ...], home: Path, folder: Path, environment: Mapping[str, str]) -> Program:
    ready_file = Home.at(home).run / f"{name}.ready"
    return Program(name=name, argv=argv, env=environment, ready_file=ready_file, cwd=folder)
