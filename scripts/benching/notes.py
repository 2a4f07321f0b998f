"""What a long benchmark has found so far, in a file that outlives it: started again, it goes on where it ended.

One JSON object a line: first what is measured, then each sitting when it begins, and each attempt when it has ended, on
the disk before the next one begins. What a kill leaves of a line is no line, and an attempt that was interrupted is not
in the file, so it is made again as a whole.
"""

import fcntl
import hashlib
import json
import os
from collections.abc import Generator, Iterable, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any, BinaryIO

from scripts.benching.machine import load, now


class NotesInUse(Exception):
    """The same is being measured by somebody else."""


@dataclass
class Attempt:
    """One measure of one system, once, when it has ended."""

    which: str
    """Names it among all of a plan."""

    system: str
    figures: list[tuple[str, str, float]] = field(default_factory=list)
    """Name, unit and value."""

    cut: list[str] = field(default_factory=list)
    failure: str = ""

    def add(self, name: str, unit: str, value: float) -> None:
        self.figures.append((name, unit, value))

    def add_all(
        self, prefix: str, unit: str, found: Mapping[str, float], *, units: Mapping[str, str] | None = None
    ) -> None:
        """Args:
        prefix: of their names.
        unit: of those that `units` does not name.
        found: by name.
        units: by name.
        """
        for name, value in found.items():
            self.add(f"{prefix}_{name}", (units or {}).get(name, unit), value)


@dataclass
class Sitting:
    """From a start of the benchmark to the last attempt that ended before it was interrupted."""

    start: str
    end: str
    load_at_start: list[float]
    load_at_end: list[float]
    attempts: int = 0

    @property
    def seconds(self) -> float:
        return (datetime.fromisoformat(self.end) - datetime.fromisoformat(self.start)).total_seconds()


class Notes:
    """The attempts that have ended, and the sittings in which; without a file they end with the process."""

    def __init__(self, file: BinaryIO | None = None, lines: Iterable[Mapping[str, Any]] = ()) -> None:
        self._file = file
        self.attempts: dict[str, Attempt] = {}
        self.sittings: list[Sitting] = []
        for line in lines:
            self._take(line)
        self._write({"sitting": len(self.sittings) + 1})

    @property
    def earlier_s(self) -> float:
        """How long the sittings before this one took together."""
        return sum(sitting.seconds for sitting in self.sittings[:-1])

    def add(self, attempt: Attempt) -> None:
        self._write({"attempt": asdict(attempt)})

    def _write(self, what: Mapping[str, Any]) -> None:
        line = {"at": now(), "load": load(), **what}
        if self._file:
            _append(self._file, line)
        self._take(line)

    def _take(self, line: Mapping[str, Any]) -> None:
        if "sitting" in line:
            self.sittings.append(Sitting(line["at"], line["at"], line["load"], line["load"]))
        elif "attempt" in line:
            figures = [(name, unit, value) for name, unit, value in line["attempt"]["figures"]]
            attempt = Attempt(**{**line["attempt"], "figures": figures})
            self.attempts[attempt.which] = attempt
            sitting = self.sittings[-1]
            sitting.end, sitting.load_at_end, sitting.attempts = line["at"], line["load"], sitting.attempts + 1


@contextmanager
def kept(folder: Path, of: Mapping[str, Any], *, afresh: bool) -> Generator[Notes]:
    """Notes that go on from those in this folder, if there are any of the same.

    When the block ends well they are whole: they are renamed, and the next ones begin anew.

    Args:
        folder: made where it is missing.
        of: what is measured; of everything that differs in it there are other notes.
        afresh: leave out what there is.

    Raises:
        NotesInUse: another process measures the same now.
    """
    folder.mkdir(parents=True, exist_ok=True)
    key = hashlib.sha256(json.dumps(of, sort_keys=True).encode()).hexdigest()[:16]
    with (folder / f"unfinished-{key}.jsonl").open("a+b") as file:
        _lock(file)
        if afresh:
            file.truncate(0)
        if not (lines := _lines(file)):
            _append(file, {"of": of})
        yield Notes(file, lines)
        Path(file.name).replace(folder / f"whole-{key}.jsonl")


def _lock(file: BinaryIO) -> None:
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        raise NotesInUse(f"another process measures the same, and notes it in {file.name}") from None


def _append(file: BinaryIO, line: Mapping[str, Any]) -> None:
    file.write(json.dumps(line).encode() + b"\n")
    file.flush()
    os.fsync(file.fileno())


def _lines(file: BinaryIO) -> list[dict[str, Any]]:
    """Those that were written to their end; the rest is cut off."""
    found: list[dict[str, Any]] = []
    size = 0
    file.seek(0)
    for line in file:
        try:
            found.append(json.loads(line.removesuffix(b"\n") if line.endswith(b"\n") else b""))
        except ValueError:
            break
        size += len(line)
    file.truncate(size)
    return found
