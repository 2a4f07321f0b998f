"""What a worker says once it is up, in a file: which process it is, and where it tells of its health.

A supervised worker is told the file by whoever starts it; one that is run by hand has its own beside the run file.
Standard library only.
"""

import json
import os
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, cast

from mindfleet.embedded.home import Home, write_private
from mindfleet.embedded.identity import Identity

_BY_HAND = "worker-{}.ready"


@dataclass(frozen=True)
class Report:
    """One worker process that is up."""

    worker_id: str
    pid: int
    birth: str
    health: str
    """The URL that its paths of health follow."""

    @classmethod
    def of_this_process(cls, worker_id: str, health: str) -> "Report":
        """As a process sees itself."""
        me = Identity.of(os.getpid())
        return cls(worker_id, os.getpid(), me.birth if me else "", health)

    @property
    def identity(self) -> Identity:
        return Identity(self.pid, self.birth)


def by_hand(home: Path | str, pid: int) -> Path:
    """Where a worker reports that nobody told where."""
    return Home.at(home).run / _BY_HAND.format(pid)


def all_by_hand(home: Path | str) -> list[Path]:
    """The reports of such workers, those of dead ones too."""
    return sorted(Home.at(home).run.glob(_BY_HAND.format("*")))


def write(file: Path, report: Report) -> None:
    """Replaces the file as a whole, mode 0600; makes its folder, and sweeps away what dead ones left there.

    Raises:
        OSError: it cannot be written.
    """
    file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    write_private(file, json.dumps(asdict(report)))
    for other in file.parent.glob(_BY_HAND.format("*")):
        if read(other) is None:
            other.unlink(missing_ok=True)


def read(file: Path) -> Report | None:
    """The report of a process that lives; None when there is none, or what is there is something else."""
    try:
        raw: Any = json.loads(file.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
    if not isinstance(raw, dict):
        return None
    told = cast("dict[str, Any]", raw)
    try:
        report = Report(**told)
    except TypeError:
        return None
    return report if report.identity.alive() else None
