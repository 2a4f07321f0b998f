"""Running arq's functions as arq documents it: context, hooks, `Retry`, aborts, results.

Differs where arq loses jobs: a hook that raises is logged, an interruption costs no try.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from functools import partial
from time import time
from typing import Any, Protocol

from arq.constants import default_queue_name
from arq.cron import CronJob
from arq.jobs import Deserializer, SerializationError, Serializer, deserialize_job_raw, serialize_result
from arq.utils import args_to_string, ms_to_datetime, timestamp_ms, truncate
from arq.worker import Function, JobExecutionFailed, Retry, RetryJob

from mindfleet.runtime.claims import Again, Back, Claim, End, Settled
from mindfleet.runtime.held import Held, Stop

logger = logging.getLogger("arq.worker")

Hook = Callable[[dict[str, Any]], Awaitable[Any]]

GRACE = 10.0
"""Seconds after its time limit for which a job that does not heed its cancellation keeps its lease."""


class Tally(Protocol):
    """What arq's worker counts."""

    jobs_complete: int
    jobs_failed: int
    jobs_retried: int


@dataclass(frozen=True, kw_only=True)
class Ways:
    """How jobs are run unless their function says otherwise; arq's arguments."""

    functions: Mapping[str, Function | CronJob]
    context: dict[str, Any]
    queue: str = default_queue_name
    timeout: float
    keep_result: float
    keep_result_forever: bool
    max_tries: int
    retries: Callable[[], bool]
    log_results: bool
    serializer: Serializer | None
    deserializer: Deserializer | None
    on_job_start: Hook | None
    on_job_end: Hook | None
    after_job_end: Hook | None
    aborted: Callable[[str, int], bool]
    """Whether a job of that id, enqueued at that time (ms), was aborted."""


@dataclass(kw_only=True)
class _Job:
    """One job on its way through."""

    claim: Claim
    function: str = "<unknown>"
    args: tuple[Any, ...] = ()
    kwargs: dict[str, Any] = field(default_factory=dict[str, Any])
    tries: int = 1
    enqueued: int = 0
    """ms."""

    began: int = field(default_factory=timestamp_ms)

    @property
    def ref(self) -> str:
        return f"{self.claim.job_id}:{self.function}"

    @property
    def age(self) -> float:
        return (timestamp_ms() - self.enqueued) / 1000


class _Over(Exception):
    """The job ends before its function is called."""

    def __init__(self, reason: BaseException, said: str) -> None:
        super().__init__(said)
        self.reason = reason


