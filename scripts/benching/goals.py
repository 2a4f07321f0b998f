"""What was set out for, and what was found of it, missed goals too."""

from collections.abc import Mapping
from typing import Any

from scripts.benching.statistics import Figure, ratio, rounded
from scripts.benching.systems import OURS, STOCK, SYSTEMS

Figures = Mapping[str, Mapping[str, Figure]]

THROUGHPUT = "throughput_32x1"

OF_OURS = {
    "idle pickup p50, ms": ("pickup_idle_p50", 2.0, False),
    "idle pickup p99, ms": ("pickup_idle_p99", 10.0, False),
    "commands sent a job, enqueue included": ("commands_sent", 2.0, False),
    "wall time of a job at 1 M waiting, times that at 1 k": ("backlog_times_wall", 1.2, False),
    "CPU of a job at 1 M waiting, times that at 1 k": ("backlog_times_cpu", 1.2, False),
    "share of the slots that 40 workers fill": ("crowd_slots_filled", 1.0, True),
}
"""By what they are called: the figure, what was set out for, and whether more is better."""


def goals(figures: Figures) -> dict[str, dict[str, Any]]:
    """Those of which there is something to say."""
    found = {
        name: _goal(figures[figure][OURS].median, wanted, more_is_better=more)
        for name, (figure, wanted, more) in OF_OURS.items()
        if OURS in figures.get(figure, {})
    }
    return {**_of_throughput(figures.get(THROUGHPUT, {})), **found}


def fastest_python_peer(throughput: Mapping[str, Figure]) -> str | None:
    """Who runs the most no-op jobs a second of those whose hot path is Python's."""
    peers = [name for name in throughput if name != OURS and SYSTEMS[name].runs_jobs and not SYSTEMS[name].native_core]
    return max(peers, key=lambda name: throughput[name].median, default=None)


def _of_throughput(throughput: Mapping[str, Figure]) -> dict[str, dict[str, Any]]:
    found: dict[str, dict[str, Any]] = {}
    fastest = fastest_python_peer(throughput)
    for peer, wanted, floor in ((STOCK, 20.0, None), (fastest, 5.0, 3.0)):
        if OURS in throughput and peer in throughput and peer is not None:
            times = ratio(throughput[OURS].median, throughput[peer].median) or 0.0
            which = "stock arq" if peer == STOCK else f"the fastest Python peer, {peer}"
            goal = _goal(times, wanted, more_is_better=True)
            found[f"throughput at 32 slots, times that of {which}"] = goal | ({"floor": floor} if floor else {})
    return found


def _goal(found: float, wanted: float, *, more_is_better: bool) -> dict[str, Any]:
    met = found >= wanted if more_is_better else found <= wanted
    return {"found": rounded(found), "at_least" if more_is_better else "at_most": wanted, "met": met}
