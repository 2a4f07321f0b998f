"""What became of everything that was accepted, how soon, and in which order. Pure: reads records, asks nobody."""

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from math import ceil
from typing import Any

from mindfleet.runtime.neighbours import APART_FROM

LAG = 0.25
"""Seconds after which PostgreSQL has a job, while it answers and a worker runs."""

NOTICED_WITHIN = 2.5
"""Seconds after which a producer that lives has sent again what Redis lost: it looks every second."""

TO_START = 1.0
"""Seconds of grace for what clocks of several processes and a machine that is busy do to those bounds."""

Record = Mapping[str, Any]


@dataclass(frozen=True)
class Loss:
    """Jobs lost their worker, or a store was away."""

    kind: str
    """`kill`, `stop`, `block`, `drain`: of one worker; `redis`, `redis data`, `postgres`: of a store."""

    at: float
    """Seconds since 1970, as all times here."""

    back: float
    """From when recovery is measured: for a store, when it answered again."""

    pid: int | None = None
    """Of the worker; None: whatever ran may have been hit."""

    def hits(self, run: "Run", until: float) -> bool:
        """Whether it took that run from its worker, if another began at `until`."""
        return self.pid in (None, run.pid) and run.began <= self.at <= min(run.ended or until, until)


@dataclass
class Run:
    """One start of a job."""

    pid: int
    began: float
    ended: float | None = None
    how: str = ""
    """`done`, `raised` or `cancelled`; empty while it is not known."""


@dataclass(frozen=True)
class Accepted:
    """A receipt that a producer wrote down."""

    job_id: str
    at: float
    producer: str
    lane: str = ""
    number: int = 0
    effect: str = ""
    """What it is to send."""


@dataclass(frozen=True)
class Known:
    """What the stores say at the end."""

    outcomes: Mapping[str, str | None]
    """By job id, of the ledger: how it ended; None when it has not."""

    parked: Mapping[str, str] = field(default_factory=dict[str, str])
    """By job id: why."""

    told: Mapping[str, str] = field(default_factory=dict[str, str])
    """By job id, of the stream of results: how it ended."""


@dataclass
class Account:
    done: int = 0
    parked: int = 0
    lost: list[str] = field(default_factory=list[str])
    lost_with_producer: list[str] = field(default_factory=list[str])


def account(accepted: Iterable[Accepted], known: Known, deaths: Mapping[str, float], losses: Sequence[Loss]) -> Account:
    """Every accepted job is done, parked, or lost.

    Args:
        accepted: by all producers.
        known: at the end.
        deaths: when producers were killed.
        losses: what happened.
    """
    found = Account()
    for job in accepted:
        outcome = known.outcomes.get(job.job_id) or known.told.get(job.job_id)
        if outcome == "parked" or (outcome is None and job.job_id in known.parked):
            found.parked += 1
        elif outcome is not None:
            found.done += 1
        elif job.job_id not in known.outcomes and _went_with(job, deaths.get(job.producer), losses):
            found.lost_with_producer.append(job.job_id)
        else:
            found.lost.append(job.job_id)
    return found


def _went_with(job: Accepted, death: float | None, losses: Sequence[Loss]) -> bool:
    """Whether Redis lost it before PostgreSQL could have it, and its producer died before it could send it again."""
    if death is None:
        return False
    return any(
        loss.kind == "redis data"
        and job.at - TO_START <= loss.at <= _written_by(job.at, losses) + TO_START
        and death <= loss.back + NOTICED_WITHIN + TO_START
        for loss in losses
    )


def _written_by(at: float, losses: Sequence[Loss]) -> float:
    """When PostgreSQL has what was accepted at that time, at the latest."""
    outages = [loss for loss in losses if loss.kind == "postgres" and loss.at <= at + LAG <= loss.back]
    return max([at + LAG, *(outage.back + NOTICED_WITHIN for outage in outages)])


