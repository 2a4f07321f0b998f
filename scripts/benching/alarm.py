"""An end to whatever takes too long, wherever it waits."""

import signal
from collections.abc import Generator
from contextlib import contextmanager
from types import FrameType

from scripts.benching.processes import BenchFailed


class CutOff(BenchFailed):
    """It did not end in its time."""


@contextmanager
def within(seconds: float) -> Generator[None]:
    """End the block with an error when it takes longer; in the main thread only, and not one within another.

    Raises:
        CutOff: it took too long.
    """

    def ring(_signal: int, _frame: FrameType | None) -> None:
        raise CutOff(f"cut off after {seconds:.0f} s")

    before = signal.signal(signal.SIGALRM, ring)
    signal.setitimer(signal.ITIMER_REAL, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)
