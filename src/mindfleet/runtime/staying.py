"""What runs in a worker may not end it: asyncio lets `sys.exit` out of every task, and with it go all other jobs."""

import asyncio
import signal
from asyncio import AbstractEventLoop
from collections.abc import Callable, Coroutine, Generator
from contextlib import suppress
from contextvars import ContextVar
from types import TracebackType
from typing import Any

from mindfleet.errors import GiveUp

_running: ContextVar[str] = ContextVar("running")
"""What runs here, be it in a task that it has created; unset in what is the worker's own."""


class WantedToLeave(GiveUp):
    """It called `sys.exit`, or raised what that raises."""


class Staying:
    """Has the end of the process that its block wants be an error like others: `WantedToLeave`.

    On a loop that `guard` has seen, that is so too in every task that the block creates, and those that these create.

    Args:
        what: runs in it, for the error.
    """

    __slots__ = ("_token", "_what")

    def __init__(self, what: str) -> None:
        self._what = what

    def __enter__(self) -> None:
        self._token = _running.set(self._what)

    def __exit__(self, _: type[BaseException] | None, error: BaseException | None, __: TracebackType | None) -> None:
        with suppress(ValueError):  # whoever throws it away has a context of his own
            _running.reset(self._token)
        if isinstance(error, SystemExit | KeyboardInterrupt):
            _stay(self._what, error)


def guard(loop: AbstractEventLoop) -> AbstractEventLoop:
    """See to it that tasks which jobs create on that loop do not end its process either, as long as it runs."""
    before = loop.get_task_factory()
    if not isinstance(before, _Factory):
        loop.set_task_factory(_Factory(before))
    return loop


class _Factory:
    """Makes tasks as the one `before` does, or asyncio, those of jobs guarded."""

    __slots__ = ("_before",)

    def __init__(self, before: Callable[..., Any] | None) -> None:
        self._before = before

    def __call__(self, loop: AbstractEventLoop, work: Any, **about: Any) -> Any:  # noqa: ANN401 - as asyncio has it
        what = _running.get(None)
        if what is not None:
            work = _Child(what, work)
        return self._before(loop, work, **about) if self._before else asyncio.Task(work, loop=loop, **about)


class _Child(Coroutine[Any, Any, Any]):
    """The work of a task that a job has created, which is a coroutine like the one that it guards."""

    def __init__(self, what: str, work: Coroutine[Any, Any, Any]) -> None:
        self._what = f"a task of {what}"
        self._work = work

    def send(self, value: Any) -> Any:  # noqa: ANN401 - whatever is sent
        try:
            return self._work.send(value)
        except (SystemExit, KeyboardInterrupt) as error:
            _stay(self._what, error)
            raise

    def throw(self, *error: Any) -> Any:  # noqa: ANN401 - whatever is thrown
        try:
            return self._work.throw(*error)
        except (SystemExit, KeyboardInterrupt) as left:
            _stay(self._what, left)
            raise

    def close(self) -> None:
        self._work.close()

    def __await__(self) -> Generator[Any, Any, Any]:
        return self._work.__await__()

    def __getattr__(self, name: str) -> Any:  # noqa: ANN401 - by which debuggers and asyncio tell where it is
        return getattr(self._work, name)


def _stay(what: str, error: BaseException) -> None:
    if not _is_told_from_outside(error):
        raise WantedToLeave(f"{what} wanted to end its process: {type(error).__name__}: {error}") from error


def _is_told_from_outside(error: BaseException) -> bool:
    """Whether somebody pressed Ctrl-C, and what was just running was hit by chance.

    Where the loop handles SIGINT, as in the fleet's processes, that raises nothing. Python's own handler leaves no
    trace; one that is written in Python is the last that the traceback shows.
    """
    if not isinstance(error, KeyboardInterrupt):
        return False
    handler = signal.getsignal(signal.SIGINT)
    if handler is signal.default_int_handler:
        return True
    last = error.__traceback__
    while last and last.tb_next:
        last = last.tb_next
    code = getattr(getattr(handler, "func", handler), "__code__", None)
    return last is not None and last.tb_frame.f_code is code
