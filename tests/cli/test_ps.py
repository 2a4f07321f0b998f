"""What `ps` and `status` show of workers: processes of this machine, and what workers say of themselves."""

import json
from collections.abc import Generator
from pathlib import Path
from signal import SIGCONT, SIGSTOP
from urllib.request import urlopen

import pytest

from mindfleet.cli.exits import Exit
from mindfleet.embedded import reports, runfile
from mindfleet.embedded.reports import Report

from .conftest import Bot

SAID = {
    "worker_id",
    "timestamp",
    "queues",
    "slots",
    "active_tasks",
    "tasks_processed",
    "tasks_failed",
    "loop_lag_seconds",
    "version",
    "host",
    "pid",
    "started_at",
    "draining",
    "health",
}


@pytest.fixture(scope="module")
def running(bot: Bot) -> Generator[Bot]:
    """With the stores and the cell up."""
    started = bot("start", "workers", "--cell", WORKER_ID="w1")
    assert started.code == Exit.OK, started.err
    yield bot
    assert bot("stop", "--now").code == Exit.OK


@pytest.mark.stack
def test_ps_shows_what_each_worker_says_of_itself(running: Bot) -> None:
    seen = running("ps", "--json").data
    [worker] = seen["workers"]
    [process] = [process for process in seen["processes"] if process["kind"] == "worker"]
    assert worker.keys() == SAID
    assert (worker["worker_id"], worker["queues"]) == ("w1-cell", ["cognition", "sensory", "action", "social"])
    assert (worker["slots"], worker["active_tasks"], worker["draining"]) == (43, 0, False)
    assert worker["pid"] == process["pid"]
    assert seen["unknown"] == []


@pytest.mark.stack
def test_the_port_of_health_is_in_the_run_file_and_answers(running: Bot, home: Path) -> None:
    stack = runfile.read(home)
    assert stack is not None
    record = stack.process("insight-worker")
    assert record is not None
    assert record.health is not None
    with urlopen(f"{record.health}/readyz", timeout=20) as answer:  # noqa: S310 - of a server on this machine
        assert json.load(answer)["worker_id"] == "w1-cell"
    assert [process["health"] for process in running("status", "--json").data["processes"] if process["health"]] == [
        record.health
    ]


@pytest.mark.stack
def test_ps_is_a_table_for_people(running: Bot) -> None:
    lines = running("ps").out.splitlines()
    assert any(line.startswith("insight-worker  up") and "http://127.0.0.1:" in line for line in lines)
    assert any(line.startswith("w1-cell  cognition, sensory, action, social  0 of 43") for line in lines)


@pytest.mark.stack
def test_status_knows_by_heartbeats_who_works_a_queue_off(running: Bot) -> None:
    assert all(queue["worker"] for queue in running("status", "--json").data["queues"].values())


@pytest.mark.stack
def test_without_redis_the_processes_are_shown_and_the_rest_is_said_to_be_unknown(running: Bot) -> None:
    seen = running("ps", "--json", REDIS_URL="redis://127.0.0.1:1/0")
    assert seen.code == Exit.OK
    assert {"insight-worker", "valkey"} <= {process["name"] for process in seen.data["processes"]}
    assert seen.data["workers"] == []
    assert "does not answer" in seen.data["unknown"][0]


def test_a_worker_that_is_run_by_hand_is_shown(bot: Bot, tmp_path: Path) -> None:
    report = Report.of_this_process("w7-social", "http://127.0.0.1:4711")
    reports.write(reports.by_hand(tmp_path, report.pid), report)
    [process] = bot("ps", "--json", MINDFLEET_HOME=str(tmp_path)).data["processes"]
    assert (process["name"], process["pid"], process["health"]) == ("w7-social", report.pid, report.health)
    assert process["rss_bytes"] > 0


@pytest.mark.stack
def test_status_says_what_is_wrong_with_a_worker_that_runs(running: Bot, home: Path) -> None:
    """SIGSTOP: the process is there, and does nothing."""
    stack = runfile.read(home)
    assert stack is not None
    worker = stack.process("insight-worker")
    assert worker is not None
    assert worker.identity is not None
    worker.identity.send(SIGSTOP)
    try:
        ended = running("status", "--json")
        assert ended.code == Exit.FAILED
        [trouble] = [process["trouble"] for process in ended.data["processes"] if process["trouble"]]
        assert "does not answer" in trouble
    finally:
        worker.identity.send(SIGCONT)
