"""Which job the current code runs for."""

from contextvars import ContextVar
from dataclasses import dataclass
from uuid import uuid4


@dataclass(frozen=True)
class JobContext:
    job_id: str
    task: str
    """The task's name on the wire, such as `run_summarization`."""

    attempt: int
    """1 for the first; what was cut off, by a crash say, counts."""

    priority: int = 5
    """0 to 10; from 7 on somebody waits for it."""

    call: str = ""
    """Which enqueueing it comes from: an id can be used again once its job has ended."""


current_job: ContextVar[JobContext | None] = ContextVar("current_job", default=None)
"""Set by the executor around the task function; None outside a job."""


def job_id() -> str:
    """The id of the running job; outside of one, an id of its own."""
    job = current_job.get()
    return job.job_id if job else uuid4().hex


def is_rerun() -> bool:
    """Whether an earlier run of the job may have come as far as this one."""
    job = current_job.get()
    return job is not None and job.attempt > 1
