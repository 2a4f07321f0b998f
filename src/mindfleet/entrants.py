"""A job as it enters Redis: what the scripts take for one, whoever brings it."""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from mindfleet.lua import Argument
from mindfleet.queues import Queue


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
    again: Literal["", "1", "2"] = ""
    """`1`: PostgreSQL has it and Redis may not; `2`: its producer does not know who has it."""

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


def milliseconds(moment: datetime | None) -> int | str:
    """Since 1970, as arq counts; empty for none. What is a whole number of them is that number, float or not."""
    return int(moment.timestamp() * 1000 + 0.001) if moment else ""
