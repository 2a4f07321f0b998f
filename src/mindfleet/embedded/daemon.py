"""Becoming a daemon: alone in its home, in a session of its own, with a log instead of a terminal."""

import contextlib
import fcntl
import logging
import os
import sys
import time
from pathlib import Path

_POLL = 0.02


def take(lock: Path, *, patience: float) -> bool:
    """Locks the file until this process and its forks have ended; False if another holds it for `patience` seconds."""
    descriptor = os.open(lock, os.O_RDWR | os.O_CREAT, 0o600)
    deadline = time.monotonic() + patience
    while True:
        with contextlib.suppress(BlockingIOError):
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            return True
        if time.monotonic() > deadline:
            os.close(descriptor)
            return False
        time.sleep(_POLL)


def detach(log: Path, directory: Path) -> None:
    """Goes on in a child that has left the caller's session; the caller reads the child's pid on standard output."""
    child = os.fork()
    if child:
        print(child, flush=True)  # noqa: T201 - the answer to whoever started us
        os._exit(0)
    os.setsid()
    os.umask(0o077)
    os.chdir(directory)
    with open(os.devnull, "rb") as nothing, log.open("ab") as output:  # noqa: PTH123 - a device, not a path
        os.dup2(nothing.fileno(), sys.stdin.fileno())
        os.dup2(output.fileno(), sys.stdout.fileno())
        os.dup2(output.fileno(), sys.stderr.fileno())


def log_in_utc() -> None:
    """Plain lines on standard error."""
    logging.Formatter.converter = time.gmtime
    logging.basicConfig(level=logging.INFO, format="%(asctime)sZ %(levelname)s %(message)s")
