"""What processes of a benchmark used is not forgotten when they end."""

import sys
from collections.abc import Generator
from pathlib import Path

import psutil
import pytest

from scripts.benching.ledger import LedgerStore
from scripts.benching.processes import Process, waited_for
from scripts.benching.stage import Stage
from scripts.benching.store import Store
from scripts.benching.systems import OURS, SYSTEMS
from scripts.benching.venvs import environment

WITH_A_CHILD = """
import subprocess, sys, time
subprocess.run([sys.executable, "-c", "while True: pass"])
time.sleep(600)
"""

WITH_A_THREAD = """
import threading, time
def work():
    while time.thread_time() < 0.3: pass
threading.Thread(target=work).start()
time.sleep(600)
"""


@pytest.fixture
def started(request: pytest.FixtureRequest, tmp_path: Path) -> Generator[Process]:
    process = Process([sys.executable, "-c", request.param], {}, tmp_path / "program.log")
    yield process
    process.stop()


@pytest.mark.parametrize("started", [WITH_A_CHILD], indirect=True)
def test_the_cpu_of_a_child_that_has_ended_stays_in_the_sum(started: Process) -> None:
    parent = psutil.Process(started.pid)
    waited_for(lambda: started.cpu_s() > 0.3, 30, "it used no CPU")
    [child] = parent.children()
    before = started.cpu_s()

    child.kill()
    waited_for(lambda: not parent.children(), 10, "the child did not end")

    assert started.cpu_s() >= before


@pytest.mark.parametrize("started", [WITH_A_THREAD], indirect=True)
def test_the_cpu_of_a_thread_that_has_ended_stays_in_the_sum(started: Process) -> None:
    program = psutil.Process(started.pid)
    waited_for(lambda: program.num_threads() == 2, 30, "the thread did not start")
    readings: list[float] = []

    def has_ended() -> bool:
        readings.append(started.cpu_s())
        return program.num_threads() == 1

    waited_for(has_ended, 30, "the thread did not end")
    readings.append(started.cpu_s())

    assert readings == sorted(readings)
    assert readings[-1] > 0.2


def test_what_copying_the_ledger_costs_postgresql_is_counted(tmp_path: Path) -> None:
    with Store(tmp_path / "store") as store, LedgerStore(tmp_path / "ledger") as ledger:
        stage = Stage(store, ledger, tmp_path, {OURS: environment(SYSTEMS[OURS])})
        with stage.run(SYSTEMS[OURS]) as run:
            run.settle_in()
            run.write_down()
            run.produce("bulk", "--jobs", 5000)
            copied = run.write_down()

    assert copied is not None
    assert copied.entries >= 5000
    assert copied.postgres_cpu_s > 0.02
    assert copied.cpu_s > copied.postgres_cpu_s
