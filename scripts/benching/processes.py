"""Processes that end with the benchmark, and what they used."""

import ctypes
import os
import signal
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path

import psutil

GONE_WITHIN = 10.0

_PR_SET_PDEATHSIG = 1  # prctl(2)
_LIBC = ctypes.CDLL(None)


class BenchFailed(Exception):
    """A run did not come to its end; the message says which and why."""


class Process:
    """A program in a process group of its own, with whatever it forks."""

    def __init__(
        self,
        command: Sequence[str],
        environment: Mapping[str, str],
        log: Path,
        *,
        before_exec: Callable[[], None] | None = None,
    ) -> None:
        def prepare() -> None:
            if before_exec:
                before_exec()
            _LIBC.prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)  # last, for who becomes another user forgets it

        self._log = log
        with log.open("ab") as output:
            self._started = subprocess.Popen(
                command,
                env={**os.environ, **environment},
                cwd=log.parent,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                start_new_session=True,
                preexec_fn=prepare,  # noqa: PLW1509 - nothing that it calls takes a lock
            )
        self.pid = self._started.pid
        self._run_times_ns: dict[tuple[int, int], int] = {}

    def stop(self, with_signal: signal.Signals = signal.SIGKILL) -> None:
        """End it, and what it forked; nothing to do when it was waited for."""
        if self._started.returncode is not None:
            return
        self._signal(with_signal)
        with suppress(subprocess.TimeoutExpired):
            self._started.wait(GONE_WITHIN)
        self._signal(signal.SIGKILL)
        self._started.wait(GONE_WITHIN)

    def finish(self, within: float) -> str:
        """Wait for its end; what it printed.

        Raises:
            BenchFailed: it did not end in time, or not well.
        """
        try:
            code = self._started.wait(within)
        except subprocess.TimeoutExpired:
            raise BenchFailed(f"{self._log.stem} did not end within {within:.0f} s: {self.last_words()}") from None
        if code:
            raise BenchFailed(f"{self._log.stem} ended with {code}: {self.last_words()}")
        return self._log.read_text(encoding="utf-8", errors="replace")

    def check(self) -> None:
        """Raises BenchFailed when it has ended."""
        if self._started.poll() is not None:
            raise BenchFailed(f"{self._log.stem} ended with {self._started.returncode}: {self.last_words()}")

    def last_words(self) -> str:
        return " / ".join(self._log.read_text(encoding="utf-8", errors="replace").splitlines()[-12:])

    def cpu_s(self) -> float:
        """Seconds of CPU that it and its children have used, to the nanosecond: ten milliseconds would be coarse.

        Those that have ended since an earlier reading are in it as they were then, so the sum never falls; what they
        used after their last reading is not.
        """
        for process in self._family():
            self._run_times_ns |= _run_times_ns(process.pid)
        return sum(self._run_times_ns.values()) / 1e9

    def rss_mb(self) -> float:
        """Resident memory of it and its children; pages that they share are counted in each."""
        return sum(_rss(process) for process in self._family()) / 1e6

    def _family(self) -> list[psutil.Process]:
        try:
            parent = psutil.Process(self.pid)
            return [parent, *parent.children(recursive=True)]
        except psutil.NoSuchProcess:
            return []

    def _signal(self, with_signal: signal.Signals) -> None:
        with suppress(ProcessLookupError):
            os.killpg(self.pid, with_signal)


def waited_for(condition: Callable[[], bool], within: float, otherwise: str, *, every: float = 0.002) -> float:
    """Look until it holds; the seconds that it took.

    Raises:
        BenchFailed: it did not hold in time.
    """
    started = time.monotonic()
    while not condition():
        if time.monotonic() - started > within:
            raise BenchFailed(f"{otherwise} within {within:.0f} s")
        time.sleep(every)
    return time.monotonic() - started


def _run_times_ns(pid: int) -> dict[tuple[int, int], int]:
    """Of each of its threads, by number and start, as numbers come again. The first has that of the process."""
    found: dict[tuple[int, int], int] = {}
    for thread in Path(f"/proc/{pid}/task").glob("*"):
        with suppress(OSError):  # it ended meanwhile
            run_time = (thread / "schedstat").read_text(encoding="ascii").split()[0]
            found[int(thread.name), _started_at(thread)] = int(run_time)
    return found


def _started_at(thread: Path) -> int:
    """In ticks since the machine started: field 22 of proc_pid_stat(5), counted from behind the name, the second."""
    _, _, fields = (thread / "stat").read_text(encoding="utf-8", errors="replace").rpartition(")")
    return int(fields.split()[22 - 3])


def _rss(process: psutil.Process) -> int:
    try:
        return int(process.memory_info().rss)
    except psutil.NoSuchProcess:
        return 0
