"""Crashes between any two lines of some files, as a killed process dies: nothing of them runs afterwards."""

import sys
from collections.abc import Generator, Iterable
from contextlib import contextmanager
from types import FrameType, ModuleType
from typing import Any


class Crash(BaseException):
    """The process is dead."""


@contextmanager
def crash_before_line(number: int, modules: Iterable[ModuleType]) -> Generator[None]:
    """Die before the n-th line of the modules that would run in this block; end as usual when there are fewer."""
    files = {module.__file__ for module in modules}
    left = number

    def trace(frame: FrameType, event: str, _argument: object) -> Any:
        nonlocal left
        if frame.f_code.co_filename not in files:
            return None
        if event == "line":
            left -= 1
            if left <= 0:
                raise Crash(f"before {frame.f_code.co_qualname}:{frame.f_lineno}")
        return trace

    before = sys.gettrace()
    sys.settrace(trace)
    try:
        yield
    finally:
        sys.settrace(before)
