"""What is parked of a job that failed for good: its payload, with all that was merged into it while it waited."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from mindfleet import ids
from mindfleet.errors import GiveUp
from mindfleet.filing import fields_of
from mindfleet.ports.parked import ParkedJob
from mindfleet.registry import Registry
from mindfleet.runtime.attempt import Attempt
from mindfleet.runtime.executor import decode, merged
from mindfleet.runtime.failure import Failure


def remains(attempt: Attempt, because: Failure, tasks: Registry, now: datetime) -> Sequence[ParkedJob]:
    """The job with a payload that stands for all; or, where they cannot be read as one, each payload by itself."""
    payloads = _payloads(attempt, tasks)
    first = ParkedJob(
        job_id=attempt.job_id,
        task=attempt.task,
        queue=attempt.queue.value,
        payload=payloads[0],
        error=because.error,
        message=because.message,
        traceback=because.traceback,
        attempts=attempt.held.claim.failures + 1,
        enqueued_at=attempt.enqueued_at,
        parked_at=now,
    )
    others = [replace(first, job_id=_name(attempt, number), payload=each) for number, each in enumerate(payloads[1:])]
    origin_id, call = attempt.effects_of
    return [replace(first, origin_id=origin_id, call=call, starts=attempt.start), *others]


def _payloads(attempt: Attempt, tasks: Registry) -> Sequence[dict[str, Any]]:
    each_by_itself = [attempt.arguments, *attempt.later]
    if not attempt.later or attempt.task not in tasks:
        return each_by_itself
    task = tasks[attempt.task]
    try:
        first, *later = (decode(task, payload) for payload in each_by_itself)
        return [fields_of(merged(first, later))]
    except GiveUp:
        return each_by_itself


def _name(attempt: Attempt, number: int) -> str:
    """The same whenever it is parked."""
    return ids.name("merged", attempt.job_id, attempt.call, number).hex
