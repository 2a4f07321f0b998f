"""`@task`: binds a payload, the function that does it, its queue, its time limit and its retry policy."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import timedelta
from inspect import signature
from typing import Any, Concatenate, Generic, Literal, ParamSpec, TypeVar, get_type_hints

from mindfleet.job import Done, Job
from mindfleet.ports.parked import OnParked
from mindfleet.queues import Queue
from mindfleet.retry import Retry
from mindfleet.schedule import Occurrence, Schedule

J = TypeVar("J", bound=Job)
P = ParamSpec("P")

FROM_SCHEDULE = frozenset({"bot_name", "local_date", "due"})
"""Fields of a payload that the schedule fills in: in whose name, for which local date, since when (in UTC)."""

Function = Callable[Concatenate[J, P], Awaitable[Done | None]]


Unique = Literal["done", "started"] | timedelta
"""For how long a second job of the same key is a duplicate: until the first is done, is started, or for a while."""

INTERACTIVE, EXTRACTION, EMBEDDING, MAINTENANCE = 9, 7, 5, 1
"""Priorities, of 0 to 10: somebody waits for it; it feeds the next answers; it can wait a little; or a night."""


@dataclass(frozen=True, kw_only=True)
class Debounce:
    """Triggers that come shortly after one another become one job, which sees them all (see `Job.merge`)."""

    wait: timedelta
    """It starts so long after the last one,"""

    longest: timedelta
    """but not longer than this after the first."""


@dataclass(frozen=True, kw_only=True)
class Concurrency:
    """How many jobs of a task run at once in the whole fleet."""

    most: int
    by: str | None = None
    """A field of the payload: so many for each of its values."""


@dataclass(frozen=True, kw_only=True)
class Task(Generic[J, P]):
    """One thing that the fleet can do; calling it calls the function, so that a test is a plain call."""

    name: str
    """The name on the wire: that of the function."""

    payload: type[J]
    function: Function[J, P]
    queue: Queue
    timeout: timedelta
    retry: Retry
    facade: str
    """The method of `TaskQueue` that enqueues it."""

    feature: str | None
    """The switch in the settings that turns it off."""

    keep_result: timedelta | None
    """How long the result can be read; None: as the settings say."""

    priority: int
    """0 to 10; the higher comes first."""

    durable: bool
    """Whether PostgreSQL knows of its jobs, so that losing Redis loses none."""

    unique: Unique | None
    """For how long a key is taken; None: while a job with it waits or runs, which then has the key in its id."""

    debounce: Debounce | None
    supersede: bool
    """Whether the newest job of a key takes the place of the one before, even if that runs."""

    concurrency: Concurrency | None
    expires: timedelta | None
    """How long after it is due a job is still worth starting."""
    on_parked: OnParked | None
    """Is told when a job of it failed for good."""

    schedule: Schedule | None
    """When it is done by itself."""

    needs: dict[str, Any]
    """The ports that it takes, by parameter."""

    doc: str

    async def __call__(self, job: J, *args: P.args, **kwargs: P.kwargs) -> Done | None:
        return await self.function(job, *args, **kwargs)

    def job_at(self, occurrence: Occurrence, bot_name: str) -> J:
        """The job for one occurrence of its schedule; it is given what it asks for of `FROM_SCHEDULE`."""
        told = {"bot_name": bot_name, "local_date": occurrence.local_date, "due": occurrence.due}
        return self.payload.model_validate({name: told[name] for name in told if name in self.payload.model_fields})


AnyTask = Task[Any, ...]


def task(  # noqa: PLR0913 - all that can be said of a task
    *,
    queue: Queue,
    timeout: timedelta,
    retry: Retry,
    facade: str | None = None,
    feature: str | None = None,
    keep_result: timedelta | None = None,
    priority: int = EMBEDDING,
    durable: bool = True,
    unique: Unique | None = None,
    debounce: Debounce | None = None,
    supersede: bool = False,
    concurrency: Concurrency | None = None,
    expires: timedelta | None = None,
    on_parked: OnParked | None = None,
    schedule: Schedule | None = None,
) -> Callable[[Function[J, P]], Task[J, P]]:
    """Make a task of `async def run_<subject>(job: <Payload>, …ports)`.

    Args:
        queue: where it waits unless the producer names another.
        timeout: for one attempt, at most; the queue that it is sent to caps it.
        retry: when a failed attempt is made again.
        facade: the method that enqueues it; by default `enqueue_<subject>`.
        feature: the name of a switch in the settings' `features`; off means that nothing is enqueued or run.
        keep_result: how long its result can be read; by default as the settings say.
        priority: 0 to 10; the higher comes first, but a low one is not starved.
        durable: whether PostgreSQL knows of its jobs, so that losing Redis loses none.
        unique: for how long a second job of the same key is a duplicate; by default while one waits or runs.
        debounce: triggers of the same key become one job, which sees them all.
        supersede: the newest job of a key takes the place of the one before, even if that runs.
        concurrency: how many run at once in the whole fleet.
        expires: how long after it is due a job is still worth starting.
        on_parked: `async def hook(job: ParkedJob)`, called when a job of it failed for good; it has 5 s, and whatever
            it raises is logged.
        schedule: when it is done by itself, for each bot or, if its payload is in nobody's name, once for all.
    """

    def make(function: Function[J, P]) -> Task[J, P]:
        name = function.__name__
        hints = get_type_hints(function)
        first, *rest = signature(function).parameters
        return Task(
            name=name,
            payload=hints[first],
            function=function,
            queue=queue,
            timeout=timeout,
            retry=retry,
            facade=facade or f"enqueue_{name.removeprefix('run_')}",
            feature=feature,
            keep_result=keep_result,
            priority=priority,
            durable=durable,
            unique=unique,
            debounce=debounce,
            supersede=supersede,
            concurrency=concurrency,
            expires=expires,
            on_parked=on_parked,
            schedule=schedule,
            needs={parameter: hints[parameter] for parameter in rest},
            doc=(function.__doc__ or "").strip(),
        )

    return make
