"""Which job the current code runs for."""

import asyncio
from collections.abc import Awaitable, Callable, Generator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from time import monotonic
from typing import NamedTuple, Protocol
from uuid import uuid4

LONGEST = 3
"""How often its time a job may take that reports progress."""


class Alarm(Protocol):
    """What ends a job; see `runtime/alarm.py`. Times are those of the loop."""

    def when(self) -> float | None: ...
    def expired(self) -> bool: ...
    def reschedule(self, when: float | None) -> None: ...


class TimeLimit:
    """The time that one run of a job may take.

    It stands still while the job waits for its turn at a model, and begins anew with each report of progress, up to
    three times the limit in all.
    """

    _span = 0.0
    _latest = 0.0
    _alarm: Alarm | None = None
    _waits = 0
    _left = 0.0
    _since = 0.0
    _waited = 0.0
    _added = 0.0

    @property
    def waiting(self) -> bool:
        """Whether it stands still."""
        return self._waits > 0

    @property
    def added(self) -> float:
        """Seconds by which it has been put off so far."""
        return self._waited + self._added + (monotonic() - self._since if self._waits else 0.0)

    def begin(self, alarm: Alarm, span: float) -> None:
        """From now on `alarm`, which goes off after so many seconds, is what ends the job."""
        self._span, self._latest = span, (alarm.when() or 0.0) + (LONGEST - 1) * span
        self._alarm = alarm

    def end(self) -> None:
        """The job is over, or about to be."""
        self._alarm = None

    @contextmanager
    def stands_still(self) -> Generator[None]:
        """Within, no time passes. May be entered by several parts of a job at once."""
        self._waits += 1
        if self._waits == 1:
            self._since = monotonic()
            self._stop()
        try:
            yield
        finally:
            self._waits -= 1
            if self._waits == 0:
                self._waited += monotonic() - self._since
                self._go_on()

    def prolong(self) -> None:
        """The job has come further: its time begins anew."""
        if self._waits or not self._alarm or self._alarm.expired() or (at := self._alarm.when()) is None:
            return
        later = min(asyncio.get_running_loop().time() + self._span, self._latest + self._waited)
        if later > at:
            self._added += later - at
            self._alarm.reschedule(later)

    def _stop(self) -> None:
        if self._alarm and not self._alarm.expired() and (at := self._alarm.when()) is not None:
            self._left = at - asyncio.get_running_loop().time()
            self._alarm.reschedule(None)

    def _go_on(self) -> None:
        if self._alarm and not self._alarm.expired() and self._alarm.when() is None:
            self._alarm.reschedule(asyncio.get_running_loop().time() + self._left)


class Origin(NamedTuple):
    """The job under whose name the effects of a run are: its own, or the one that it is a replay of."""

    job_id: str
    call: str
    """Which enqueueing of that one it was."""

    starts: int
    """How many starts there were before."""


async def _always() -> bool:
    return True


@dataclass(slots=True)
class JobContext:
    job_id: str
    task: str
    """The task's name on the wire, such as `run_summarization`."""

    attempt: int
    """1 for the first; what was cut off, by a crash say, counts."""

    priority: int = 5
    """0 to 10; from 7 on somebody waits for it."""

    limit: TimeLimit = field(default_factory=TimeLimit, compare=False)
    models_asked: set[str] = field(default_factory=set[str], compare=False)
    """The gates that this run has passed. Before the first it may go back to the queue, as it has nothing to lose."""

    call: str = ""
    """Which enqueueing it comes from: an id can be used again once its job has ended."""

    origin: Origin | None = None
    """Of a replay: what it is one of."""

    token: str = ""
    """Under which its worker holds it; effects of an older one are refused."""

    still_ours: Callable[[], Awaitable[bool]] = field(default=_always, compare=False)
    """Whether the job has not been given to another worker meanwhile."""


current_job: ContextVar[JobContext | None] = ContextVar("current_job", default=None)
"""Set by the executor around the task function; None outside a job."""


def job_id() -> str:
    """The id of the running job; outside of one, an id of its own."""
    job = current_job.get()
    return job.job_id if job else uuid4().hex


def time_limit() -> TimeLimit:
    """That of the running job; outside of one, a limit that ends nothing."""
    job = current_job.get()
    return job.limit if job else TimeLimit()


def is_rerun() -> bool:
    """Whether an earlier run of the job may have come as far as this one."""
    job = current_job.get()
    return job is not None and job.attempt > 1
