"""`scripts/bench` says what it measured, of whom and how often; and leaves nothing behind."""

import json
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Generator
from dataclasses import replace
from pathlib import Path

import psutil
import pytest

from scripts.benching import measurements, report
from scripts.benching.goals import goals
from scripts.benching.ledger import LedgerStore
from scripts.benching.machine import machine
from scripts.benching.plan import PEERS, QUICK
from scripts.benching.processes import BenchFailed, waited_for
from scripts.benching.rounds import GIVEN_UP_AFTER, Bench
from scripts.benching.stage import Stage
from scripts.benching.statistics import Figure, percentile, percentiles, ratios
from scripts.benching.store import Store
from scripts.benching.systems import CEILING, OURS, STOCK, SYSTEMS, System
from scripts.benching.venvs import environment

SCRIPT = Path(__file__).parents[2] / "scripts" / "bench"
HERE = (CEILING, OURS)
"""What runs in the checkout's own environment; nothing is installed in a test."""


@pytest.fixture(scope="module")
def stage(tmp_path_factory: pytest.TempPathFactory) -> Generator[Stage]:
    folder = tmp_path_factory.mktemp("bench")
    with Store(folder / "store") as store, LedgerStore(folder / "ledger") as ledger:
        yield Stage(store, ledger, folder, {name: environment(SYSTEMS[name]) for name in HERE})


def test_a_figure_keeps_every_run() -> None:
    figure = Figure("jobs/s", (90.0, 120.0, 100.0))

    assert figure.as_json() == {
        "unit": "jobs/s",
        "median": 100.0,
        "lowest": 90.0,
        "highest": 120.0,
        "spread": 0.3,
        "runs": [90.0, 120.0, 100.0],
    }
    with pytest.raises(ValueError, match="without a run"):
        Figure("jobs/s", ())


def test_percentiles_are_samples() -> None:
    hundred = [float(n) for n in range(100, 0, -1)]

    assert percentiles(hundred) == {"p50": 50.0, "p95": 95.0, "p99": 99.0}
    assert percentile([7.0], 0.99) == 7.0
    with pytest.raises(ValueError, match="no samples"):
        percentile([], 0.5)


def test_a_ratio_over_one_is_better_whatever_is_measured() -> None:
    figures = {
        "throughput_32x1": {OURS: Figure("jobs/s", (6000.0,)), STOCK: Figure("jobs/s", (300.0,))},
        "pickup_idle_p50": {OURS: Figure("ms", (2.0,)), STOCK: Figure("ms", (250.0,))},
    }

    assert ratios(figures, OURS, STOCK, report.COMPARED) == {"throughput": 20.0, "pickup": 125.0}


def test_a_goal_is_told_whether_it_is_met_or_not() -> None:
    rates = {OURS: 6000.0, STOCK: 250.0, "dramatiq": 2500.0, "ardiq": 9000.0, CEILING: 50_000.0}
    figures = {
        "throughput_32x1": {name: Figure("jobs/s", (rate,)) for name, rate in rates.items()},
        "pickup_idle_p99": {OURS: Figure("ms", (11.0,)), STOCK: Figure("ms", (500.0,))},
    }

    assert goals(figures) == {
        "throughput at 32 slots, times that of stock arq": {"found": 24.0, "at_least": 20.0, "met": True},
        "throughput at 32 slots, times that of the fastest Python peer, dramatiq": {
            "found": 2.4,
            "at_least": 5.0,
            "met": False,
            "floor": 3.0,
        },
        "idle pickup p99, ms": {"found": 11.0, "at_most": 10.0, "met": False},
    }


def test_every_system_says_what_it_is_measured_with() -> None:
    measured = {CEILING, OURS, STOCK, "saq", "streaq", "taskiq", "celery", "dramatiq", "docket", "ardiq"}

    assert measured == SYSTEMS.keys()
    assert all(system.settings for system in SYSTEMS.values())
    assert [name for name, system in SYSTEMS.items() if system.native_core] == ["ardiq"]
    assert all((SCRIPT.parent / "benching" / "peers" / f"{name}.py").is_file() for name in SYSTEMS)


def test_runs_of_systems_alternate(monkeypatch: pytest.MonkeyPatch, stage: Stage) -> None:
    order: list[str] = []

    def run(_stage: object, system: object, **_: object) -> dict[str, float]:
        order.append(getattr(system, "name", ""))
        raise BenchFailed("on purpose")

    for name in ("throughput", "enqueue", "idle_pickup", "commands"):
        monkeypatch.setattr(measurements, name, run)
    bench = Bench(stage, [SYSTEMS[CEILING], SYSTEMS[OURS], SYSTEMS[STOCK]], QUICK)

    bench.measure()

    assert order[:6] == [CEILING, OURS, STOCK] * 2


def test_nothing_begins_for_which_no_time_is_left(stage: Stage) -> None:
    bench = Bench(stage, [SYSTEMS[OURS]], PEERS, started=time.monotonic() - PEERS.limit_s)

    bench.measure()

    assert bench.found == {}
    assert "ours, throughput 32x2, run 3: no time was left" in bench.cut
    assert "ours, backlog, run 1: no time was left" in bench.cut


