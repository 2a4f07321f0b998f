"""Running arq's functions as arq documents it: context, hooks, `Retry`, aborts, results.

Differs where arq loses jobs: a hook that raises is logged, an interruption costs no try.
"""

import asyncio
import logging
from contextvars import Context, copy_context
from functools import partial
from math import inf
from typing import Any

from arq.cron import CronJob
from arq.jobs import SerializationError, deserialize_job_raw, serialize_result
from arq.utils import args_to_string, ms_to_datetime, timestamp_ms, truncate
from arq.worker import Function, JobExecutionFailed, Retry, RetryJob

from mindfleet.runtime.arq_job import ArqJob, Hook, Over, Tally, Ways
from mindfleet.runtime.claims import Again, Back, End, Settled
from mindfleet.runtime.failure import in_a_line
from mindfleet.runtime.held import Held, Stop
from mindfleet.runtime.staying import Staying

logger = logging.getLogger("arq.worker")

MOST_DEATHS = 3
"""Workers that may die under a job, even if it has but one try: that they did is not its failure."""

GUARD = 60_000
"""ms for which a cron job that ran is not run again, when a worker that is late enqueues it once more; arq's own."""

GRACE = 10.0
"""Seconds after its time limit for which a job that does not heed its cancellation keeps its lease."""


