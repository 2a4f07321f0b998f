"""Whether a worker lives, as the health check of its image sees it."""

import json
import os
import subprocess
import sys
from collections.abc import Generator
from datetime import timedelta
from pathlib import Path

import pytest

from mindfleet.embedded import reports
from mindfleet.embedded.program import READY_FILE
from mindfleet.embedded.reports import Report
from mindfleet.observe.health import Patience
from mindfleet.observe.health_server import serve_health
from mindfleet.queues import Queue
from mindfleet.vitals import Vitals
from workers.alive import reported, trouble

ROOT = Path(__file__).parents[2]
PATIENCE = Patience(loop=timedelta(hours=1), claim=timedelta(seconds=30))


@pytest.fixture
def vitals() -> Vitals:
    vitals = Vitals("w1-cell", {Queue.COGNITION: 5})
    vitals.comes_up()
    return vitals


@pytest.fixture
def report(vitals: Vitals) -> Generator[Report]:
    with serve_health(vitals, PATIENCE, host="127.0.0.1", port=0, version="1.2.3") as url:
        yield Report.of_this_process("w1-cell", url)


def check(home: Path, *arguments: str, **environment: str) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        [sys.executable, "-m", "workers.alive", *arguments],
        env={"PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT), "MINDFLEET_HOME": str(home), **environment},
        cwd=home,
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )


def test_says_where_it_tells_of_its_health_for_as_long_as_it_is_up(
    tmp_path: Path, report: Report, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "ready"
    monkeypatch.setenv(READY_FILE, str(file))

    with reported(tmp_path / "home", report):
        told = json.loads(file.read_text(encoding="utf-8"))
        assert (told["worker_id"], told["pid"], told["health"]) == ("w1-cell", os.getpid(), report.health)
        assert reports.all_by_hand(tmp_path / "home") == []
    assert not file.exists()


def test_a_worker_that_is_run_by_hand_reports_beside_the_run_file(
    tmp_path: Path, report: Report, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv(READY_FILE, raising=False)
    (tmp_path / "run").mkdir()
    left_behind = tmp_path / "run" / "worker-4194305.ready"
    left_behind.write_text('{"worker_id": "w0-cell", "pid": 4194305, "birth": "long ago", "health": "http://gone"}')

    with reported(tmp_path, report):
        [file] = reports.all_by_hand(tmp_path)
        assert reports.read(file) == report
        assert check(tmp_path).returncode == 0
    assert reports.all_by_hand(tmp_path) == []
    assert "no worker reports here" in check(tmp_path).stderr


def test_a_home_that_cannot_be_written_costs_the_report_only(
    tmp_path: Path, report: Report, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.delenv(READY_FILE, raising=False)
    (tmp_path / "run").write_text("no folder", encoding="utf-8")

    with reported(tmp_path, report):
        pass
    assert "cannot be written" in caplog.text


def test_is_healthy_while_it_says_so(tmp_path: Path, report: Report) -> None:
    reports.write(tmp_path / "ready", report)

    assert trouble(tmp_path / "ready") is None
    assert trouble(tmp_path / "ready", ready=True) is None
    assert check(tmp_path, MINDFLEET_READY_FILE=str(tmp_path / "ready")).returncode == 0


def test_a_lost_store_is_told_only_to_those_who_ask_whether_it_is_ready(
    tmp_path: Path, vitals: Vitals, report: Report
) -> None:
    reports.write(tmp_path / "ready", report)
    vitals.store("postgres", lost="no answer within 3 s")

    assert trouble(tmp_path / "ready") is None
    ended = check(tmp_path, "--ready", MINDFLEET_READY_FILE=str(tmp_path / "ready"))
    assert (ended.returncode, ended.stderr) == (1, "postgres is lost: no answer within 3 s\n")


def test_a_proxy_of_the_environment_is_not_asked(
    tmp_path: Path, report: Report, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:1")
    reports.write(tmp_path / "ready", report)

    assert trouble(tmp_path / "ready") is None


def test_a_worker_that_does_not_answer_is_not_healthy(tmp_path: Path) -> None:
    reports.write(tmp_path / "ready", Report.of_this_process("w1-cell", "http://127.0.0.1:1"))

    wrong = trouble(tmp_path / "ready")
    assert wrong is not None
    assert "does not answer" in wrong


@pytest.mark.parametrize(
    "content",
    [
        "",
        "not a number",
        "4194305",
        "{}",
        '{"worker_id": "w", "pid": 4194305, "birth": "long ago", "health": "http://127.0.0.1:1"}',
        '{"worker_id": "w", "pid": 1, "birth": "another one\'s", "health": "http://127.0.0.1:1"}',
    ],
)
def test_is_not_healthy_before_it_is_up_or_after_its_end(tmp_path: Path, content: str) -> None:
    (tmp_path / "ready").write_text(content, encoding="utf-8")

    wrong = trouble(tmp_path / "ready")
    assert wrong is not None
    assert "not up yet" in wrong
    assert trouble(tmp_path / "missing") is not None
