"""Which job the current code runs for."""

from contextvars import ContextVar
from dataclasses import dataclass


@dataclass(frozen=True)
class JobContext:
    job_id: str
    task: str
    """The task's name on the wire, such as `run_summarization`."""

    attempt: int
    """1 for the first."""


current_job: ContextVar[JobContext | None] = ContextVar("current_job", default=None)
"""Set by the executor around the task function; None outside a job."""
