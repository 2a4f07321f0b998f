"""When to try again. Pure: no clock, no I/O, so that the whole policy fits in a table test."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta

from mindfleet.errors import Transient

TRANSIENT: tuple[type[Exception], ...] = (Transient, ConnectionError, TimeoutError)


@dataclass(frozen=True, kw_only=True)
class Retry:
    """Exponential backoff with jitter, for the errors that may pass.

    The delay after attempt n lies between half of and the whole of min(first * 2**(n-1), cap)
    ("equal jitter", Brooker 2015, AWS Architecture Blog: Exponential Backoff And Jitter).
    """

    attempts: int
    on: tuple[type[Exception], ...] = TRANSIENT
    first: timedelta = timedelta(seconds=1)
    cap: timedelta = timedelta(minutes=5)

    def delay(self, error: Exception, *, attempt: int, random: Callable[[], float]) -> timedelta | None:
        """How long to wait before the next attempt, or None to stop trying.

        Args:
            error: what the attempt ended with.
            attempt: how many attempts were made, this one included.
            random: a source of floats in [0, 1).
        """
        if attempt >= self.attempts or not isinstance(error, self.on):
            return None
        whole = min(self.first.total_seconds() * 2.0 ** min(attempt - 1, 500), self.cap.total_seconds())
        return timedelta(seconds=whole * (0.5 + 0.5 * random()))


NEVER = Retry(attempts=1, on=())
