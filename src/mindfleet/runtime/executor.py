"""One job, from arguments to verdict: decode, bind, perform, judge.

Knows nothing of Redis or arq: whoever claims jobs calls `Executor.run` and settles the verdict.
"""

import asyncio
import random
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from pydantic import ValidationError

from mindfleet.current_job import time_limit
from mindfleet.errors import GiveUp, LeaseLost, MindfleetError, ModelUnavailable, Postpone, Transient
from mindfleet.job import Done, Job
from mindfleet.registry import Registry
from mindfleet.runtime.alarm import Alarm
from mindfleet.runtime.staying import Staying
from mindfleet.runtime.verdict import Again, Dead, Finished, Skipped, Verdict
from mindfleet.task import AnyTask

Services = Mapping[Any, object]
"""What the parameters of tasks are bound to, by their annotation."""


class ServiceMissing(MindfleetError):
    """A task takes a port that this worker does not have."""


class TimedOut(MindfleetError, TimeoutError):
    """The task took longer than it may."""


class CutShort(Transient):
    """The task was not stopped, but ended as if it had been."""


@dataclass(frozen=True)
class Executor:
    """Runs jobs of the registered tasks with the given services."""

    tasks: Registry
    services: Services
    enabled: Callable[[str], bool]
    """Whether a feature is on."""

    random: Callable[[], float] = field(default=random.random)

    def __post_init__(self) -> None:
        missing = {
            getattr(need, "__name__", str(need))
            for task in self.tasks.values()
            for need in task.needs.values()
            if need not in self.services
        }
        if missing:
            raise ServiceMissing(f"no service for {', '.join(sorted(missing))}")

    async def run(
        self,
        name: str,
        arguments: Mapping[str, Any],
        *,
        limit: timedelta,
        failures: int,
        later: Sequence[Mapping[str, Any]] = (),
    ) -> Verdict:
        """See one attempt through; a cancellation passes through it.

        Args:
            name: of the task.
            arguments: the payload as it came over the wire.
            limit: the time limit of the queue; the task's own holds if it is shorter.
            failures: how many attempts have failed before.
            later: payloads that were merged into this one while it waited.
        """
        task = self.tasks[name]
        if task.feature and not self.enabled(task.feature):
            return Skipped(f"{task.feature} is off")
        try:
            job = merged(decode(task, arguments), [decode(task, each) for each in later])
            done = await self._perform(task, job, min(limit, task.timeout))
        except LeaseLost:
            raise
        except Exception as error:  # noqa: BLE001 - the only broad one of the fleet: every error gets a verdict
            return self.judge(name, error, failures + 1)
        return Finished(done)

    async def _perform(self, task: AnyTask, job: Job, limit: timedelta) -> Done:
        bound = {parameter: self.services[need] for parameter, need in task.needs.items()}
        span, its_time = limit.total_seconds(), time_limit()
        alarm = Alarm(span)
        try:
            with alarm, Staying(task.name):
                its_time.begin(alarm, span)
                return await task(job, **bound) or Done()
        except TimeoutError as error:
            if alarm.expired():
                raise TimedOut(f"{task.name} took longer than {span:g} s") from error
            raise
        except asyncio.CancelledError as error:
            if _is_being_stopped():
                raise
            raise CutShort(f"something that {task.name} waited for was cancelled") from error
        finally:
            its_time.end()

    def judge(self, name: str, error: Exception, attempt: int) -> Verdict:
        """What an error of a task means, at that attempt."""
        task = self.tasks[name]
        match error:
            case GiveUp():
                return Dead(error)
            case Postpone(after=after):
                return Again(after, error, failed=False)
            case ModelUnavailable(retry_after=timedelta() as after):
                return Again(after, error, failed=False)
            case _:
                delay = task.retry.delay(error, attempt=attempt, random=self.random)
                return Dead(error) if delay is None else Again(delay, error)


def _is_being_stopped() -> bool:
    """Whether somebody cancels what runs here."""
    running = asyncio.current_task()
    return running is not None and running.cancelling() > 0


def decode(task: AnyTask, arguments: Mapping[str, Any]) -> Job:
    """The payload, validated again: the producer may be older, newer, or not ours.

    Raises:
        GiveUp: it does not fit, or is newer than this worker.
    """
    fields = dict(arguments)
    version = fields.pop("_v", 1)
    if version > task.payload.version:
        raise GiveUp(
            f"a payload of version {version}, but this worker knows {task.name} up to version "
            f"{task.payload.version}: update the workers, then replay it"
        )
    try:
        job: Job = task.payload.model_validate(fields)
    except ValidationError as error:
        # Without the values, which pydantic's own words show: the message goes into logs and results.
        wrong = "; ".join(f"{'.'.join(map(str, problem['loc']))}: {problem['msg']}" for problem in error.errors())
        raise GiveUp(f"not a payload of {task.name}: {wrong}") from error
    return job


def merged(job: Job, later: Sequence[Job]) -> Job:
    """One job of several triggers, the earliest first."""
    for each in later:
        job = job.merge(each)
    return job
