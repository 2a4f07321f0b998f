"""What the log says of an attempt at a job."""

import logging
from time import monotonic
from typing import Any

from mindfleet.runtime.attempt import Attempt

logger = logging.getLogger(__name__)


def log_end(attempt: Attempt, outcome: str, detail: str = "") -> None:
    """One line for each end, or handing back."""
    level = logging.ERROR if outcome == "parked" else logging.INFO
    if logger.isEnabledFor(level):
        logger.log(level, "job ends%s", f": {detail}" if detail else "", extra=_fields(attempt, outcome))


def log_loss(attempt: Attempt) -> None:
    """That it was begun before, by workers that did not end it."""
    lost = attempt.held.claim.deaths
    times = "its worker" if lost == 1 else f"{lost} workers one after the other"
    logger.warning(
        "job is run again: it lost %s, which died or could not renew its lease", times, extra=_named(attempt)
    )


def _fields(attempt: Attempt, outcome: str) -> dict[str, Any]:
    return {
        **_named(attempt),
        "outcome": outcome,
        "duration_ms": round((monotonic() - attempt.began) * 1000),
    }


def _named(attempt: Attempt) -> dict[str, Any]:
    claim = attempt.held.claim
    return {"task": attempt.task, "job_id": attempt.job_id, "queue": attempt.queue.value, "attempt": claim.start}
