"""The four queues and the promise that each one makes."""

from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum


class Queue(StrEnum):
    """The names on the wire: arq's sorted sets in Redis."""

    COGNITION = "arq:cognition"
    SENSORY = "arq:sensory"
    ACTION = "arq:action"
    SOCIAL = "arq:social"

    @property
    def short(self) -> str:
        """`cognition` for `arq:cognition`."""
        return self.value.removeprefix("arq:")


@dataclass(frozen=True)
class Promise:
    """What a queue is for, how long a job on it may take, and how many run at once."""

    purpose: str
    job_timeout: timedelta
    max_jobs: int


PROMISES: dict[Queue, Promise] = {
    Queue.COGNITION: Promise("deep, slow reasoning with a model", timedelta(minutes=5), 5),
    Queue.SENSORY: Promise("fast analysis of what was just said or shown", timedelta(seconds=30), 20),
    Queue.ACTION: Promise("effects on the outside world", timedelta(minutes=2), 8),
    Queue.SOCIAL: Promise("bots and agents among themselves", timedelta(minutes=1), 10),
}
