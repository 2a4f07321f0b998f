"""Where the jobs of a worker note what happened to them: one file a process, one line at a time, never rewritten."""

import asyncio
import json
import os
from collections.abc import Generator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from time import time

from mindfleet.current_job import current_job

FOLDER = "CHAOS_JOURNAL"
"""Names the environment variable with the folder of the files."""


def note(event: str, **about: object) -> None:
    """Add a line; it is in the file when this returns, though the process be killed next."""
    line = json.dumps({"event": event, "at": time(), "pid": os.getpid(), **about})
    os.write(_file(os.getpid()), line.encode() + b"\n")


@contextmanager
def noted(**about: object) -> Generator[int]:
    """Note the start of the running job and how it ended; gives the number of the start."""
    job = current_job.get()
    if job is None:
        raise LookupError("only a job can be noted")
    named = {"job": job.job_id, "start": job.attempt}
    note("start", **named, **about)
    how = "raised"
    try:
        yield job.attempt
        how = "done"
    except asyncio.CancelledError:
        how = "cancelled"
        raise
    finally:
        note("end", **named, how=how)


@cache
def _file(pid: int) -> int:
    return os.open(Path(os.environ[FOLDER]) / f"{pid}.jsonl", os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
