"""What is measured of whom, and in which order: always one run of each system, then the next of each."""

import sys
import time
from collections import Counter, defaultdict
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from scripts.benching import measurements
from scripts.benching.alarm import within
from scripts.benching.measurements import Found
from scripts.benching.notes import Attempt, Notes
from scripts.benching.plan import Plan
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
    notes: Notes = field(default_factory=Notes)
    """What is in them is taken from there and not measured again."""

    found: dict[str, dict[str, tuple[str, list[float]]]] = field(default_factory=lambda: defaultdict(dict))
    failures: list[str] = field(default_factory=list)
    cut: list[str] = field(default_factory=list)
    _rates: dict[str, float] = field(default_factory=dict)
    """No-op jobs a second of one process, when it was last measured."""

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

        def measure(attempt: Attempt) -> None:
            options: dict[str, Any] = {"slots": slots, "processes": processes, "jobs": jobs, "window_s": window_s}
            run = measurements.throughput(self.stage, system, **options)
            attempt.add(f"throughput_{where}", "jobs/s", run["jobs_s"])
            for name in COSTS.keys() & run.keys():
                attempt.add(f"{name}_{where}", COSTS[name], run[name])

        self._attempt(system, f"throughput {where}", number, measure)
        if rates := self._runs(system, f"throughput_{where}"):
            self._rates[system.name] = rates[-1] / processes**0.7

    def _enqueue(self, system: System, attempt: Attempt) -> None:
        run = measurements.enqueue(self.stage, system, jobs=200_000, seconds=self.plan.enqueue_s)
        for name, value in run.items():
            unit = "jobs/s" if name.endswith("_jobs_s") else "µs/job" if name.endswith("_us") else "bytes/job"
            attempt.add(f"enqueue_{name.removesuffix('_jobs_s')}", unit, value)

    def _idle_pickup(self, system: System, attempt: Attempt) -> None:
        jobs, gap_s = self.plan.pickups, self.plan.pickup_gap_s
        attempt.add_all("pickup_idle", "ms", measurements.idle_pickup(self.stage, system, jobs=jobs, gap_s=gap_s))

    def _commands(self, system: System, attempt: Attempt) -> None:
        attempt.add_all("commands", "a job", measurements.commands(self.stage, system))

    def _deep_round(self, number: int) -> None:
        measures = [self._loaded, self._recovery, self._crowd, self._log_normal]
        if number < self.plan.backlog_runs:
            measures.append(self._backlog)
        for measure in measures:
            for system in self.systems:
                if not system.runs_jobs or not (self.plan.deep_for_all or system.name == OURS):
                    continue
                if measure == self._recovery and any(self._runs(system, "recovery_not_started_again")):
                    continue
                name = measure.__name__.strip("_").replace("_", " ")
                self._attempt(system, name, number, partial(measure, system), takes_long=True)

    def _loaded(self, system: System, attempt: Attempt) -> None:
        for name, load in (("half", 0.5), ("nine_tenths", 0.9)):
            run = measurements.loaded_pickup(self.stage, system, load=load, hold_s=0.1, seconds=self.plan.loaded_s)
            attempt.add_all(f"pickup_{name}", "ms", run, units={"jobs": "jobs"})

    def _backlog(self, system: System, attempt: Attempt) -> None:
        options: dict[str, Any] = {
            "few": FEW,
            "many": MANY,
            "first": FEW,
            "times": self.plan.turns,
            "fill_s": self.plan.fill_s,
        }
        with Store(self.stage.folder / "other-store") as other:
            for few, many in measurements.backlogs(self.stage, self.stage.beside(other), system, **options):
                for name, run in (("1k", few), ("1m", many)):
                    attempt.add(f"backlog_{name}_waiting", "jobs", run["waiting"])
                    attempt.add(f"backlog_{name}_wall", "µs/job", 1e6 / run["jobs_s"])
                    for cost in ("worker_cpu_us", "redis_cpu_us"):
                        attempt.add(f"backlog_{name}_{cost}", "µs/job", run[cost])
                attempt.add("backlog_times_wall", "times", few["jobs_s"] / many["jobs_s"])
                attempt.add("backlog_times_cpu", "times", _cpu_us(many) / _cpu_us(few))

    def _recovery(self, system: System, attempt: Attempt) -> None:
        run = measurements.recovery(self.stage, system, jobs=8, cut_off_s=self.plan.recovery_cut_off_s)
        attempt.add_all("recovery", "s", run, units={"jobs": "jobs", "not_started_again": "jobs"})
        if run["not_started_again"]:
            cut_off = f"recovery was cut off after {self.plan.recovery_cut_off_s:.0f} s"
            again = ", and not measured again: it would only be cut off again" if self.plan.deep_runs > 1 else ""
            attempt.cut.append(f"{system.name}: {cut_off}{again}")

    def _crowd(self, system: System, attempt: Attempt) -> None:
        """Forty workers."""
        each = 10 if system.crowds else 1
        options: dict[str, Any] = {"slots": 10, "processes": 40 // each, "each": each}
        run = measurements.crowd(self.stage, system, **options, hold_s=self.plan.crowd_hold_s)
        attempt.add("crowd_slots_filled", f"of {run['slots']:g} slots", run["filled"])

    def _log_normal(self, system: System, attempt: Attempt) -> None:
        seconds = self.plan.log_normal_s
        for queue, run in measurements.log_normal(self.stage, system, queues=QUEUES, load=0.8, seconds=seconds).items():
            attempt.add_all(f"log_normal_{queue.split(':')[1]}", "ms", run, units={"jobs": "jobs"})

    def _runs(self, system: System, figure: str) -> list[float]:
        """So far."""
        _, runs = self.found[figure].get(system.name, ("", [])) if figure in self.found else ("", [])
        return runs

    def _attempt(
        self, system: System, what: str, number: int, measure: Callable[[Attempt], None], *, takes_long: bool = False
    ) -> None:
        """A run that fails, or takes too long, is said and left out; the others go on."""
        which = f"{system.name}, {what}, run {number + 1}"
        if self._failed[system.name] >= GIVEN_UP_AFTER:
            return
        if which in self.notes.attempts:
            self._take(self.notes.attempts[which])
            return
        left = self.plan.limit_s - self._elapsed()
        if left < TOO_LITTLE_S:
            self.cut.append(f"{which}: no time was left")
            return
        print(f"{self._elapsed():6.0f} s  {which}", file=sys.stderr)
        attempt = Attempt(which, system.name)
        _make(attempt, measure, left if takes_long else min(left, self.plan.attempt_s))
        self.notes.add(attempt)
        self._take(attempt)

    def _take(self, attempt: Attempt) -> None:
        for name, unit, value in attempt.figures:
            self.found[name].setdefault(attempt.system, (unit, []))[1].append(value)
        self.cut += attempt.cut
        self._failed[attempt.system] = self._failed[attempt.system] + 1 if attempt.failure else 0
        if attempt.failure:
            self.failures.append(f"{attempt.which}: {attempt.failure}")
        if self._failed[attempt.system] == GIVEN_UP_AFTER:
            after = f"{attempt.which}, the {GIVEN_UP_AFTER}rd that failed in a row"
            self.cut.append(f"{attempt.system}: left out after {after}")

    def _elapsed(self) -> float:
        return time.monotonic() - self.started


def _make(attempt: Attempt, measure: Callable[[Attempt], None], seconds: float) -> None:
    try:
        with within(seconds):
            measure(attempt)
    except BenchFailed as error:
        print(f"          failed: {error}", file=sys.stderr)
        attempt.failure = str(error)


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
