"""Processes, ports and packages of this machine."""

import ctypes
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Generator, Mapping, Sequence
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

READY_WITHIN = 120.0
GONE_WITHIN = 20.0

_PR_SET_PDEATHSIG = 1  # prctl(2)
_POLICY = Path("/usr/sbin/policy-rc.d")


class CannotStart(Exception):
    """This server cannot be had here; the message says why, and what would help."""


@dataclass(frozen=True, kw_only=True)
class Server:
    name: str
    pid: int
    birth: str
    """When the kernel started it, in ticks since boot: a pid comes again, this does not."""

    stop_signal: int
    ready_when: Sequence[str]
    """A command that succeeds when it takes connections."""

    exports: Mapping[str, str]

    def alive(self) -> bool:
        return birth_of(self.pid) == self.birth


@dataclass(kw_only=True)
class Home:
    """The folder of the servers' data, and the servers that were started in it."""

    path: Path
    dies_with_us: bool
    """Whether they end when this process is killed."""

    servers: list[Server] = field(default_factory=list)
    children: list[subprocess.Popen[bytes]] = field(default_factory=list)
    """Those of the servers that this process started."""

    @classmethod
    def make(cls, *, dies_with_us: bool) -> "Home":
        path = Path(tempfile.mkdtemp(prefix="mindfleet-servers-"))
        path.chmod(0o711)  # PostgreSQL runs as another user, in a folder of its own
        return cls(path=path, dies_with_us=dies_with_us)

    def launch(
        self,
        name: str,
        command: Sequence[str],
        *,
        ready_when: Sequence[str],
        exports: Mapping[str, str],
        stop_signal: signal.Signals = signal.SIGTERM,
        environment: Mapping[str, str] | None = None,
        user: str | None = None,
    ) -> None:
        with self.log(name).open("w") as log:
            process = subprocess.Popen(
                command,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                env={**os.environ, **(environment or {})},
                cwd=self.path,
                user=user,
                group=user,
                extra_groups=None if user is None else (),
                start_new_session=True,
                preexec_fn=_die_with_parent if self.dies_with_us else None,  # noqa: PLW1509 - no threads here
            )
        self.children.append(process)
        self.servers.append(
            Server(
                name=name,
                pid=process.pid,
                birth=birth_of(process.pid) or "",
                stop_signal=stop_signal,
                ready_when=ready_when,
                exports=exports,
            )
        )

    def log(self, name: str) -> Path:
        return self.path / f"{name}.log"

    def wait_for(self, server: Server) -> None:
        deadline = time.monotonic() + READY_WITHIN
        while not _succeeds(server.ready_when):
            if not server.alive() or time.monotonic() > deadline:
                tail = "\n".join(self.log(server.name).read_text(errors="replace").splitlines()[-15:])
                say(f"{server.name} did not come up; the end of its log:\n{tail}")
                sys.exit(1)
            time.sleep(0.1)

    def clear(self) -> None:
        """Stop the servers, and remove their data."""
        for server in self.servers:
            _signal(server, server.stop_signal)
        deadline = time.monotonic() + GONE_WITHIN
        for server in self.servers:
            while server.alive() and time.monotonic() < deadline:
                time.sleep(0.05)
            _signal(server, signal.SIGKILL)
        self.children = [child for child in self.children if child.poll() is None]
        shutil.rmtree(self.path, ignore_errors=True)


def say(what: str) -> None:
    print(f"real-servers: {what}", file=sys.stderr, flush=True)


def birth_of(pid: int) -> str | None:
    """When a process was started; None when there is none, or only its exit code is left (proc(5), stat)."""
    try:
        state, *rest = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()
    except OSError:
        return None
    return None if state in "ZX" else rest[18]


def free_port() -> int:
    with closing(socket.socket()) as unused:
        unused.bind(("127.0.0.1", 0))
        return int(unused.getsockname()[1])


def program(name: str, *, package: str, beside: str = "") -> str:
    """The path of a program; root gets the Debian package that has it installed."""
    found = _find(name, beside)
    if found is None and os.geteuid() == 0 and shutil.which("apt-get"):
        _install(package)
        found = _find(name, beside)
    if found is None:
        raise CannotStart(f"{name} is missing: as root, apt-get install {package}")
    return found


def _find(name: str, beside: str) -> str | None:
    return shutil.which(name, path=os.pathsep.join([beside, os.environ.get("PATH", os.defpath)]))


def _install(package: str) -> None:
    say(f"installing {package}")
    apt = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    quietly = ("-q", "-y", "--no-install-recommends")
    with _packages_start_nothing():
        for command in (["apt-get", "update", "-q"], ["apt-get", "install", *quietly, package]):
            done = subprocess.run(command, env=apt, capture_output=True, text=True, check=False)
            if done.returncode:
                raise CannotStart(f"{' '.join(command)} failed: {done.stderr.strip()[-500:]}")


@contextmanager
def _packages_start_nothing() -> Generator[None]:
    """A package of a server starts it when it is installed, unless this file forbids it (invoke-rc.d(8))."""
    if _POLICY.exists():
        yield
        return
    _POLICY.write_text("#!/bin/sh\nexit 101\n", encoding="utf-8")
    _POLICY.chmod(0o755)
    try:
        yield
    finally:
        _POLICY.unlink()


def _die_with_parent() -> None:
    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)


def _succeeds(command: Sequence[str]) -> bool:
    return subprocess.run(command, capture_output=True, check=False).returncode == 0


def _signal(server: Server, which: int) -> None:
    if server.alive():
        with suppress(ProcessLookupError):
            os.kill(server.pid, which)
