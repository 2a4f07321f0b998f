"""What a worker and the scripts in Redis say to each other: claims come, settlements go."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from mindfleet.entrants import Entrant
from mindfleet.lua import Argument


class Claim(NamedTuple):
    """One job in the hands of a worker, under a token that is good for one lease and its renewals."""

    job_id: str
    token: str
    data: bytes
    """The envelope; empty when it expired, as those of stock producers may."""

    start: int
    """How often it was started, this time included."""

    due: int
    """ms since 1970, as all times of a claim."""

    ready: int
    """Since when it could have been started."""

    failures: int
    deaths: int
    """Workers that died under it, or lost it."""

    wish: str
    """Why somebody wants it stopped; empty when nobody does."""

    deadline: int | None
    priority: int
    lane: str
    is_stock: bool
    """A stock producer sent it, so that order and priority are not known to Redis."""

    interruptions: int
    """Starts that did not end by the job's own doing."""

    merged: tuple[bytes, ...] = ()
    """Envelopes of triggers that came while it waited."""

    raw_id: bytes = b""
    """The id as Redis has it."""

    dying: str = ""
    """What it has failed of for good, see `Again.dying`; it is not to be run any more."""

    @property
    def is_named(self) -> bool:
        """Whether its id is a text; whoever speaks arq's wire can write others."""
        return "\ufffd" not in self.job_id or self.job_id.encode() == self.raw_id

    @property
    def tries(self) -> int:
        """Starts, interruptions apart."""
        return self.start - self.interruptions


def read_claim(row: Sequence[Any]) -> Claim:
    """A claim as `claim.lua` tells it."""
    return Claim(
        job_id=row[0].decode(errors="replace"),
        raw_id=row[0],
        token=row[1].decode(),
        data=row[2],
        start=row[3],
        due=int(float(row[4])),
        ready=int(float(row[5])),
        failures=row[6],
        deaths=row[7],
        wish=row[8].decode(),
        deadline=int(row[9]) if row[9] else None,
        priority=int(row[10]),
        lane=row[11].decode(),
        is_stock=row[12] == 1,
        interruptions=row[13],
        merged=tuple(row[14]),
        dying=row[15].decode(),
    )


@dataclass(kw_only=True, slots=True)
class End:
    """The job is over."""

    outcome: str
    """`done`, `failed`, `parked`, `cancelled`, `expired`, `skipped` or `superseded`."""

    result: bytes = b""
    keep: int = 0
    """How long the result can be read, ms; 0: not at all, -1: for ever."""

    text: str = "null"
    """What the streams tell of it, JSON."""

    guard: int = 0
    """For how long a job of the same id is taken for this one, and dropped, ms."""

    following: Sequence[Entrant] = ()

    def arguments(self) -> list[Argument]:
        """As `settle.lua` reads them."""
        keep = self.keep if self.result else 0
        told: list[Argument] = ["end", self.outcome, self.result, keep, self.text, self.guard, len(self.following)]
        return told + [each for entrant in self.following for each in entrant.arguments()]


@dataclass(frozen=True, kw_only=True, slots=True)
class Again:
    """The job is to be started again after a while."""

    outcome: str
    """What is counted: `retried` or `postponed`."""

    delay: int
    """ms."""

    failed: bool
    """Whether that was one of its attempts."""

    hold: int = 0
    """For how long its lane waits for it in all, ms."""

    ran: bool = True
    """Whether an attempt ended by itself: that clears it of the leases that it lost before."""

    why: str = ""
    """A line, see `failure.in_a_line`; the hash keeps that of the last failure."""

    gate: str = ""
    """What may let it through before the delay is over."""

    dying: str = ""
    """What it has failed of for good, where that could not be put down yet; each later claim tells it."""

    def arguments(self) -> list[Argument]:
        """As `settle.lua` reads them."""
        told: list[Argument] = ["again", self.outcome, self.delay, int(self.failed), self.hold, self.why, self.gate]
        return [*told, int(self.ran), self.dying]


@dataclass(frozen=True, slots=True)
class Back:
    """The job was interrupted: it is first in line again, and that cost it nothing."""

    def arguments(self) -> list[Argument]:
        """As `settle.lua` reads them."""
        return ["back"]


Settled = End | Again | Back
