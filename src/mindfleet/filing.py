"""What Redis is told of a job: its envelope, and where, when and beside whom it may run."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from difflib import get_close_matches
from time import time
from typing import Any
from uuid import uuid4

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from mindfleet import options
from mindfleet.current_job import Origin
from mindfleet.entrants import Entrant
from mindfleet.errors import InvalidJob
from mindfleet.job import Job, is_hidden
from mindfleet.options import Said
from mindfleet.task import AnyTask
from mindfleet.wire import Encode, Envelope


def entrant_of(task: AnyTask, job: Job, said: Said, encode: Encode) -> Entrant:
    """The job as it enters Redis."""
    key = job.key()
    named = _name(task, key)
    return Entrant(
        job_id=said.job_id or (_storable(f"{task.name}:{key}") if key and not named else uuid4().hex),
        queue=said.queue or task.queue,
        data=encode(_envelope(task, job, said.origin)),
        due=said.due,
        task=task.name,
        bot_name=str(getattr(job, "bot_name", "")),
        user=job.sharer(),
        priority=task.priority if said.priority is None else said.priority,
        lane=_storable(job.order() or ""),
        gates=_gates(task, job),
        deadline=_deadline(task, said),
        durable=task.durable,
        name=named,
        unique=_unique(task) if named else "",
        merge=_merge(task) if named else "",
        supersede=said.supersede and task.supersede and bool(named),
    )


def _deadline(task: AnyTask, said: Said) -> datetime | None:
    worth = said.expires or task.expires
    try:
        return (said.due or datetime.now(UTC)) + worth if worth else None
    except OverflowError:
        raise InvalidJob(f"_expires={worth} is after the year 9999") from None


def _envelope(task: AnyTask, job: Job, origin: Origin | None) -> Envelope:
    said: Envelope = {
        "t": None,
        "f": task.name,
        "a": [],
        "k": fields_of(job),
        "et": int(time() * 1000),
        "n": uuid4().hex,
    }
    return {**said, "o": list(origin)} if origin else said


def fields_of(job: Job) -> dict[str, Any]:
    """A payload as it is written, with its version where that is not the first."""
    fields = job.model_dump(mode="json", exclude_none=True)
    return fields if job.version == 1 else {**fields, "_v": job.version}


def _name(task: AnyTask, key: str | None) -> str:
    """What a second job is compared by; empty where the id does that."""
    asked = task.unique is not None or task.debounce is not None or task.supersede
    return _storable(f"{task.name}:{key}") if key and asked else ""


def _storable(text: str) -> str:
    """As PostgreSQL has it, too: what comes back from the ledger is known by its name."""
    return text.replace("\0", "\ufffd")


def _unique(task: AnyTask) -> str:
    if isinstance(task.unique, timedelta):
        return str(_ms(task.unique))
    return task.unique or "done"


def _merge(task: AnyTask) -> str:
    return f"{_ms(task.debounce.wait)}:{_ms(task.debounce.longest)}" if task.debounce else ""


def _gates(task: AnyTask, job: Job) -> tuple[str, ...]:
    if task.concurrency is None:
        return ()
    by = task.concurrency.by
    which = f"{task.name}:{getattr(job, by)}" if by else task.name
    return (f"group:{'_'.join(which.split())}={task.concurrency.most}",)


def _ms(span: timedelta) -> int:
    return int(span.total_seconds() * 1000)


def validated(task: AnyTask, payload: Mapping[str, Any]) -> Job:
    """The payload of a call.

    Raises:
        InvalidJob: unknown, missing or bad arguments; all of them are told.
    """
    try:
        job: Job = task.payload.model_validate(payload)
    except ValidationError as error:
        known = [name for name, field in task.payload.model_fields.items() if not is_hidden(field)]
        problems = "; ".join(_told(problem, known) for problem in error.errors())
        raise InvalidJob(f"{task.name}: {problems} (it takes {', '.join(known)})") from error
    return job


def _told(problem: ErrorDetails, known: Sequence[str]) -> str:
    """One problem of a payload; of a misspelt argument it names the nearest that there is."""
    where = ".".join(map(str, problem["loc"]))
    text = problem["msg"].removeprefix("Value error, ")
    if problem["type"] == "extra_forbidden":
        near = get_close_matches(where, [*known, *options.OPTIONS], n=1)
        text = f"there is no such argument; did you mean {near[0]}?" if near else "there is no such argument"
    return f"{where}: {text}" if where else text