class ArqJobs:
    """The runner of a worker that was built with arq's arguments."""

    def __init__(self, ways: Ways, tally: Tally) -> None:
        self._ways = ways
        self._tally = tally
        self.tasks: dict[str, asyncio.Task[Any]] = {}
        self._background: set[asyncio.Task[Any]] = set()

    async def __call__(self, held: Held) -> Settled | None:
        """Read, begin, call, judge."""
        job = ArqJob(claim=held.claim)
        try:
            self._read(job)
            held.enqueued = job.enqueued
            function = self._admit(job, held)
        except Over as over:
            logger.warning("%s", over)
            return self._failed(job, over.reason, over.function)
        context, variables = self._context(job), copy_context()
        await self._call(self._ways.on_job_start, context, variables)
        settled = await self._perform(job, function, held, context, variables)
        await self._call(self._ways.on_job_end, context, variables)
        if self._ways.after_job_end:
            held.after = partial(self._later, self._ways.after_job_end, context, variables)
        return settled

    def _read(self, job: ArqJob) -> None:
        if not job.claim.data:
            raise Over(JobExecutionFailed("job expired"), f"job {job.claim.job_id} expired")
        try:
            read = deserialize_job_raw(job.claim.data, deserializer=self._ways.deserializer)
        except SerializationError as error:
            raise Over(error, f"deserializing job {job.claim.job_id} failed: {error.__cause__}") from error
        job.function, job.args, job.kwargs, tries, job.enqueued = read
        job.tries = job.claim.tries + max((tries or 1) - 1, 0)

    def _admit(self, job: ArqJob, held: Held) -> Function | CronJob:
        if held.claim.wish or self._ways.aborted(job.claim.job_id, job.enqueued):
            raise Over(asyncio.CancelledError(), f"{job.age:6.2f}s ⊘ {job.ref} aborted before start")
        function = self._ways.functions.get(job.function)
        if function is None:
            missing = f"function {job.function!r} not found"
            raise Over(JobExecutionFailed(missing), f"job {job.claim.job_id}, {missing}")
        most = self._ways.max_tries if function.max_tries is None else function.max_tries
        if job.tries > most or held.claim.deaths >= max(most, MOST_DEATHS):
            said = f"{job.age:6.2f}s ! {job.ref} max retries {most} exceeded"
            raise Over(JobExecutionFailed(f"max {most} retries exceeded"), said, function)
        job.is_cron = isinstance(function, CronJob)
        return function

    def _context(self, job: ArqJob) -> dict[str, Any]:
        own = {
            "job_id": job.claim.job_id,
            "job_try": job.tries,
            "enqueue_time": ms_to_datetime(job.enqueued),
            "score": job.claim.due,
        }
        return {**self._ways.context, **own}

    async def _perform(
        self, job: ArqJob, function: Function | CronJob, held: Held, context: dict[str, Any], variables: Context
    ) -> Settled | None:
        limit = self._ways.timeout if function.timeout_s is None else function.timeout_s
        held.until = inf if limit is None else held.renewed + limit + GRACE
        task = asyncio.create_task(self._called(job, function, context), context=variables.copy())
        self.tasks[job.claim.job_id] = task
        try:
            await asyncio.wait({task}, timeout=limit)
            if not task.done():
                await _end(task)
                if task.cancelled():
                    return self._judge_error(job, function, held, TimeoutError())
        except asyncio.CancelledError:
            was_done = task.done()
            await _end(task)
            if held.stopped is not Stop.WISH and not was_done:
                return self._judge_stop(job, function, held)
        finally:
            self.tasks.pop(job.claim.job_id, None)
        return self._judge(job, function, held, task)

    def _judge(
        self, job: ArqJob, function: Function | CronJob, held: Held, task: "asyncio.Task[Any]"
    ) -> Settled | None:
        """By what the function says itself, though it may have been cancelled."""
        if held.stopped is Stop.LOST:
            return None
        error = _error_of(task)
        return self._judge_error(job, function, held, error) if error else self._done(job, function, task.result())

    async def _called(self, job: ArqJob, function: Function | CronJob, context: dict[str, Any]) -> Any:  # noqa: ANN401
        """Whatever of it raises is the job's error, words about it too."""
        self._log_start(job)
        try:
            with Staying(job.function):
                result = await function.coroutine(context, *job.args, **job.kwargs)
        except Exception as error:
            extra = getattr(error, "extra", None)
            job.details = extra() if callable(extra) else extra
            raise
        job.shown = "" if result is None or not self._ways.log_results else truncate(repr(result))
        return result

    def _judge_stop(self, job: ArqJob, function: Function | CronJob, held: Held) -> Settled | None:
        if held.stopped is Stop.LOST:
            return None
        if held.stopped is Stop.WISH:
            logger.info("%6.2fs ⊘ %s aborted", job.lasted, job.ref)
            return self._failed(job, asyncio.CancelledError(), function)
        if not self._ways.retries():
            return self._failed(job, asyncio.CancelledError(), function)
        logger.info("%6.2fs ↻ %s cancelled, will be run again", job.lasted, job.ref)
        self._tally.jobs_retried += 1
        return Back()

    def _judge_error(
        self, job: ArqJob, function: Function | CronJob, held: Held, error: BaseException
    ) -> Settled | None:
        is_no_end = isinstance(error, Retry | RetryJob | asyncio.CancelledError)
        if held.stopped is not None and is_no_end:
            return self._judge_stop(job, function, held)
        if self._ways.retries() and is_no_end:
            delay = getattr(error, "defer_score", None) or 0
            what = (
                f"retrying job in {delay / 1000:0.2f}s" if isinstance(error, Retry) else "cancelled, will be run again"
            )
            logger.info("%6.2fs ↻ %s %s", job.lasted, job.ref, what)
            self._tally.jobs_retried += 1
            return Again(outcome="retried", delay=int(delay), failed=True, why=in_a_line(type(error).__name__))
        text, about = "%6.2fs ! %s failed, %s: %s", {"extra": job.details}
        logger.error(text, job.lasted, job.ref, type(error).__name__, error, exc_info=error, extra=about)
        return self._failed(job, error, function)

    def _done(self, job: ArqJob, function: Function | CronJob, result: Any) -> End:  # noqa: ANN401 - whatever it returns
        self._tally.jobs_complete += 1
        logger.info("%6.2fs ← %s ● %s", job.lasted, job.ref, job.shown)
        return self._end(job, "done", result, function)

    def _failed(self, job: ArqJob, error: BaseException, function: Function | CronJob | None) -> End:
        self._tally.jobs_failed += 1
        outcome = "cancelled" if isinstance(error, asyncio.CancelledError) else "failed"
        return self._end(job, outcome, error, function)

    def _end(self, job: ArqJob, outcome: str, result: Any, function: Function | CronJob | None) -> End:  # noqa: ANN401
        keep, guard = self._keeping(function), _guard(function)
        data = self._result(job, outcome, result) if keep else b""
        return End(outcome=outcome, result=data, keep=keep, guard=guard)

    def _keeping(self, function: Function | CronJob | None) -> int:
        """As `End.keep`."""
        keep, forever = (function.keep_result_s, function.keep_result_forever) if function else (None, None)
        if self._ways.keep_result_forever if forever is None else forever:
            return -1
        return max(int((self._ways.keep_result if keep is None else keep) * 1000), 0)

    def _result(self, job: ArqJob, outcome: str, result: Any) -> bytes:  # noqa: ANN401
        data = serialize_result(
            job.function,
            job.args,
            job.kwargs,
            job.tries,
            job.enqueued,
            outcome == "done",
            result,
            job.began,
            timestamp_ms(),
            job.ref,
            self._ways.queue,
            job.claim.job_id,
            serializer=self._ways.serializer,
        )
        return data or b""

    def _log_start(self, job: ArqJob) -> None:
        if logger.isEnabledFor(logging.INFO):
            extra = f" try={job.tries}" if job.tries > 1 else ""
            late = job.began - job.claim.due
            extra += f" delayed={late / 1000:0.2f}s" if late > 1200 else ""  # noqa: PLR2004 - arq's own
            logger.info("%6.2fs → %s(%s)%s", job.age, job.ref, args_to_string(job.args, job.kwargs), extra)

    async def _call(self, hook: Hook | None, context: dict[str, Any], variables: Context) -> None:
        """A hook may fail, but it ends neither the job nor the worker. The hooks of a job share its variables."""
        if hook is None:
            return
        task = asyncio.create_task(_hooked(hook, context), context=variables)
        await asyncio.wait({task})
        if not task.cancelled() and (error := task.exception()):
            logger.error("a hook of job %s raised %s", context["job_id"], type(error).__name__, exc_info=error)

    def _later(self, hook: Hook, context: dict[str, Any], variables: Context) -> "asyncio.Task[None]":
        task = asyncio.create_task(self._call(hook, context, variables))
        self._background.add(task)
        task.add_done_callback(self._background.discard)
        return task

    async def close(self) -> None:
        """Wait for the hooks that run."""
        if self._background:
            await asyncio.wait(self._background)


def _guard(function: Function | CronJob | None) -> int:
    """Not where the id is the author's: the next job of that id may be another time's."""
    return GUARD if isinstance(function, CronJob) and function.unique and not function.job_id else 0


async def _hooked(hook: Hook, context: dict[str, Any]) -> None:
    """What is no coroutine function fails here, and not where hooks are called."""
    with Staying("a hook"):
        await hook(context)


async def _end(task: "asyncio.Task[Any]") -> None:
    """Cancel a job's function and wait for its end, whatever that is."""
    task.cancel()
    await asyncio.wait({task})
    if not task.cancelled():
        task.exception()


def _error_of(task: "asyncio.Task[Any]") -> BaseException | None:
    """What a task ended with that is done, its cancellation too."""
    try:
        return task.exception()
    except asyncio.CancelledError as cancelled:
        return cancelled
