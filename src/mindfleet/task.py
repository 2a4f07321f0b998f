"""`@task`: binds a payload, the function that does it, its queue, its time limit and its retry policy."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import timedelta
from inspect import signature
from typing import Any, Concatenate, Generic, ParamSpec, TypeVar, get_type_hints

from mindfleet.job import Done, Job
from mindfleet.ports.parked import OnParked
from mindfleet.queues import Queue
from mindfleet.retry import Retry

J = TypeVar("J", bound=Job)
P = ParamSpec("P")

Function = Callable[Concatenate[J, P], Awaitable[Done | None]]


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

    on_parked: OnParked | None
    """Is told when a job of it failed for good."""

    needs: dict[str, Any]
    """The ports that it takes, by parameter."""

    doc: str

    async def __call__(self, job: J, *args: P.args, **kwargs: P.kwargs) -> Done | None:
        return await self.function(job, *args, **kwargs)


AnyTask = Task[Any, ...]


def task(
    *,
    queue: Queue,
    timeout: timedelta,
    retry: Retry,
    facade: str | None = None,
    feature: str | None = None,
    keep_result: timedelta | None = None,
    on_parked: OnParked | None = None,
) -> Callable[[Function[J, P]], Task[J, P]]:
    """Make a task of `async def run_<subject>(job: <Payload>, …ports)`.

    Args:
        queue: where it waits unless the producer names another.
        timeout: for one attempt, at most; the queue that it is sent to caps it.
        retry: when a failed attempt is made again.
        facade: the method that enqueues it; by default `enqueue_<subject>`.
        feature: the name of a switch in the settings' `features`; off means that nothing is enqueued or run.
        keep_result: how long its result can be read; by default as the settings say.
        on_parked: `async def hook(job: ParkedJob)`, called when a job of it failed for good; it has 5 s, and whatever
            it raises is logged.
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
            on_parked=on_parked,
            needs={parameter: hints[parameter] for parameter in rest},
            doc=(function.__doc__ or "").strip(),
        )

    return make
