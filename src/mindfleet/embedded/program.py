"""A worker as the supervisor sees it: a command line, and a file that says when it is up."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from signal import Signals
from typing import Any

from mindfleet.embedded import reports
from mindfleet.embedded.home import Home
from mindfleet.embedded.runfile import Kind
from mindfleet.embedded.service import Launch
from mindfleet.embedded.waiting import until

READY_FILE = "MINDFLEET_READY_FILE"
"""Names the environment variable with the path of the file in which a worker reports that it is up."""


@dataclass(frozen=True, kw_only=True)
class Program:
    """A command to keep running beside the stores."""

    name: str
    """Names its log and its line in the run file; unique in a stack."""

    argv: tuple[str, ...]
    env: Mapping[str, str] = field(default_factory=dict[str, str])
    """Goes on top of the environment of whoever starts it."""

    ready_file: Path | None = None
    """The program makes it when it is up, and finds its path in MINDFLEET_READY_FILE; without one it is up at once."""

    cwd: Path | None = None
    """Where it runs; the home of the stack if it is not said."""

    def as_json(self, base: Mapping[str, str]) -> dict[str, Any]:
        """For the way to the supervisor, with `env` on top of `base`."""
        return {
            "name": self.name,
            "argv": list(self.argv),
            "env": {**base, **self.env},
            "ready_file": self.ready_file and str(self.ready_file.absolute()),
            "cwd": self.cwd and str(self.cwd.absolute()),
        }

    @classmethod
    def from_json(cls, raw: Mapping[str, Any]) -> "Program":
        return cls(
            name=raw["name"],
            argv=tuple(raw["argv"]),
            env=raw["env"],
            ready_file=Path(raw["ready_file"]) if raw["ready_file"] else None,
            cwd=Path(raw["cwd"]) if raw["cwd"] else None,
        )


@dataclass(frozen=True)
class Worker:
    """A program as a service."""

    home: Home
    program: Program
    kind: Kind = "worker"
    stop_signal: Signals = Signals.SIGTERM

    @property
    def name(self) -> str:
        return self.program.name

    @property
    def health(self) -> str | None:
        report = None if self.program.ready_file is None else reports.read(self.program.ready_file)
        return None if report is None else report.health

    async def prepare(self) -> None:
        if self.program.ready_file is not None:
            self.program.ready_file.unlink(missing_ok=True)

    def launch(self) -> Launch:
        told = {} if self.program.ready_file is None else {READY_FILE: str(self.program.ready_file)}
        return Launch(argv=self.program.argv, env={**self.program.env, **told}, cwd=self.program.cwd or self.home.path)

    async def ready(self, _pid: int) -> None:
        if self.program.ready_file is not None:
            await until(self.program.ready_file.exists)

    def move(self) -> None:
        """A worker has no address."""
