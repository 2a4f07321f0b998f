"""Jobs that need a person."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol


@dataclass(frozen=True, kw_only=True)
class ParkedJob:
    """A job that is dead until a person replays it, with everything needed to see why."""

    job_id: str
    task: str
    queue: str
    payload: dict[str, Any]
    """The arguments as they came; of an unreadable job only `{"raw": base64}`."""

    error: str
    """The class of the error."""

    message: str
    traceback: str
    attempts: int
    enqueued_at: datetime | None
    parked_at: datetime


class Parked(Protocol):
    async def park(self, job: ParkedJob) -> None:
        """Keep it; parking the same job again replaces what was kept.

        Raises:
            StoreUnavailable: the store is away; the job has to stay where it is.
        """
        ...

    async def all(self, *, queue: str | None = None, limit: int = 100) -> Sequence[ParkedJob]:
        """The newest first."""
        ...

    async def counts(self) -> dict[str, int]:
        """How many, by queue."""
        ...
