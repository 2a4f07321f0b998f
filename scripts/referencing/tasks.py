"""docs/reference/tasks.md: every task with its queue, limits and payload."""

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, timedelta
from inspect import getdoc
from typing import Any, Literal, get_args, get_origin

from pydantic import AwareDatetime, BaseModel
from pydantic.fields import FieldInfo
from pydantic_core import PydanticUndefined

from mindfleet.enqueue_methods import EnqueueMethods
from mindfleet.job import Job, is_hidden
from mindfleet.queues import PROMISES
from mindfleet.registry import Registry
from mindfleet.retry import Retry
from mindfleet.task import AnyTask
from scripts.referencing.markdown import call, field_docs, parameter_kinds, prose, table

HEAD = """# Tasks

Generated from the code by `scripts/generate-reference`; do not edit.

A task is what the fleet can do. A producer enqueues it with its method of `task_queue`, or with
`task_queue.enqueue(name, …)`; on the wire the fields of its payload are flat keyword arguments of an arq job of that
name. What the four options mean that begin with an underscore is said at
[`task_queue.enqueue`](facade.md#task_queueenqueue).

"""

QUEUES = """## Queues

A task waits on its own queue unless `_queue_name` names another; every worker can run every task. A task's time limit
holds on every queue, but is no longer than the queue's. The limits are defaults, see
[settings](settings.md).

"""


def page(tasks: Registry) -> str:
    """The whole page."""
    listed = sorted(tasks.values(), key=lambda task: task.name)
    overview = table(
        ("task", "method", "queue", "time limit", "what it does"),
        ((f"[`{t.name}`](#{t.name})", f"`{t.facade}`", f"`{t.queue}`", _seconds(t.timeout), t.doc) for t in listed),
    )
    queues = table(
        ("queue", "for", "time limit", "jobs at once"),
        ((f"`{q}`", p.purpose, _seconds(p.job_timeout), str(p.max_jobs)) for q, p in PROMISES.items()),
    )
    return HEAD + overview + "\n" + QUEUES + queues + "".join(map(_section, listed))


def _section(task: AnyTask) -> str:
    parts = [
        f"\n## {task.name}\n",
        f"{task.doc}{_about(task.payload)}\n",
        call(getattr(EnqueueMethods, task.facade)),
        "\n".join(_properties(task)) + "\n",
        _payload(task),
    ]
    return "\n".join(parts)


def _about(payload: type[Job]) -> str:
    own = payload.__doc__
    return f" {prose(own)}" if own else ""


def _properties(task: AnyTask) -> Iterable[str]:
    yield f"- Queue: `{task.queue}`; time limit: {_seconds(task.timeout)}"
    yield f"- Retry: {_retry(task.retry)}"
    if task.feature:
        yield f"- Switched off by `ENABLE_{task.feature.upper()}=false`"
    if task.keep_result is not None:
        yield f"- Its result is kept for {_seconds(task.keep_result)}"
    if task.payload.key is not Job.key:
        yield f"- The same job: {prose(getdoc(task.payload.key))}"
    yield f"- Version of the payload: {task.payload.version}"


def _payload(task: AnyTask) -> str:
    classes = [kind for kind in reversed(task.payload.mro()) if issubclass(kind, Job) and kind is not Job]
    docs = {name: text for kind in classes for name, text in field_docs(kind).items()}
    sample = _sample(task.payload)
    fields = task.payload.model_fields
    kinds = parameter_kinds(getattr(EnqueueMethods, task.facade))
    rows = [
        (f"`{name}`", _kind(field, kinds[name]), _default(name, field, task.payload, sample), docs.get(name, ""))
        for name, field in fields.items()
        if not is_hidden(field)
    ]
    hidden = [f"`{name}`" for name, field in fields.items() if is_hidden(field)]
    note = f"\nSet by the fleet alone: {', '.join(hidden)}.\n" if hidden else ""
    elements = "".join(_element(name, model) for name, field in fields.items() for model in _models(field))
    return table(("field", "type", "default", "meaning"), rows) + elements + note


def _models(field: FieldInfo) -> Iterable[type[BaseModel]]:
    """The models that a list holds, which producers write as mappings."""
    inside = [part for kind in (field.annotation, *get_args(field.annotation)) for part in get_args(kind)]
    return (part for part in inside if isinstance(part, type) and issubclass(part, BaseModel))


def _element(name: str, model: type[BaseModel]) -> str:
    docs = field_docs(model)
    rows = [
        (f"`{key}`", "required" if field.is_required() else "may be left out", docs.get(key, ""))
        for key, field in model.model_fields.items()
    ]
    return f"\nEach of `{name}` is a mapping:\n\n" + table(("key", "", "meaning"), rows)


def _kind(field: FieldInfo, as_given: str) -> str:
    """The type that a producer gives, and its limits."""
    kind = as_given.removesuffix(" | None")
    limits = {
        name: value
        for limit in field.metadata
        for name in ("min_length", "max_length")
        if (value := getattr(limit, name, None)) is not None
    }
    if "max_length" in limits:
        return f"`{kind}`, {limits.get('min_length', 0)} to {limits['max_length']} characters"
    return f"`{kind}`, not empty" if limits else f"`{kind}`"


def _default(name: str, field: FieldInfo, payload: type[Job], sample: Mapping[str, Any]) -> str:
    """What is written into the payload when nothing is given; found by giving nothing."""
    if field.is_required() or name in _given_always(payload):
        return "required"
    if field.default_factory is not None:
        return "the time of the call"
    value = sample.get(name, field.default)
    return "none" if value is None or value is PydanticUndefined else f"`{value}`"


def _given_always(payload: type[Job]) -> set[str]:
    return {name for name in payload.positional if not name.endswith("?")}


def _sample(payload: type[Job]) -> dict[str, Any]:
    """A payload with what has to be given, and what becomes of the rest."""
    fields = payload.model_fields
    given = {name for name, field in fields.items() if field.is_required()} | _given_always(payload)
    return payload.model_validate({name: _placeholder(name, fields[name].annotation) for name in given}).model_dump()


def _placeholder(name: str, kind: Any) -> Any:  # noqa: ANN401 - whatever a field is annotated with
    if get_origin(kind) is Literal:
        return get_args(kind)[0]
    return datetime(2026, 1, 1, tzinfo=UTC) if kind is AwareDatetime else f"<{name}>"


def _retry(retry: Retry) -> str:
    if retry.attempts == 1:
        return "never"
    errors = ", ".join(f"`{error.__name__}`" for error in retry.on)
    return (
        f"{retry.attempts} attempts, the second after {_seconds(retry.first / 2)} to {_seconds(retry.first)}, "
        f"then doubled, at most {_seconds(retry.cap)}; after {errors}"
    )


def _seconds(duration: timedelta) -> str:
    return f"{duration.total_seconds():g} s"
