"""Processes that do not outlive the havoc, whatever ends it."""

import asyncio
import ctypes
import os
import signal
from asyncio.subprocess import DEVNULL, Process, create_subprocess_exec
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path

import psutil

_PR_SET_PDEATHSIG = 1  # prctl(2)
_LIBC = ctypes.CDLL(None)


async def spawn(argv: Sequence[str], environment: Mapping[str, str], log: Path) -> Process:
    """Start a program in a session of its own; its output goes to the end of `log`."""
    with log.open("ab") as output:
        return await create_subprocess_exec(
            *argv,
            env=dict(environment),
            cwd=log.parent,
            stdin=DEVNULL,
            stdout=output,
            stderr=output,
            start_new_session=True,
            preexec_fn=_die_with_parent,
        )


def send(process: Process, number: signal.Signals) -> None:
    """Signal it, if it still lives."""
    with suppress(ProcessLookupError):
        if process.returncode is None:
            os.kill(process.pid, number)


def signal_all(processes: Iterable[psutil.Process], number: signal.Signals) -> None:
    """Signal those that still live."""
    for process in processes:
        with suppress(psutil.NoSuchProcess):
            process.send_signal(number)


async def end(process: Process, patience: float) -> None:
    """Ask it to end, and kill it when that takes too long; a stopped one goes on first."""
    send(process, signal.SIGCONT)
    send(process, signal.SIGTERM)
    with suppress(TimeoutError):
        await asyncio.wait_for(process.wait(), patience)
    send(process, signal.SIGKILL)
    await process.wait()


def _die_with_parent() -> None:
    _LIBC.prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
