"""What is measured of whom, how often, and in which order: always one run of each system, then the next of each."""

import sys
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from scripts.benching import measurements
from scripts.benching.alarm import within
from scripts.benching.measurements import Found
from scripts.benching.processes import BenchFailed
from scripts.benching.stage import Stage
from scripts.benching.statistics import Figure
from scripts.benching.store import Store
from scripts.benching.systems import OURS, System

QUEUES = {"arq:cognition": 5, "arq:sensory": 20, "arq:action": 8, "arq:social": 10}
"""The fleet's own queues and the slots that each has by default."""

FEW, MANY = 1_000, 1_000_000
FIRST_GUESS_JOBS_S = 2000.0
POLLING_GUESS_JOBS_S = 400.0
POLLING_WINDOW_S = 3.0
"""Six polls of stock arq."""


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
    """What everything may take, installs included; what is left out for it is said."""


QUICK = Plan(runs=2, processes=(1,), deep_runs=0, limit_s=170)
PEERS = Plan(runs=3, window_s=0.8, pickups=60, loaded_s=8, fill_s=150, limit_s=24 * 60)
FULL = Plan(
    runs=5,
    window_s=10,
    enqueue_s=5,
    pickups=1000,
    pickup_gap_s=0.1,
    deep_for_all=True,
    deep_runs=5,
    loaded_s=60,
    fill_s=3600,
    recovery_cut_off_s=900,
    log_normal_s=300,
    crowd_hold_s=120,
    attempt_s=300,
)

BRIEF: dict[str, Any] = {
    "runs": 1,
    "window_s": 0.5,
    "enqueue_s": 0.3,
    "pickups": 20,
    "pickup_gap_s": 0.03,
    "deep_runs": 1,
    "loaded_s": 3,
    "fill_s": 3,
    "recovery_cut_off_s": 15,
    "log_normal_s": 10,
    "crowd_hold_s": 60,
    "attempt_s": 60,
}
"""What makes any plan so short that its figures say nothing: to see that every measure works for every system."""

GIVEN_UP_AFTER = 3
"""Measures that failed one after the other; a system that hangs shall not take the others' time."""

TOO_LITTLE_S = 5.0
"""With less time left nothing is begun."""


