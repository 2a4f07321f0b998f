"""Which process this is: a pid alone may by now belong to another one."""

import os
import subprocess
import sys
from dataclasses import dataclass
from functools import cache
from pathlib import Path

_GONE = frozenset({"Z", "X", "x"})


@dataclass(frozen=True)
class Identity:
    """A process, told apart from a later one with the same pid by when it was born."""

    pid: int
    birth: str
    """Opaque; equal for equal processes of one boot of the machine."""

    @classmethod
    def of(cls, pid: int) -> "Identity | None":
        """The living process of that pid, or None; a zombie is not alive."""
        birth = _birth_in_proc(pid) if sys.platform == "linux" else _birth_by_ps(pid)
        return None if birth is None else cls(pid, birth)

    def alive(self) -> bool:
        return Identity.of(self.pid) == self

    def send(self, signal: int) -> bool:
        """Signals the process unless it is gone; whether there was something to signal."""
        if not self.alive():
            return False
        try:
            os.kill(self.pid, signal)
        except ProcessLookupError:
            return False
        return True


def session_members(leader: int) -> list[Identity]:
    """The living processes of the session that `leader` made, dead or alive itself; Linux only, elsewhere none."""
    if sys.platform != "linux":
        return []
    pids = (int(entry.name) for entry in Path("/proc").iterdir() if entry.name.isdigit())
    members = (Identity.of(pid) for pid in pids if _session(pid) == leader)
    return [member for member in members if member is not None]


def _birth_in_proc(pid: int) -> str | None:
    fields = _stat(pid)
    if fields is None or fields[0] in _GONE:
        return None
    return f"{_boot()}:{fields[19]}"


def _session(pid: int) -> int | None:
    fields = _stat(pid)
    return None if fields is None else int(fields[3])


def _stat(pid: int) -> list[str] | None:
    """The fields of /proc/PID/stat from the third on (proc(5)); the second one is a name in parentheses."""
    try:
        return Path(f"/proc/{pid}/stat").read_text(encoding="utf-8", errors="replace").rpartition(")")[2].split()
    except (FileNotFoundError, ProcessLookupError):
        return None


@cache
def _boot() -> str:
    return Path("/proc/sys/kernel/random/boot_id").read_text(encoding="ascii").strip()


def _birth_by_ps(pid: int) -> str | None:
    found = subprocess.run(  # noqa: S603 - a pid
        ["/bin/ps", "-o", "lstart=", "-o", "stat=", "-p", str(pid)], capture_output=True, text=True, check=False
    )
    when, _, state = found.stdout.strip().rpartition(" ")
    return None if not when or state[0] in _GONE else when.strip()
