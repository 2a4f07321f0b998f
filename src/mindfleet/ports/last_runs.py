"""What was done by itself, and when: how the schedule is known again after Redis has lost it."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Protocol


@dataclass(frozen=True, kw_only=True)
class ScheduledRun:
    """One occurrence of a schedule whose job was enqueued."""

    name: str
    """Of the task."""

    bot: str
    """Empty for what is done once for the whole fleet."""

    due: datetime
    """Aware, in UTC."""

    local_date: date | None
    """The date of the occurrence in its zone. None in the row that says since when the schedule is known."""

    job_id: str
    """Names the occurrence; empty in that row."""


class LastRuns(Protocol):
    async def note(self, runs: Sequence[ScheduledRun]) -> None:
        """Keep them; one that is known already stays as it is. Those of long ago are forgotten.

        Raises:
            StoreUnavailable: the store is away.
        """
        ...

    async def newest(self, of: Collection[tuple[str, str]]) -> Sequence[ScheduledRun]:
        """The last one of each of these pairs of task and bot that ever had one.

        Raises:
            StoreUnavailable: the store is away.
        """
        ...