@dataclass
class Bench:
    stage: Stage
    systems: list[System]
    plan: Plan
    started: float = field(default_factory=time.monotonic)
    found: dict[str, dict[str, tuple[str, list[float]]]] = field(default_factory=lambda: defaultdict(dict))
    failures: list[str] = field(default_factory=list)
    cut: list[str] = field(default_factory=list)
    _rates: dict[str, float] = field(default_factory=dict)
    _failed: Counter[str] = field(default_factory=Counter)

    def measure(self) -> None:
        for number in range(max(self.plan.runs, self.plan.deep_runs)):
            if number < self.plan.runs:
                self._round(number)
            if number < self.plan.deep_runs:
                self._deep_round(number)

    def figures(self) -> dict[str, dict[str, Figure]]:
        return {
            name: {system: Figure(unit, tuple(runs)) for system, (unit, runs) in systems.items()}
            for name, systems in self.found.items()
        }

    def _round(self, number: int) -> None:
        for processes in self.plan.processes:
            for slots in self.plan.slots:
                for system in self.systems:
                    self._throughput(system, slots, processes, number)
        for measure in (self._enqueue, self._idle_pickup, self._commands):
            for system in self.systems:
                if system.runs_jobs:
                    name = measure.__name__.strip("_").replace("_", " ")
                    self._attempt(system, name, number, partial(measure, system))

    def _throughput(self, system: System, slots: int, processes: int, number: int) -> None:
        window_s = max(self.plan.window_s, POLLING_WINDOW_S if system.polls else 0.0)
        guess = POLLING_GUESS_JOBS_S if system.polls else FIRST_GUESS_JOBS_S
        jobs = round(self._rates.get(system.name, guess) * 1.4 * (window_s + 0.5 * processes) * processes**0.7)
        where = f"{slots}x{processes}"

        def measure() -> None:
            options: dict[str, Any] = {"slots": slots, "processes": processes, "jobs": jobs, "window_s": window_s}
            run = measurements.throughput(self.stage, system, **options)
            self._rates[system.name] = run["jobs_s"] / processes**0.7
            self._add(system, f"throughput_{where}", "jobs/s", run["jobs_s"])
            for name in COSTS.keys() & run.keys():
                self._add(system, f"{name}_{where}", COSTS[name], run[name])

        self._attempt(system, f"throughput {where}", number, measure)

    def _enqueue(self, system: System) -> None:
        run = measurements.enqueue(self.stage, system, jobs=200_000, seconds=self.plan.enqueue_s)
        for name, value in run.items():
            unit = "jobs/s" if name.endswith("_jobs_s") else "µs/job" if name.endswith("_us") else "bytes/job"
            self._add(system, f"enqueue_{name.removesuffix('_jobs_s')}", unit, value)

    def _idle_pickup(self, system: System) -> None:
        jobs, gap_s = self.plan.pickups, self.plan.pickup_gap_s
        self._add_all(system, "pickup_idle", "ms", measurements.idle_pickup(self.stage, system, jobs=jobs, gap_s=gap_s))

    def _commands(self, system: System) -> None:
        self._add_all(system, "commands", "a job", measurements.commands(self.stage, system))

    def _deep_round(self, number: int) -> None:
        for measure in (self._loaded, self._recovery, self._crowd, self._log_normal, self._backlog):
            for system in self.systems:
                if system.runs_jobs and (self.plan.deep_for_all or system.name == OURS):
                    name = measure.__name__.strip("_").replace("_", " ")
                    self._attempt(system, name, number, partial(measure, system), takes_long=True)

    def _loaded(self, system: System) -> None:
        for name, load in (("half", 0.5), ("nine_tenths", 0.9)):
            run = measurements.loaded_pickup(self.stage, system, load=load, hold_s=0.1, seconds=self.plan.loaded_s)
            self._add_all(system, f"pickup_{name}", "ms", run, units={"jobs": "jobs"})

    def _backlog(self, system: System) -> None:
        options: dict[str, Any] = {"few": FEW, "many": MANY, "first": FEW, "times": 5, "fill_s": self.plan.fill_s}
        with Store(self.stage.folder / "other-store") as other:
            for few, many in measurements.backlogs(self.stage, self.stage.beside(other), system, **options):
                for name, run in (("1k", few), ("1m", many)):
                    self._add(system, f"backlog_{name}_waiting", "jobs", run["waiting"])
                    self._add(system, f"backlog_{name}_wall", "µs/job", 1e6 / run["jobs_s"])
                    for cost in ("worker_cpu_us", "redis_cpu_us"):
                        self._add(system, f"backlog_{name}_{cost}", "µs/job", run[cost])
                self._add(system, "backlog_times_wall", "times", few["jobs_s"] / many["jobs_s"])
                self._add(system, "backlog_times_cpu", "times", _cpu_us(many) / _cpu_us(few))

    def _recovery(self, system: System) -> None:
        run = measurements.recovery(self.stage, system, jobs=8, cut_off_s=self.plan.recovery_cut_off_s)
        self._add_all(system, "recovery", "s", run, units={"jobs": "jobs", "not_started_again": "jobs"})
        if run["not_started_again"]:
            cut_off = self.plan.recovery_cut_off_s
            self.cut.append(f"{system.name}: recovery was cut off after {cut_off:.0f} s")

    def _crowd(self, system: System) -> None:
        """Forty workers."""
        each = 10 if system.crowds else 1
        options: dict[str, Any] = {"slots": 10, "processes": 40 // each, "each": each}
        run = measurements.crowd(self.stage, system, **options, hold_s=self.plan.crowd_hold_s)
        self._add(system, "crowd_slots_filled", f"of {run['slots']:g} slots", run["filled"])

    def _log_normal(self, system: System) -> None:
        seconds = self.plan.log_normal_s
        for queue, run in measurements.log_normal(self.stage, system, queues=QUEUES, load=0.8, seconds=seconds).items():
            self._add_all(system, f"log_normal_{queue.split(':')[1]}", "ms", run, units={"jobs": "jobs"})

    def _add_all(
        self, system: System, prefix: str, unit: str, run: Found, *, units: Mapping[str, str] | None = None
    ) -> None:
        for name, value in run.items():
            self._add(system, f"{prefix}_{name}", (units or {}).get(name, unit), value)

    def _add(self, system: System, name: str, unit: str, value: float) -> None:
        self.found[name].setdefault(system.name, (unit, []))[1].append(value)

    def _attempt(
        self, system: System, what: str, number: int, measure: Callable[[], None], *, takes_long: bool = False
    ) -> None:
        """A run that fails, or takes too long, is said and left out; the others go on."""
        which = f"{system.name}, {what}, run {number + 1}"
        if self._failed[system.name] >= GIVEN_UP_AFTER:
            return
        left = self.plan.limit_s - self._elapsed()
        if left < TOO_LITTLE_S:
            self.cut.append(f"{which}: no time was left")
            return
        print(f"{self._elapsed():6.0f} s  {which}", file=sys.stderr)
        try:
            with within(left if takes_long else min(left, self.plan.attempt_s)):
                measure()
            self._failed[system.name] = 0
        except BenchFailed as error:
            self._note(system, which, error)

    def _note(self, system: System, which: str, error: BenchFailed) -> None:
        print(f"          failed: {error}", file=sys.stderr)
        self.failures.append(f"{which}: {error}")
        self._failed[system.name] += 1
        if self._failed[system.name] == GIVEN_UP_AFTER:
            self.cut.append(f"{system.name}: left out after {which}, the {GIVEN_UP_AFTER}rd that failed in a row")

    def _elapsed(self) -> float:
        return time.monotonic() - self.started


def _cpu_us(run: Found) -> float:
    """Of everybody who works for a job."""
    return run["worker_cpu_us"] + run["redis_cpu_us"] + run.get("ledger_cpu_us", 0.0)


COSTS = {
    "worker_cpu_us": "µs/job",
    "redis_cpu_us": "µs/job",
    "ledger_cpu_us": "µs/job",
    "ledger_behind": "entries",
    "ledger_lag_ms": "ms",
    "worker_bytes": "bytes/job",
    "rss_mb": "MB/worker",
}
"""What a throughput run says besides, with its unit."""
