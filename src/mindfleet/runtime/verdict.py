"""What one attempt at a job came to."""

from dataclasses import dataclass
from datetime import timedelta

from mindfleet.job import Done
from mindfleet.runtime.failure import Failure


@dataclass(frozen=True)
class Finished:
    """It is done."""

    done: Done


@dataclass(frozen=True)
class Skipped:
    """Its feature is off."""

    reason: str


@dataclass(frozen=True)
class Cancelled:
    """Somebody asked for its end, or a newer one took its place."""

    outcome: str = "cancelled"


@dataclass(frozen=True)
class Expired:
    """Its deadline passed before it could start."""


@dataclass(frozen=True)
class Again:
    """Run it again after a while."""

    after: timedelta
    because: Exception
    failed: bool = True
    """Whether that was one of its attempts; being told when to come back is none."""


@dataclass(frozen=True)
class Dead:
    """Running it again cannot help, or was tried often enough."""

    because: Exception

    @property
    def failure(self) -> Failure:
        return Failure.of(self.because)


@dataclass(frozen=True)
class Dying:
    """It was dead before, and only has to be parked yet."""

    failure: Failure


Verdict = Finished | Skipped | Cancelled | Expired | Again | Dead | Dying
