"""Ends what a supervisor left behind when it died without stopping its stack."""

import os
import time
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from signal import SIGKILL, SIGTERM

from mindfleet.embedded import runfile
from mindfleet.embedded.home import Home
from mindfleet.embedded.identity import Identity
from mindfleet.embedded.runfile import Kind, Stack

WORKER_PATIENCE = 5.0
STORE_PATIENCE = 10.0
"""Seconds between the request to end and the end."""

_POLL = 0.02


def end(home: Home) -> bool:
    """Ends the recorded processes of a dead supervisor, workers before stores; whether there was one."""
    stack = runfile.read_unverified(home.path)
    if stack is None or stack.supervisor.alive():
        return False
    end_processes(stack)
    remove_socket(Path(stack.control))
    return True


def end_processes(stack: Stack) -> None:
    """Asks, waits and at last kills: the workers, then the stores."""
    end_all(_recorded(stack, "worker"), WORKER_PATIENCE)
    end_all(_recorded(stack, "store"), STORE_PATIENCE)


def end_all(processes: Sequence[tuple[Identity, int]], patience: float) -> None:
    """Sends each process its signal, and after so many seconds ends those that live on, with their groups."""
    asked = [process for process, signal in processes if process.send(signal)]
    deadline = time.monotonic() + patience
    while any(process.alive() for process in asked) and time.monotonic() < deadline:
        time.sleep(_POLL)
    for process in asked:
        with suppress(ProcessLookupError):
            os.killpg(process.pid, SIGKILL)
        process.send(SIGKILL)


def terminated(processes: Sequence[Identity]) -> list[tuple[Identity, int]]:
    """The processes, each with the signal that asks it to end."""
    return [(process, int(SIGTERM)) for process in processes]


def remove_socket(socket: Path) -> None:
    """Removes a control socket, and the directory that was made for it alone."""
    socket.unlink(missing_ok=True)
    if socket.parent.name != "run":
        with suppress(OSError):
            socket.parent.rmdir()


def _recorded(stack: Stack, kind: Kind) -> list[tuple[Identity, int]]:
    return [
        (record.identity, record.stop_signal)
        for record in stack.processes
        if record.kind == kind and record.identity is not None
    ]
