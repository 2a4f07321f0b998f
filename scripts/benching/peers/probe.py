"""What the jobs of every system do: note in a file that is mapped into memory that they ran.

A job costs every system the same that way: no round trip, no allocation, under a microsecond. Each process has its
own file, so that nobody waits for anybody. Reads with `scripts/benching/readings.py`.
"""

import mmap
import os
import struct
import time
from pathlib import Path
from threading import Lock

SAMPLES = 1 << 16
"""How many pickups one process can note."""

COUNTS = struct.Struct("=qq")
"""How many jobs ran, and how many pickups were noted."""

PICKUP = struct.Struct("=qq")
"""When a job was sent and when it started, in nanoseconds of the clock that all processes of a machine share."""

SIZE = COUNTS.size + SAMPLES * PICKUP.size


class Probe:
    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._lock = Lock()
        self._open()
        os.register_at_fork(after_in_child=self._open)

    def count(self) -> None:
        """A job ran."""
        with self._lock:
            self._ran += 1
            COUNTS.pack_into(self._map, 0, self._ran, self._noted)

    def note(self, sent_ns: int) -> None:
        """The job that was sent then has started now."""
        started_ns = time.monotonic_ns()
        with self._lock:
            PICKUP.pack_into(self._map, COUNTS.size + self._noted % SAMPLES * PICKUP.size, sent_ns, started_ns)
            self._ran += 1
            self._noted += 1
            COUNTS.pack_into(self._map, 0, self._ran, self._noted)

    def _open(self) -> None:
        self._ran = self._noted = 0
        with (self._folder / f"{os.getpid()}.probe").open("w+b") as file:
            file.truncate(SIZE)
            self._map = mmap.mmap(file.fileno(), SIZE)
