"""What arq's worker shows of its jobs: which run, and how many ended how."""

import asyncio
from collections.abc import Coroutine
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Any, Protocol

from mindfleet.runtime.arq_job import Tally
from mindfleet.runtime.claims import Again, Back, End, Settled
from mindfleet.runtime.engine import FAILURES, Run
from mindfleet.runtime.held import Held


class Shows(Tally, Protocol):
    """Arq's `tasks`, which its signal handlers cancel, and whoever watches a worker reads, and what it counts."""

    tasks: dict[str, asyncio.Task[Any]]

    async def run_job(self, job_id: str, score: int) -> None: ...


@dataclass(slots=True)
class _Wrapped:
    """A claim, and what became of it, handed past `run_job`."""

    held: Held
    settled: Settled | None = None


_wrapped: ContextVar[_Wrapped] = ContextVar("wrapped")


class Counted:
    """The same runner, for all to see.

    Args:
        run: sees a job through.
        shown: where.
        counts: whether ends are counted here; a runner of arq's functions counts them itself.
        wraps: whether each job goes through `run_job`, as somebody put something around that.
    """

    def __init__(self, run: Run, shown: Shows, *, counts: bool, wraps: bool = False) -> None:
        self.started = shown.jobs_complete + shown.jobs_failed + shown.jobs_retried
        """Jobs that were taken, even if their task has yet to begin, and what ran before."""

        self._run = run
        self._shown = shown
        self._counts = counts
        self._wraps = wraps

    def __call__(self, held: Held) -> Coroutine[Any, Any, Settled | None]:
        """See one job through."""
        self.started += 1
        return self._seen_through(held)

    async def _seen_through(self, held: Held) -> Settled | None:
        task = held.task
        assert task is not None  # noqa: S101 - a coroutine that runs has a task
        running, job_id = self._shown.tasks, held.claim.job_id
        running[job_id] = task
        try:
            settled = await (self._run_wrapped(held) if self._wraps else self._run(held))
            if self._counts:
                self._count(settled)
            return settled
        finally:
            if running.get(job_id) is task:
                del running[job_id]

    async def _run_wrapped(self, held: Held) -> Settled | None:
        wrapped = _Wrapped(held)
        _wrapped.set(wrapped)
        await self._shown.run_job(held.claim.job_id, held.claim.due)
        return wrapped.settled

    async def run_wrapped(self) -> bool:
        """What `run_job` comes to in the end; whether this task has a job at all."""
        wrapped = _wrapped.get(None)
        if wrapped is None:
            return False
        wrapped.settled = await self._run(wrapped.held)
        return True

    def _count(self, settled: Settled | None) -> None:
        match settled:
            case End(outcome=outcome) if outcome in FAILURES:
                self._shown.jobs_failed += 1
            case End():
                self._shown.jobs_complete += 1
            case Again() | Back():
                self._shown.jobs_retried += 1
            case None:
                pass
