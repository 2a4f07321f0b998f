"""How long to wait before a process that ended is started again. Pure: no clock."""

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta


@dataclass
class Restarts:
    """Exponential backoff with equal jitter over the exits of the last minute.

    More than `tolerated` of them are a crash loop, in which every delay is the longest.
    """

    first: timedelta = timedelta(seconds=0.2)
    cap: timedelta = timedelta(seconds=30)
    window: timedelta = timedelta(seconds=60)
    tolerated: int = 5
    _exits: deque[datetime] = field(default_factory=deque[datetime])

    def after_exit(self, now: datetime, *, random: Callable[[], float]) -> timedelta:
        """Counts an exit; the delay lies between half of and the whole of min(first * 2**(exits - 1), cap)."""
        self._exits.append(now)
        whole = self.cap if self.looping(now) else min(self.first * 2 ** (len(self._exits) - 1), self.cap)
        return whole * (0.5 + 0.5 * random())

    def looping(self, now: datetime) -> bool:
        """Whether it has ended too often of late."""
        return self.calm_after(now) > timedelta(0)

    def calm_after(self, now: datetime) -> timedelta:
        """How long until this is no crash loop any more, if nothing else happens; zero if it is none."""
        while self._exits and self._exits[0] <= now - self.window:
            self._exits.popleft()
        excess = len(self._exits) - self.tolerated
        return self._exits[excess - 1] + self.window - now if excess > 0 else timedelta(0)
