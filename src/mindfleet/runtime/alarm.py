"""What ends a job that takes too long.

As `asyncio.timeout`, but without a timer for each job: one a loop is enough, since it only ever has to ring for the
first. Most jobs end long before.
"""

import asyncio
from types import TracebackType
from typing import Self
from weakref import WeakKeyDictionary


class Alarm:
    """Cancels the task that runs its block once the time is up, and turns that into a `TimeoutError`.

    Args:
        span: seconds.
    """

    __slots__ = ("_bell", "_cancelling", "_has_rung", "_loop", "_span", "_task", "_when")

    def __init__(self, span: float) -> None:
        self._span = span
        self._when: float | None = None
        self._has_rung = False

    def __enter__(self) -> Self:
        task = asyncio.current_task()
        assert task is not None  # noqa: S101 - it is entered by what runs in a task
        self._task, self._cancelling = task, task.cancelling()
        self._loop = task.get_loop()
        self._bell = _bell_of(self._loop)
        self.reschedule(self._loop.time() + self._span)
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, _: TracebackType | None) -> None:
        self._bell.forget(self)
        is_only_one = self._has_rung and self._task.uncancel() <= self._cancelling
        if is_only_one and kind is not None and issubclass(kind, asyncio.CancelledError):
            raise TimeoutError from error

    def when(self) -> float | None:
        """The loop's time at which it rings; None while it does not run."""
        return self._when

    def expired(self) -> bool:
        """Whether it has rung."""
        return self._has_rung

    def reschedule(self, when: float | None) -> None:
        """Have it ring then; None: not for now."""
        self._when = when
        if when is None:
            self._bell.forget(self)
        else:
            self._bell.ring_at(when, self, self._loop)

    def ring(self) -> None:
        """The time is up."""
        self._has_rung = True
        self._task.cancel()


class Bell:
    """The timer of all alarms of one loop, which it does not keep alive."""

    def __init__(self) -> None:
        self._alarms: dict[Alarm, float] = {}
        self._timer: asyncio.TimerHandle | None = None

    def ring_at(self, when: float, alarm: Alarm, loop: asyncio.AbstractEventLoop) -> None:
        """Ring the alarm then."""
        self._alarms[alarm] = when
        if self._timer is None or when < self._timer.when():
            self._wind(when, loop)

    def forget(self, alarm: Alarm) -> None:
        """Do not ring it; the timer of the others may go off for nothing, which costs less than to set it anew."""
        self._alarms.pop(alarm, None)

    def _wind(self, when: float, loop: asyncio.AbstractEventLoop) -> None:
        if self._timer:
            self._timer.cancel()
        self._timer = loop.call_at(when, self._go_off, loop)

    def _go_off(self, loop: asyncio.AbstractEventLoop) -> None:
        self._timer = None
        now = loop.time()
        for alarm in [each for each, when in self._alarms.items() if when <= now]:
            self.forget(alarm)
            alarm.ring()
        if self._alarms:
            self._wind(min(self._alarms.values()), loop)


_bells: WeakKeyDictionary[asyncio.AbstractEventLoop, Bell] = WeakKeyDictionary()


def _bell_of(loop: asyncio.AbstractEventLoop) -> Bell:
    bell = _bells.get(loop)
    if bell is None:
        bell = _bells[loop] = Bell()
    return bell
