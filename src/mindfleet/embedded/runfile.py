"""What the supervisor says about its stack, in a file that a light client can read: standard library only."""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Any, Literal, TypeVar

from mindfleet.embedded.home import Home, write_private
from mindfleet.embedded.identity import Identity

SCHEMA = 1

State = Literal["starting", "up", "restarting", "crash-loop", "draining", "down"]
"""`restarting`: it ended and is about to be started again; `crash-loop`: it ends so often that retries are slow."""

Kind = Literal["store", "worker"]

R = TypeVar("R")


@dataclass(frozen=True, kw_only=True)
class ProcessRecord:
    """One process that the supervisor keeps alive."""

    name: str
    kind: Kind
    state: State
    restarts: int
    log: str
    stop_signal: int
    pid: int | None = None
    birth: str | None = None
    create_time: float | None = None
    """Seconds since the epoch, as psutil gives it; `birth` is what tells processes apart."""

    started_at: str | None = None
    """ISO 8601, UTC."""

    last_error: str | None = None

    health: str | None = None
    """The URL that the paths `/livez`, `/readyz` and `/health` follow; a worker's, while it is up."""

    @property
    def identity(self) -> Identity | None:
        return None if self.pid is None or self.birth is None else Identity(self.pid, self.birth)


@dataclass(frozen=True, kw_only=True)
class Stack:
    """A stack as its supervisor describes it: where the stores are, and how each process is."""

    pid: int
    birth: str
    create_time: float
    control: str
    """The unix socket that takes commands (`mindfleet.embedded.control`)."""

    redis_url: str
    """Empty, as all that follow, in a stack that keeps workers only."""

    database_url: str
    neo4j_url: str
    neo4j_user: str
    neo4j_password: str
    processes: tuple[ProcessRecord, ...] = ()
    stopping: bool = False
    schema: int = SCHEMA

    @property
    def supervisor(self) -> Identity:
        return Identity(self.pid, self.birth)

    def process(self, name: str) -> ProcessRecord | None:
        return next((process for process in self.processes if process.name == name), None)


def path(home: Path | str) -> Path:
    return Home.at(home).run / "stack.json"


def read(home: Path | str) -> Stack | None:
    """The running stack of that home; None when there is none.

    A file whose supervisor is dead, or whose pid has gone to another process, is not believed.

    Raises:
        ValueError: the file is not one of ours, or of another version of Mindfleet.
        PermissionError: the home belongs to another user.
    """
    found = read_unverified(home)
    return found if found is not None and found.supervisor.alive() else None


def read_unverified(home: Path | str) -> Stack | None:
    """The file as it was left behind, though its supervisor may be dead."""
    try:
        text = path(home).read_text(encoding="utf-8")
    except FileNotFoundError:
        return None
    return _parse(text, path(home))


def write(home: Path | str, content: Stack) -> None:
    """Replaces the file as a whole, mode 0600."""
    write_private(path(home), json.dumps(asdict(content), indent=1))


def _parse(text: str, file: Path) -> Stack:
    raw: dict[str, Any] = json.loads(text)
    if raw.get("schema") != SCHEMA:
        raise ValueError(
            f"{file} has schema {raw.get('schema')!r}, this version of Mindfleet reads {SCHEMA}: "
            "stop the stack with the version that started it"
        )
    processes = tuple(_pick(ProcessRecord, process) for process in raw.pop("processes"))
    return _pick(Stack, {**raw, "processes": processes})


def _pick(record: type[R], raw: Mapping[str, Any]) -> R:
    known = {field.name for field in fields(record)}  # type: ignore[arg-type]  # both callers pass a dataclass
    return record(**{name: value for name, value in raw.items() if name in known})
