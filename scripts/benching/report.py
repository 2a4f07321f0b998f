"""What was found, as one JSON object or as a table to read."""

import sys
import time
from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from scripts.benching.goals import goals
from scripts.benching.machine import load
from scripts.benching.plan import Plan
from scripts.benching.rounds import Bench
from scripts.benching.statistics import Figure, ratio, ratios
from scripts.benching.systems import CEILING, OURS, STOCK
from scripts.benching.venvs import Environment

COMPARED = {
    "throughput": ("throughput_32x1", True),
    "throughput_2_processes": ("throughput_32x2", True),
    "enqueue": ("enqueue_single", True),
    "enqueue_in_flight": ("enqueue_in_flight", True),
    "enqueue_bulk": ("enqueue_bulk", True),
    "pickup": ("pickup_idle_p50", False),
    "pickup_p99": ("pickup_idle_p99", False),
    "commands": ("commands_sent", False),
    "worker_cpu": ("worker_cpu_us_32x1", False),
    "redis_cpu": ("redis_cpu_us_32x1", False),
    "bytes": ("worker_bytes_32x1", False),
    "memory": ("rss_mb_32x1", False),
    "pickup_half_load": ("pickup_half_p50", False),
    "pickup_nine_tenths_load": ("pickup_nine_tenths_p50", False),
    "recovery": ("recovery_p50", False),
    "at_1m_waiting": ("backlog_1m_wall", False),
}
"""The ratios, each with its figure and whether more of it is better."""

Figures = Mapping[str, Mapping[str, Figure]]


def as_json(
    bench: Bench, environments: Mapping[str, Environment], machine: Mapping[str, Any], missing: Mapping[str, str]
) -> dict[str, Any]:
    """Every figure with its runs, and by how much ours is better than each other; over 1 is better."""
    figures = bench.figures()
    return {
        "machine": {**machine, "load_at_end": load()},
        "took_s": round(time.monotonic() - bench.started),
        "sittings": [asdict(sitting) for sitting in bench.notes.sittings],
        "plan": durations(bench.plan),
        "systems": {
            system.name: {
                "version": environments[system.name].version,
                "settings": system.settings,
                "native_core": system.native_core,
            }
            for system in bench.systems
        },
        "not_installed": missing,
        "figures": {name: {who: f.as_json() for who, f in systems.items()} for name, systems in figures.items()},
        "ratios": all_ratios(bench, figures, native_core=False),
        "ratios_native_core": all_ratios(bench, figures, native_core=True),
        "goals": goals(figures),
        "share_of_ceiling": shares_of_ceiling(figures),
        "failures": bench.failures,
        "cut": bench.cut,
    }


def durations(plan: Plan) -> dict[str, Any]:
    """How often and for how long."""
    return {name: value for name, value in asdict(plan).items() if value is not None}


def all_ratios(bench: Bench, figures: Figures, *, native_core: bool) -> dict[str, dict[str, float | None]]:
    """Those whose hot path is not Python's stand apart."""
    peers = [s.name for s in bench.systems if s.runs_jobs and s.name != OURS and s.native_core == native_core]
    return {peer: ratios(figures, OURS, peer, COMPARED) for peer in peers}


def shares_of_ceiling(figures: Figures) -> dict[str, dict[str, float | None]]:
    """Of each throughput, the share of the bare loop's beside it."""
    return {
        name.removeprefix("throughput_"): {
            who: ratio(figure.median, systems[CEILING].median) for who, figure in systems.items() if who != CEILING
        }
        for name, systems in figures.items()
        if name.startswith("throughput_") and CEILING in systems
    }


def print_table(report: Mapping[str, Any]) -> None:
    """One line a figure, one column a system."""
    systems = sorted(report["systems"], key=lambda name: (name not in {OURS, STOCK}, name))
    width = max(map(len, [*report["figures"], "figure"]))
    print(f"{'figure':{width}}  {'unit':10}" + "".join(f"{name:>12}" for name in systems))
    for name, found in report["figures"].items():
        unit = next(iter(found.values()))["unit"]
        cells = (f"{found[who]['median']:>12g}" if who in found else f"{'-':>12}" for who in systems)
        print(f"{name:{width}}  {unit:10}" + "".join(cells))
    for peer, found in {**report["ratios"], **report["ratios_native_core"]}.items():
        print(f"ours against {peer}:", ", ".join(f"{name} {value}x" for name, value in found.items()) or "-")
    for name, goal in report["goals"].items():
        bound = f"at least {goal['at_least']:g}" if "at_least" in goal else f"at most {goal['at_most']:g}"
        print(f"goal {'met' if goal['met'] else 'MISSED'}: {name}: {goal['found']:g}, {bound}")
    for line in [*report["failures"], *report["cut"], *(f"{n}: {why}" for n, why in report["not_installed"].items())]:
        print(line, file=sys.stderr)
