"""A job as it enters Redis: what the scripts take for one, whoever brings it."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from mindfleet.lua import Argument
from mindfleet.queues import Queue

MOST_AT_ONCE = 100
"""Jobs that one script lets in: some 5 ms, in which Redis serves nobody else."""

MOST_BYTES = 1_000_000
"""Envelopes that one script is given, unless a single one is larger."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Entrant:
    """One job on its way in; see `lua/entering.lua`."""

    job_id: str
    queue: Queue | str
    data: bytes
    """The envelope."""

    due: datetime | None = None
    """None: at once."""

    task: str = ""
    bot_name: str = ""
    user: str = ""
    """Who shares the workers fairly with others."""

    priority: int = 5
    lane: str = ""
    """Jobs of one lane run in order, one at a time."""

    gates: tuple[str, ...] = ()
    """`name=limit` of what counts it."""

    deadline: datetime | None = None
    durable: bool = True
    name: str = ""
    """What makes it the same as another one."""

    unique: str = ""
    """For how long the name is taken: until `done`, until `started`, or so many ms."""

    merge: str = ""
    """`wait:longest`, ms."""

    supersede: bool = False
    again: Literal["", "1", "2", "3"] = ""
    """`1`: PostgreSQL has it and Redis may not; `2`: its producer does not know who has it; `3`: the same of an id that
    names one piece of work for ever, whoever enqueues it."""

    def arguments(self) -> tuple[Argument, ...]:
        """In the order in which the script reads them."""
        return (
            self.job_id,
            str(self.queue),
            self.data,
            milliseconds(self.due),
            self.task,
            self.bot_name,
            self.user,
            self.priority,
            self.lane,
            " ".join(self.gates),
            milliseconds(self.deadline),
            int(self.durable),
            self.name,
            self.unique,
            self.merge,
            "1" if self.supersede else "",
            self.again,
        )


def pieces(entrants: Sequence[Entrant]) -> Iterator[Sequence[Entrant]]:
    """All of them, in their order, so many at a time as one script may let in."""
    start = size = 0
    for number, entrant in enumerate(entrants):
        size += len(entrant.data)
        if number > start and (number - start == MOST_AT_ONCE or size > MOST_BYTES):
            yield entrants[start:number]
            start, size = number, len(entrant.data)
    if start < len(entrants):
        yield entrants[start:]


def milliseconds(moment: datetime | None) -> int | str:
    """Since 1970, as arq counts; empty for none. What is a whole number of them is that number, float or not."""
    return int(moment.timestamp() * 1000 + 0.001) if moment else ""