def runs_of(records: Iterable[Record]) -> dict[str, list[Run]]:
    """The starts of every job, in order."""
    by_start: dict[tuple[str, int, int], Run] = {}
    runs: dict[str, list[Run]] = defaultdict(list)
    for record in sorted(records, key=lambda record: record["at"]):
        if record["event"] == "start":
            run = Run(record["pid"], record["at"])
            runs[record["job"]].append(run)
            by_start[record["job"], record["start"], record["pid"]] = run
        elif record["event"] == "end":
            run = by_start[record["job"], record["start"], record["pid"]]
            run.ended, run.how = record["at"], record["how"]
    return dict(runs)


def blocks_in(records: Iterable[Record]) -> list[Loss]:
    """Event loops that stood still: for their jobs as a worker that is stopped."""
    return [Loss("block", each["at"], each["at"], each["pid"]) for each in records if each["event"] == "blocks"]


@dataclass(frozen=True)
class Recovered:
    """A job that lost its worker was started again."""

    seconds: float
    """After that."""

    at: float
    loss: Loss


def recoveries(runs: Sequence[Run], losses: Sequence[Loss]) -> list[Recovered]:
    """For each time that the job lost its worker, how soon it was started again.

    From the third time in a row on it waits, to run apart from those that it was lost with: that is backoff.
    """
    found: list[Recovered] = []
    in_a_row = 0
    for before, after in pairwise(runs):
        last = _last_loss(before, after, losses)
        if last is None:
            in_a_row = 0 if before.how == "raised" else in_a_row
            continue
        in_a_row = 0 if last.kind == "redis data" else in_a_row + (last.kind != "drain")
        if in_a_row < APART_FROM:
            found.append(Recovered(_recovery(before, after, last, losses), after.began, last))
    return found


def _last_loss(before: Run, after: Run, losses: Sequence[Loss]) -> Loss | None:
    """What took the job from its worker, unless it ended by itself."""
    ended_by_itself = before.ended is not None and before.ended < after.began and before.how == "raised"
    hits = [] if ended_by_itself else [loss for loss in losses if loss.hits(before, after.began)]
    return max(hits, key=lambda loss: loss.at, default=None)


def _recovery(before: Run, after: Run, last: Loss, losses: Sequence[Loss]) -> float:
    handed_back = last.kind == "drain" and before.how == "cancelled" and before.ended is not None
    lost = before.ended if handed_back and before.ended is not None else last.back
    # While a store is away that is needed nothing can start: that time is the store's.
    needed = {"redis", "redis data", *(["postgres"] if last.kind == "redis data" else [])}
    away = [loss.back for loss in losses if loss.kind in needed and loss.at <= after.began and loss.back >= lost]
    return max(after.began - max([lost, *away]), 0.0)


def percentile(seconds: Sequence[float], part: float) -> float | None:
    """The nearest rank; None of nothing."""
    return round(sorted(seconds)[ceil(part * len(seconds)) - 1], 3) if seconds else None


def order_violations(accepted: Iterable[Accepted], first_starts: Mapping[str, float]) -> list[tuple[str, str]]:
    """Neighbours in a lane of which the later one was started first."""
    lanes: dict[str, list[Accepted]] = defaultdict(list)
    for job in accepted:
        if job.lane and job.job_id in first_starts:
            lanes[job.lane].append(job)
    return [
        (before.job_id, after.job_id)
        for lane in lanes.values()
        for before, after in pairwise(sorted(lane, key=lambda job: job.number))
        if first_starts[after.job_id] < first_starts[before.job_id]
    ]


def missing_effects(accepted: Iterable[Accepted], known: Known, carried_out: Collection[str]) -> list[str]:
    """Jobs that were done though what they send never arrived."""
    return [
        job.job_id
        for job in accepted
        if job.effect and job.effect not in carried_out and known.outcomes.get(job.job_id) == "done"
    ]


def reasons(parked: Mapping[str, str]) -> dict[str, int]:
    """How often which."""
    return dict(Counter(parked.values()).most_common())
