"""`tasks`: what the fleet can do."""

from typing import Annotated, Any

import typer

from mindfleet.cli.call import Call
from mindfleet.cli.printing import emit, table
from mindfleet.job import is_hidden
from mindfleet.registry import Registry
from mindfleet.retry import Retry
from mindfleet.settings import Settings
from mindfleet.task import AnyTask

AsJson = Annotated[bool, typer.Option("--json", help="One JSON object, with the schema of every payload.")]


def tasks(context: typer.Context, *, as_json: AsJson = False) -> None:
    """List what the fleet can do: each task with its queue, limits and payload.

    Example: ./bot.sh tasks --json
    """
    settings = Call.of(context).settings()
    found = sorted(Registry.load(settings.tasks).values(), key=lambda task: task.name)
    if as_json:
        emit(tasks=[_as_data(task, _longest(task, settings)) for task in found])
        return
    rows = (
        (task.name, task.queue.short, f"{_longest(task, settings):g} s", task.retry.attempts, _fields(task))
        for task in found
    )
    table(("task", "queue", "timeout", "attempts", "payload"), rows, numbers=("timeout", "attempts"), whole=("task",))


def _longest(task: AnyTask, settings: Settings) -> float:
    """Seconds that it may run: its queue may grant less than it asks for."""
    return min(task.timeout, settings.queues.of(task.queue).job_timeout).total_seconds()


def _as_data(task: AnyTask, seconds: float) -> dict[str, Any]:
    return {
        "name": task.name,
        "about": task.doc,
        "method": task.facade,
        "queue": task.queue.value,
        "timeout_seconds": seconds,
        "retry": _retry(task.retry),
        "schedule": None,
        "feature": task.feature,
        "payload": task.payload.model_json_schema(),
    }


def _retry(retry: Retry) -> dict[str, Any]:
    return {
        "attempts": retry.attempts,
        "first_seconds": retry.first.total_seconds(),
        "cap_seconds": retry.cap.total_seconds(),
        "on": [error.__name__ for error in retry.on],
    }


def _fields(task: AnyTask) -> str:
    """The fields that a producer gives; those in brackets may be left out."""
    offered = {name: field for name, field in task.payload.model_fields.items() if not is_hidden(field)}
    return " ".join(name if field.is_required() else f"[{name}]" for name, field in offered.items())