def test_a_system_that_hangs_is_cut_off_and_then_left_out(monkeypatch: pytest.MonkeyPatch, stage: Stage) -> None:
    endless = threading.Event()

    def hang(_stage: object, system: System, **_: object) -> dict[str, float]:
        if system.name == STOCK:
            endless.wait()
        raise BenchFailed("on purpose")

    monkeypatch.setattr(measurements, "throughput", hang)
    bench = Bench(stage, [SYSTEMS[STOCK]], replace(QUICK, attempt_s=0.05))

    bench.measure()

    assert bench.failures[0] == "arq, throughput 10x1, run 1: cut off after 0 s"
    assert len(bench.failures) == GIVEN_UP_AFTER
    assert bench.cut == ["arq: left out after arq, throughput 100x1, run 1, the 3rd that failed in a row"]


def test_measures_a_real_worker(stage: Stage) -> None:
    ours = SYSTEMS[OURS]
    found = measurements.throughput(stage, ours, slots=10, processes=1, jobs=600, window_s=2)

    assert 0 < found["jobs"] <= 600
    assert found["jobs_s"] == pytest.approx(found["jobs"] / found["seconds"])
    assert found["worker_cpu_us"] > 1
    assert found["redis_cpu_us"] > 1
    assert found["worker_bytes"] > 50


def test_says_what_the_ledger_costs_and_how_far_it_is_behind(stage: Stage) -> None:
    with stage.run(SYSTEMS[OURS]) as run:
        run.settle_in()
        run.fill(300)
        assert run.store.length("mindfleet:ledger") == 0
        run.start_workers(10)
        run.wait_for_jobs(301)
        waited_for(lambda: run.store.length("mindfleet:ledger") == 0, 10, "its ends were not written down")

    found = measurements.throughput(stage, SYSTEMS[OURS], slots=10, processes=1, jobs=3000, window_s=0.5)

    assert found["ledger_cpu_us"] > 1
    assert found["ledger_behind"] < 3000
    assert 0 <= found["ledger_lag_ms"] < 60_000


def test_compares_a_job_with_many_waiting_and_with_few_in_turn(stage: Stage) -> None:
    with Store(stage.folder / "another") as other:
        turns = measurements.backlogs(
            stage, stage.beside(other), SYSTEMS[OURS], few=600, many=20_000, fill_s=60, first=600, times=2
        )
    with Store(stage.folder / "another"):
        pass  # the next system's turn

    assert [(few["waiting"], many["waiting"]) for few, many in turns] == [(600, 20_000), (600, 20_000)]
    assert all(run["jobs_s"] > 0 for turn in turns for run in turn)


def test_measures_the_time_to_the_start_of_a_job(stage: Stage) -> None:
    found = measurements.idle_pickup(stage, SYSTEMS[OURS], jobs=5, gap_s=0.02)

    assert 0 < found["p50"] <= found["p95"] <= found["p99"] < 5000


def test_counts_what_clients_send_apart_from_what_scripts_run(stage: Stage) -> None:
    with stage.store.watched() as seen:
        stage.store.client.eval("for i = 1, 5 do redis.call('SET', KEYS[1], i) end", 1, "counted")
        stage.store.client.get("counted")

    assert (seen.sent, seen.in_scripts) == (2, 5)


def test_ours_takes_two_commands_a_job_at_most(stage: Stage) -> None:
    found = measurements.commands(stage, SYSTEMS[OURS])

    assert found["sent"] <= 2
    assert found["in_scripts"] > found["sent"]


def test_a_worker_that_cannot_start_says_why(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    with stage.run(SYSTEMS[OURS]) as run:
        monkeypatch.setattr(run, "_command", lambda *_: [sys.executable, "-c", "raise SystemExit('out of order')"])
        run.start_workers(1)

        with pytest.raises(BenchFailed, match="out of order"):
            run.wait_for_jobs(1)


def test_the_report_is_one_object_with_every_run(stage: Stage, capsys: pytest.CaptureFixture[str]) -> None:
    bench = Bench(stage, [SYSTEMS[CEILING], SYSTEMS[OURS]], QUICK)
    bench.found["throughput_32x1"] = {CEILING: ("jobs/s", [60_000.0, 50_000.0]), OURS: ("jobs/s", [6000.0, 5000.0])}
    found = report.as_json(bench, stage.environments, machine(stage.store.version), {"saq": "no wheel"})

    found = json.loads(json.dumps(found))
    assert found["figures"]["throughput_32x1"][OURS]["runs"] == [6000.0, 5000.0]
    assert found["share_of_ceiling"] == {"32x1": {OURS: 0.1}}
    assert found["plan"]["runs"] == QUICK.runs
    assert found["not_installed"] == {"saq": "no wheel"}
    report.print_table(found)
    assert "throughput_32x1" in capsys.readouterr().out


def test_leaves_nothing_behind_when_interrupted(tmp_path: Path) -> None:
    heard = ["env", "--default-signal=INT"]  # what runs in the background ignores it, and so does what that starts
    asked = [*heard, sys.executable, str(SCRIPT), "--systems", CEILING, "--json"]
    with subprocess.Popen(asked, env={"TMPDIR": str(tmp_path)}, stderr=subprocess.PIPE, text=True) as bench:
        assert bench.stderr is not None
        while "throughput" not in bench.stderr.readline():
            pass
        started = psutil.Process(bench.pid).children(recursive=True)
        bench.send_signal(signal.SIGINT)
        bench.stderr.read()

    assert bench.returncode == 130
    assert started
    assert psutil.wait_procs(started, timeout=5)[1] == []
    assert list(tmp_path.iterdir()) == []
