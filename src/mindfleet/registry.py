"""The tasks that there are: those of the packages named in the settings."""

from collections.abc import Iterable, Iterator, Mapping
from datetime import timedelta
from importlib import import_module
from pkgutil import iter_modules

from mindfleet.enqueue_methods import EnqueueMethods
from mindfleet.errors import InvalidJob, MindfleetError
from mindfleet.job import BotJob, Job
from mindfleet.options import HIGHEST_PRIORITY
from mindfleet.queues import Queue
from mindfleet.retry import Retry
from mindfleet.schedule import BOT, Schedule
from mindfleet.task import FROM_SCHEDULE, AnyTask, Task

SHIPPED = "tasks"
"""The package of the tasks that ship."""


ENDED_IS_KNOWN = timedelta(minutes=1)
"""For how long it must be seen that a scheduled job has ended, lest its occurrence is enqueued once more."""


class TaskIncomplete(MindfleetError):
    """A task that the fleet cannot run, and what it lacks."""


class Registry(Mapping[str, AnyTask]):
    """Tasks by their name on the wire."""

    def __init__(self, tasks: Iterable[AnyTask]) -> None:
        self._tasks: dict[str, AnyTask] = {}
        self._by_payload: dict[type[Job], AnyTask] = {}
        for task in tasks:
            _refuse_incomplete(task)
            if self._tasks.setdefault(task.name, task) is not task:
                raise TaskIncomplete(f"two tasks are called {task.name}")
            if self._by_payload.setdefault(task.payload, task) is not task:
                raise TaskIncomplete(
                    f"{task.name} needs a payload class of its own: {self._of_payload(task)} has this one"
                )

    @classmethod
    def load(cls, packages: Iterable[str], *, facade: type | None = EnqueueMethods) -> "Registry":
        """Import the packages and collect every task in their modules.

        Raises:
            TaskIncomplete: a task lacks something, or one of ours has no method in `facade`. (The methods are
                generated into this distribution; tasks of other packages are enqueued by their names.)
        """
        registry = cls(task for package in packages for task in _tasks_of(package))
        ours = [task for task in registry.values() if task.function.__module__.startswith(f"{SHIPPED}.")]
        without = [task.facade for task in ours if facade and not hasattr(facade, task.facade)]
        if without:
            raise TaskIncomplete(f"the facade has no {', '.join(without)}: run scripts/generate-facade")
        return registry

    def _of_payload(self, task: AnyTask) -> str:
        return self._by_payload[task.payload].name

    def __getitem__(self, name: str) -> AnyTask:
        return self._tasks[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._tasks)

    def __len__(self) -> int:
        return len(self._tasks)

    def of(self, job: Job) -> AnyTask:
        """The task whose payload `job` is."""
        return self._by_payload[type(job)]

    def named(self, name: str) -> AnyTask:
        """The task of that name.

        Raises:
            InvalidJob: there is none; the message names the nearest.
        """
        if found := self._tasks.get(str(name)):  # whatever a bot that no checker has seen may pass
            return found
        from difflib import get_close_matches  # noqa: PLC0415 - only for the message

        near = get_close_matches(str(name), self._tasks, n=1)
        hint = f"did you mean {near[0]!r}?" if near else f"there are: {', '.join(sorted(self._tasks))}"
        raise InvalidJob(f"there is no task {name!r}; {hint}")


def _tasks_of(package: str) -> Iterator[AnyTask]:
    root = import_module(package)
    modules = [root, *(import_module(f"{package}.{found.name}") for found in iter_modules(root.__path__))]
    for module in modules:
        for value in vars(module).values():
            if isinstance(value, Task) and value.function.__module__ == module.__name__:
                yield value


def _refuse_incomplete(task: AnyTask) -> None:
    wrong = [
        text
        for text, is_right in (
            ("a queue of mindfleet.queues.Queue", _is(task.queue, Queue)),
            ("a timeout longer than zero", _is(task.timeout, timedelta) and task.timeout > timedelta()),
            ("a retry policy", _is(task.retry, Retry)),
            ("a payload class derived from Job as first parameter", _is_job(task.payload)),
            ("a name that starts with run_", task.name.startswith("run_")),
            ("a schedule of mindfleet.schedule.Schedule", task.schedule is None or _is(task.schedule, Schedule)),
        )
        if not is_right
    ] or [*_lacking_for_order(task), *_lacking_for_schedule(task)]
    if wrong:
        raise TaskIncomplete(f"task {task.name} in {task.function.__module__} lacks {', '.join(wrong)}")


def _lacking_for_order(task: AnyTask) -> list[str]:
    """What would keep its jobs waiting for ever, or is promised by two words of which only one can be kept."""
    most, by = (task.concurrency.most, task.concurrency.by) if task.concurrency else (1, None)
    return [
        text
        for text, is_right in (
            (f"a priority from 0 to {HIGHEST_PRIORITY}", 0 <= task.priority <= HIGHEST_PRIORITY),
            ("a concurrency of 1 or more", most >= 1),
            (f"a field {by} in its payload, by which it counts", by is None or by in task.payload.model_fields),
            ("time to start before it expires", task.expires is None or task.expires > timedelta()),
            ("either debounce or supersede, not both", not (task.debounce and task.supersede)),
            ("a name until it is done, as it supersedes", not task.supersede or task.unique != "started"),
        )
        if not is_right
    ]


def _lacking_for_schedule(task: AnyTask) -> list[str]:
    """A scheduled job is made by nobody, so its payload can ask for nothing that only a producer knows."""
    if task.schedule is None:
        return []
    unknown = [name for name, field in task.payload.model_fields.items() if field.is_required()]
    unknown = [f"a default for {name}" for name in unknown if name not in FROM_SCHEDULE]
    in_nobodys_name = not issubclass(task.payload, BotJob)
    if in_nobodys_name and task.schedule.zone is BOT:
        unknown.append("a zone for its schedule, as its payload is in no bot's name")
    if task.keep_result is not None and task.keep_result < ENDED_IS_KNOWN:
        unknown.append("a result that is kept for a minute, which shows that a scheduled run has ended")
    return unknown


def _is(value: object, kind: type) -> bool:
    """What the annotations promise, looked up: a task may come from code that no checker has seen."""
    return isinstance(value, kind)


def _is_job(payload: object) -> bool:
    return isinstance(payload, type) and issubclass(payload, Job)
