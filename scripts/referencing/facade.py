"""docs/reference/facade.md: what a bot imports, with what each call returns and raises."""

from collections.abc import Callable, Iterable
from inspect import getdoc
from typing import Any

from mindfleet import JobFailed, JobHandle, JobPending, JobStatus, Receipt, TaskQueue, errors, memory
from mindfleet.awaiting import Event
from mindfleet.jobs import Progress
from mindfleet.ports.facts import Evidence, Fact
from mindfleet.ports.journal import Goal, GoalProgress, Insight, Origin, Preference, Summary
from mindfleet.ports.relationships import Acquaintance, Relationship
from mindfleet.recall.context import Recollection
from mindfleet.recall.remembering import GoalState, Profile
from mindfleet.registry import Registry
from mindfleet.results import Result
from scripts.referencing.markdown import call, field_docs, field_kinds, prose, table

HEAD = """# The facade

Generated from the code by `scripts/generate-reference`; do not edit.

```python notest
from mindfleet import memory, task_queue
```

`task_queue` gives jobs to the fleet and needs Redis only. `memory` reads what was learnt and needs the extra
`recall` and all stores. Importing either reads no setting and opens no connection; the first call does.
"""

TASK_QUEUE = """## task_queue

`task_queue` is a `TaskQueue` made of the settings. Who wants another address or another bot makes one:
"""

RECEIPT = """## Receipt

{}

`receipt.queued`, `receipt.duplicate` and `receipt.disabled` ask for one of them.
"""

JOB = """## JobHandle

{} `task_queue.job(id)` gives it.
"""

ERRORS = """## Errors

{}
`mindfleet.errors` has the others; all derive from `MindfleetError`:

```text
{}
```
"""

GIVEN_BACK = (Recollection, Fact, Evidence, Summary, GoalState, Goal, GoalProgress)
IN_A_PROFILE = (Profile, Preference, Insight, Relationship, Acquaintance, Origin)


def page(tasks: Registry) -> str:
    """The whole page."""
    return "\n".join((HEAD, *_task_queue(tasks), *_jobs(), *_memory(), _errors()))


def _task_queue(tasks: Registry) -> Iterable[str]:
    yield TASK_QUEUE
    yield call(TaskQueue.__init__).replace("def __init__", "TaskQueue").replace(" -> None", "")
    yield f"{prose(TaskQueue.__doc__)}\n"
    queues = [name for name in dir(TaskQueue) if name.startswith("QUEUE_")]
    yield "\n".join(f"- `TaskQueue.{name}`: `{getattr(TaskQueue, name)}`" for name in queues) + "\n"
    yield from _functions("task_queue", TaskQueue.enqueue, TaskQueue.put, TaskQueue.job, TaskQueue.wait)
    yield from _functions("task_queue", TaskQueue.results, TaskQueue.connect, TaskQueue.close)
    yield from _functions("task_queue", TaskQueue.get_redis_settings)
    by_method = sorted(tasks.values(), key=lambda task: task.facade)
    rows = ((f"`{task.facade}`", f"[`{task.name}`](tasks.md#{task.name})", task.doc) for task in by_method)
    yield "### A method for each task\n\n" + table(("method", "task", "what it does"), rows)


def _jobs() -> Iterable[str]:
    yield RECEIPT.format(prose(Receipt.__doc__))
    yield JOB.format(prose(JobHandle.__doc__))
    yield from _functions("job", JobHandle.status, JobHandle.result, JobHandle.progress, JobHandle.cancel)
    yield from _functions("job", JobHandle.wait, JobHandle.events)
    statuses = ", ".join(f"`{status}`" for status in JobStatus)
    yield f"### JobStatus\n\n{prose(JobStatus.__doc__)} One of {statuses}.\n"
    yield from map(_fields, (Progress, Event, Result))


def _memory() -> Iterable[str]:
    paragraphs = (memory.__doc__ or "").strip().split("\n\n")
    yield "## memory\n"
    yield "\n\n".join(p for p in paragraphs if not p.startswith("    ")) + "\n"
    yield from _functions("memory", memory.recall, memory.facts, memory.summaries, memory.goals)
    yield from _functions("memory", memory.profile, memory.close)
    yield "## What memory returns\n"
    yield from map(_fields, (*GIVEN_BACK, *IN_A_PROFILE))


def _functions(owner: str, *functions: Callable[..., Any]) -> Iterable[str]:
    return (f"### {owner}.{each.__name__}\n\n{call(each)}\n{prose(getdoc(each))}\n" for each in functions)


def _fields(kind: type) -> str:
    docs = field_docs(kind)
    about = f"{prose(kind.__doc__)}\n\n" if _is_documented(kind) else ""
    rows = ((f"`{name}`", f"`{type_}`", docs.get(name, "")) for name, type_ in field_kinds(kind).items())
    return f"### {kind.__name__}\n\n{about}" + table(("field", "type", "meaning"), rows)


def _is_documented(kind: type) -> bool:
    """Whether its docstring is ours, and not the one that `@dataclass` makes up."""
    return not (kind.__doc__ or "").startswith(f"{kind.__name__}(")


def _errors() -> str:
    of_jobs = "".join(f"- `{kind.__name__}`: {prose(kind.__doc__)}\n" for kind in (JobPending, JobFailed))
    tree = (errors.__doc__ or "").partition("\n\n")[2].strip()
    return ERRORS.format(of_jobs, tree)
