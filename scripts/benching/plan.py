"""How often and for how long things are measured."""

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, kw_only=True)
class Plan:
    runs: int
    slots: tuple[int, ...] = (10, 32, 100)
    processes: tuple[int, ...] = (1, 2)
    window_s: float = 1.2
    enqueue_s: float = 1.0
    pickups: int = 100
    pickup_gap_s: float = 0.03
    deep_for_all: bool = False
    """Whether every system gets what takes long, rather than ours alone."""

    deep_runs: int = 1
    """How often that is run; 0 leaves it out."""

    backlog_runs: int = 1
    """In how many of those the backlog is: filling it takes longest, and one run of it has as many turns as follow."""

    turns: int = 5
    """Workers one after the other that start at each backlog."""

    loaded_s: float = 10.0
    fill_s: float = 240.0
    """For how long a backlog may be filled; where a million takes longer, fewer wait, and the report says how many."""

    recovery_cut_off_s: float = 60.0
    log_normal_s: float = 60.0
    crowd_hold_s: float = 15.0
    """Longer than forty processes take to start, where a system needs as many."""

    installs_s: float = 300.0
    """What all installs together may take; whoever is not there by then is left out, which is said."""

    attempt_s: float = 45.0
    """What one measure of one system may take, but for what takes long; then it is cut off, which is said."""

    limit_s: float = 24 * 3600.0
    """What everything may take, installs included, in all sittings together; what is left out for it is said."""


QUICK = Plan(runs=2, processes=(1,), deep_runs=0, limit_s=170)
PEERS = Plan(runs=3, window_s=0.8, pickups=60, loaded_s=8, fill_s=150, limit_s=24 * 60)
FULL = Plan(
    runs=5,
    window_s=10,
    enqueue_s=5,
    pickups=300,
    pickup_gap_s=0.05,
    deep_for_all=True,
    deep_runs=5,
    loaded_s=30,
    fill_s=3600,
    recovery_cut_off_s=900,
    log_normal_s=120,
    crowd_hold_s=120,
    installs_s=1800,
    attempt_s=300,
)

BRIEF: dict[str, Any] = {
    "runs": 1,
    "slots": (32,),
    "window_s": 0.5,
    "enqueue_s": 0.3,
    "pickups": 20,
    "pickup_gap_s": 0.03,
    "deep_runs": 1,
    "turns": 1,
    "loaded_s": 2,
    "fill_s": 2,
    "recovery_cut_off_s": 15,
    "log_normal_s": 5,
    "crowd_hold_s": 60,
    "attempt_s": 60,
}
"""What makes any plan so short that its figures say nothing: to see that every measure works for every system."""
