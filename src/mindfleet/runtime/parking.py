"""Where a job goes that failed for good, and who is told of it.

A hook is `async def hook(job: ParkedJob) -> None`: one of the task (`@task(on_parked=…)`), and those of all tasks that
the setting `parked.hooks` names. Whatever it does, the job is parked and the worker lives.
"""

import asyncio
import logging
from collections.abc import Iterable, Sequence
from contextlib import suppress
from datetime import timedelta
from inspect import iscoroutinefunction
from pkgutil import resolve_name

from mindfleet.errors import SettingsInvalid, StoreUnavailable
from mindfleet.ports.clock import Clock
from mindfleet.ports.parked import OnParked, Parked, ParkedFilter, ParkedJob
from mindfleet.registry import Registry
from mindfleet.runtime.attempt import Attempt
from mindfleet.runtime.failure import Failure
from mindfleet.runtime.staying import Staying

HOOK_LIMIT = timedelta(seconds=5)
"""How long a hook may take."""

TELLS_WITHIN = timedelta(milliseconds=500)
"""For how long a job that has lost its worker waits for the park to say whether it is there already."""

AT_ONCE = 8
"""Jobs whose hooks run at the same time; the others wait their turn."""

PATIENCE = timedelta(minutes=1)
"""After which a job is told by another worker than the one that parked it."""

logger = logging.getLogger(__name__)


class Parking:
    """Parks jobs, and tells their hooks in the background.

    Args:
        parked: where they are kept.
        clock: says what is old.
        tasks: have hooks of their own.
        hooks: of all tasks.
        keep: how long a parked job is kept; zero is for ever.
        limit: how long a hook may take.
    """

    def __init__(
        self,
        parked: Parked,
        clock: Clock,
        tasks: Registry,
        *,
        hooks: Sequence[OnParked] = (),
        keep: timedelta = timedelta(),
        limit: timedelta = HOOK_LIMIT,
    ) -> None:
        self._parked = parked
        self._clock = clock
        self._tasks = tasks
        self._hooks = hooks
        self._keep = keep
        self._limit = limit.total_seconds()
        self._room = asyncio.Semaphore(AT_ONCE)
        self._telling: set[asyncio.Task[None]] = set()
        self._asking: set[asyncio.Task[ParkedJob | None]] = set()

    async def park(self, job: ParkedJob) -> None:
        """Keep the job; its hooks are told without being waited for.

        Raises:
            StoreUnavailable: the park is away; nobody is told, and the job has to stay where it is.
        """
        await self._parked.park(job)
        telling = asyncio.create_task(self._tell(job))
        self._telling.add(telling)
        telling.add_done_callback(self._telling.discard)

    async def failure_of(self, attempt: Attempt) -> Failure | None:
        """Why an earlier start of this very call is parked; None: it is not, or the park does not say so at once."""
        job = await self._at_once(attempt.job_id)
        is_this = job and (job.origin_id, job.call) == attempt.effects_of and job.starts < attempt.start
        if job and is_this and not job.replayed_at:
            return Failure(error=job.error, message=job.message, traceback=job.traceback)
        return None

    async def _at_once(self, job_id: str) -> ParkedJob | None:
        """A job that has lost its worker waits for no server that hangs, nor for a connection to be tidied up."""
        asking = asyncio.create_task(self._parked.get(job_id))
        self._asking.add(asking)
        asking.add_done_callback(self._asking.discard)
        await asyncio.wait({asking}, timeout=TELLS_WITHIN.total_seconds())
        if asking.cancel():
            return None
        with suppress(StoreUnavailable):
            return asking.result()
        return None

    async def catch_up(self) -> tuple[int, int]:
        """Tell the hooks what a worker that died did not, and forget what was kept long enough: at start, and daily.

        Returns:
            How many jobs were told, and how many are forgotten.

        Raises:
            StoreUnavailable: the park is away.
        """
        told = 0
        while late := await self._parked.untold(self._clock.now() - PATIENCE):
            for job in late:
                await self._call_hooks(job)
                await self._parked.told(job)
            told += len(late)
        return told, await self._forget_old()

    async def close(self) -> None:
        """Give the hooks that still run their time; those that do not end are told again by whoever starts next."""
        if self._telling:
            _, late = await asyncio.wait(self._telling, timeout=self._limit)
            for telling in late:
                telling.cancel()
            await asyncio.gather(*late, return_exceptions=True)

    async def _forget_old(self) -> int:
        if not self._keep:
            return 0
        return await self._parked.discard(ParkedFilter(until=self._clock.now() - self._keep))

    async def _tell(self, job: ParkedJob) -> None:
        async with self._room:
            await self._call_hooks(job)
            try:
                await self._parked.told(job)
            except StoreUnavailable as away:
                logger.warning("the hooks of %s may be told again: %s", job.job_id, away)

    async def _call_hooks(self, job: ParkedJob) -> None:
        task = self._tasks.get(job.task)
        hooks = [*([task.on_parked] if task and task.on_parked else []), *self._hooks]
        calls = {asyncio.create_task(_call(hook, job)): hook for hook in hooks}
        if not calls:
            return
        try:
            await asyncio.wait(calls, timeout=self._limit)
        finally:
            for call, hook in calls.items():
                self._end(call, hook, job)

    def _end(self, call: "asyncio.Task[None]", hook: OnParked, job: ParkedJob) -> None:
        call.cancel()
        call.add_done_callback(_seen)
        name = f"{hook.__module__}.{getattr(hook, '__qualname__', '?')}"
        if not call.done():
            logger.error("hook %s took longer than %g s for %s, and was cut off", name, self._limit, job.job_id)
        elif not call.cancelled() and (error := call.exception()):
            logger.error("hook %s failed for %s", name, job.job_id, exc_info=error)


def hooks_named(names: Iterable[str]) -> list[OnParked]:
    """The functions of these names, each `module:function`.

    Raises:
        SettingsInvalid: one cannot be found, or is no `async def`.
    """
    return [_hook(name) for name in names]


def _hook(name: str) -> OnParked:
    try:
        found: object = resolve_name(name)
    except (ImportError, AttributeError, ValueError) as error:
        raise SettingsInvalid(f"parked.hooks names {name!r}, which cannot be found: {error}") from error
    if not iscoroutinefunction(found):
        raise SettingsInvalid(f"parked.hooks names {name!r}, which is no `async def`")
    return found


async def _call(hook: OnParked, job: ParkedJob) -> None:
    with Staying("a hook"):
        await hook(job)


def _seen(call: "asyncio.Task[None]") -> None:
    """Take note of an error, so that asyncio does not complain that nobody did."""
    if not call.cancelled():
        call.exception()