class ArqJobs:
    """The runner of a worker that was built with arq's arguments."""

    def __init__(self, ways: Ways, tally: Tally) -> None:
        self._ways = ways
        self._tally = tally
        self.tasks: dict[str, asyncio.Task[Any]] = {}
        self._background: set[asyncio.Task[Any]] = set()

    async def __call__(self, held: Held) -> Settled | None:
        """Read, begin, call, judge."""
        job = _Job(claim=held.claim)
        try:
            self._read(job)
            function = self._admit(job, held)
        except _Over as over:
            logger.warning("%s", over)
            return self._failed(job, over.reason, keep=self._ways.keep_result, forever=self._ways.keep_result_forever)
        context = self._context(job)
        await self._call(self._ways.on_job_start, context)
        settled = await self._perform(job, function, held, context)
        await self._call(self._ways.on_job_end, context)
        held.after = partial(self._later, self._ways.after_job_end, context)
        return settled

    def _read(self, job: _Job) -> None:
        if not job.claim.data:
            raise _Over(JobExecutionFailed("job expired"), f"job {job.claim.job_id} expired")
        try:
            read = deserialize_job_raw(job.claim.data, deserializer=self._ways.deserializer)
        except SerializationError as error:
            raise _Over(error, f"deserializing job {job.claim.job_id} failed: {error.__cause__}") from error
        job.function, job.args, job.kwargs, tries, job.enqueued = read
        job.tries = max(job.claim.tries, tries or 0)

    def _admit(self, job: _Job, held: Held) -> Function | CronJob:
        if held.claim.wish or self._ways.aborted(job.claim.job_id, job.enqueued):
            raise _Over(asyncio.CancelledError(), f"{job.age:6.2f}s ⊘ {job.ref} aborted before start")
        function = self._ways.functions.get(job.function)
        if function is None:
            missing = f"function {job.function!r} not found"
            raise _Over(JobExecutionFailed(missing), f"job {job.claim.job_id}, {missing}")
        most = self._ways.max_tries if function.max_tries is None else function.max_tries
        if job.tries > most or held.claim.deaths >= most:
            said = f"{job.age:6.2f}s ! {job.ref} max retries {most} exceeded"
            raise _Over(JobExecutionFailed(f"max {most} retries exceeded"), said)
        return function

    def _context(self, job: _Job) -> dict[str, Any]:
        own = {
            "job_id": job.claim.job_id,
            "job_try": job.tries,
            "enqueue_time": ms_to_datetime(job.enqueued),
            "score": job.claim.due,
        }
        return {**self._ways.context, **own}

    async def _perform(
        self, job: _Job, function: Function | CronJob, held: Held, context: dict[str, Any]
    ) -> Settled | None:
        self._log_start(job)
        limit = self._ways.timeout if function.timeout_s is None else function.timeout_s
        held.until = held.renewed + limit + GRACE
        task = asyncio.ensure_future(function.coroutine(context, *job.args, **job.kwargs))
        self.tasks[job.claim.job_id] = task
        try:
            await asyncio.wait({task}, timeout=limit)
            if not task.done():
                await _end(task)
                return self._judge_error(job, function, held, TimeoutError())
        except asyncio.CancelledError:
            await _end(task)
            return self._judge_stop(job, function, held)
        finally:
            self.tasks.pop(job.claim.job_id, None)
        if task.cancelled():
            return self._judge_error(job, function, held, asyncio.CancelledError())
        error = task.exception()
        return self._judge_error(job, function, held, error) if error else self._done(job, function, task.result())

    def _judge_stop(self, job: _Job, function: Function | CronJob, held: Held) -> Settled | None:
        if held.stopped is Stop.LOST:
            return None
        if held.stopped is Stop.WISH:
            logger.info("%6.2fs ⊘ %s aborted", job.age, job.ref)
            return self._failed(job, asyncio.CancelledError(), **self._keeping(function))
        if not self._ways.retries():
            return self._failed(job, asyncio.CancelledError(), **self._keeping(function))
        logger.info("%6.2fs ↻ %s cancelled, will be run again", job.age, job.ref)
        self._tally.jobs_retried += 1
        return Back()

    def _judge_error(self, job: _Job, function: Function | CronJob, held: Held, error: BaseException) -> Settled | None:
        if held.stopped is not None:
            return self._judge_stop(job, function, held)
        if self._ways.retries() and isinstance(error, Retry | RetryJob | asyncio.CancelledError):
            delay = getattr(error, "defer_score", None) or 0
            what = (
                f"retrying job in {delay / 1000:0.2f}s" if isinstance(error, Retry) else "cancelled, will be run again"
            )
            logger.info("%6.2fs ↻ %s %s", job.age, job.ref, what)
            self._tally.jobs_retried += 1
            return Again(outcome="retried", delay=int(delay), failed=True, why=type(error).__name__)
        extra = getattr(error, "extra", None)
        about = {"extra": extra() if callable(extra) else extra}
        text = "%6.2fs ! %s failed, %s: %s"
        logger.error(text, job.age, job.ref, type(error).__name__, error, exc_info=error, extra=about)
        return self._failed(job, error, **self._keeping(function))

    def _done(self, job: _Job, function: Function | CronJob, result: Any) -> End:  # noqa: ANN401 - whatever it returns
        self._tally.jobs_complete += 1
        shown = "" if result is None or not self._ways.log_results else truncate(repr(result))
        logger.info("%6.2fs ← %s ● %s", (timestamp_ms() - job.began) / 1000, job.ref, shown)
        return self._end(job, "done", result, **self._keeping(function))

    def _failed(self, job: _Job, error: BaseException, *, keep: float, forever: bool) -> End:
        self._tally.jobs_failed += 1
        outcome = "cancelled" if isinstance(error, asyncio.CancelledError) else "failed"
        return self._end(job, outcome, error, keep=keep, forever=forever)

    def _keeping(self, function: Function | CronJob) -> dict[str, Any]:
        forever = function.keep_result_forever
        return {
            "keep": self._ways.keep_result if function.keep_result_s is None else function.keep_result_s,
            "forever": self._ways.keep_result_forever if forever is None else forever,
        }

    def _end(self, job: _Job, outcome: str, result: Any, *, keep: float, forever: bool) -> End:  # noqa: ANN401
        if not forever and keep <= 0:
            return End(outcome=outcome)
        data = serialize_result(
            job.function,
            job.args,
            job.kwargs,
            job.tries,
            job.enqueued,
            outcome == "done",
            result,
            job.began,
            int(time() * 1000),
            job.ref,
            self._ways.queue,
            job.claim.job_id,
            serializer=self._ways.serializer,
        )
        return End(outcome=outcome, result=data or b"", keep=-1 if forever else int(keep * 1000))

    def _log_start(self, job: _Job) -> None:
        if logger.isEnabledFor(logging.INFO):
            extra = f" try={job.tries}" if job.tries > 1 else ""
            late = job.began - job.claim.due
            extra += f" delayed={late / 1000:0.2f}s" if late > 1200 else ""  # noqa: PLR2004 - arq's own
            logger.info("%6.2fs → %s(%s)%s", job.age, job.ref, args_to_string(job.args, job.kwargs), extra)

    async def _call(self, hook: Hook | None, context: dict[str, Any]) -> None:
        """A hook may fail, but it ends neither the job nor the worker."""
        if hook is None:
            return
        task = asyncio.ensure_future(hook(context))
        await asyncio.wait({task})
        if not task.cancelled() and (error := task.exception()):
            logger.error("a hook of job %s raised %s", context["job_id"], type(error).__name__, exc_info=error)

    def _later(self, hook: Hook | None, context: dict[str, Any]) -> None:
        if hook is not None:
            task = asyncio.ensure_future(self._call(hook, context))
            self._background.add(task)
            task.add_done_callback(self._background.discard)

    async def close(self) -> None:
        """Wait for the hooks that run."""
        if self._background:
            await asyncio.wait(self._background)


async def _end(task: "asyncio.Task[Any]") -> None:
    """Cancel a job's function and wait for its end, whatever that is."""
    task.cancel()
    await asyncio.wait({task})
    if not task.cancelled():
        task.exception()
