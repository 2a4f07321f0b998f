"""The stack through the command line, from start to stop."""

import shlex
from collections.abc import Generator
from pathlib import Path

import pytest

from mindfleet.cli.exits import Exit

from .conftest import Bot

pytestmark = pytest.mark.stack


@pytest.fixture(scope="module")
def running(bot: Bot) -> Generator[Bot]:
    """With the stores up."""
    assert bot("start", "stack").code == Exit.OK
    yield bot
    stopped = bot("stop", "--now")
    assert stopped.code == Exit.OK
    assert bot("status").code == Exit.NOT_RUNNING


def test_status_shows_stores_and_queues(running: Bot) -> None:
    ended = running("status", "--json")
    assert ended.code == Exit.OK
    assert {process["name"]: process["state"] for process in ended.data["processes"]} == {
        "graph": "up",
        "postgres": "up",
        "valkey": "up",
    }
    assert ended.data["queues"]["sensory"] == {
        "ready": 0,
        "running": 0,
        "deferred": 0,
        "parked": 0,
        "retrying": {"jobs": 0, "at_least": False, "error": ""},
        "oldest_seconds": 0,
        "worker": False,
    }


def test_nothing_is_started_for_a_redis_that_is_named_and_does_not_answer(bot: Bot, tmp_path: Path) -> None:
    ended = bot("start", "workers", MINDFLEET_HOME=str(tmp_path), REDIS_URL="redis://127.0.0.1:1/0")

    assert ended.code == Exit.UNAVAILABLE
    assert "redis://127.0.0.1:1/0 does not answer" in ended.err
    assert bot("status", MINDFLEET_HOME=str(tmp_path)).code == Exit.NOT_RUNNING


def test_starting_again_changes_nothing(running: Bot) -> None:
    before = running("ps", "--json").data
    assert running("start", "stack").code == Exit.OK
    after = running("ps", "--json").data
    assert after["supervisor"] == before["supervisor"]
    assert [process["pid"] for process in after["processes"]] == [process["pid"] for process in before["processes"]]


def test_env_gives_exports_that_a_shell_takes(running: Bot) -> None:
    words = shlex.split(running("env").out)
    exported = dict(word.split("=", 1) for word in words if word != "export")
    assert exported == running("env", "--json").data["env"]
    assert exported.keys() == {"REDIS_URL", "DATABASE_URL", "NEO4J_URL", "NEO4J_USER", "NEO4J_PASSWORD"}
    assert exported["REDIS_URL"].startswith("redis://default:")


def test_a_job_is_seen_in_its_queue_and_not_taken(running: Bot) -> None:
    given = running(
        "enqueue", "run_reflection", "user_id=ana", "bot_name=luna", "--job-id", "one", "--queue", "social", "--json"
    ).data
    assert (given["job_id"], given["outcome"]) == ("one", "queued")
    for _ in range(2):
        (seen,) = running("jobs", "social", "--json").data["jobs"]
        assert (seen["job_id"], seen["task"], seen["state"]) == ("one", "run_reflection", "ready")
        assert seen["payload"] == {"user_id": "ana", "bot_name": "luna"}
    assert running("status", "--json").data["queues"]["social"]["ready"] == 1


def test_a_job_is_named_before_its_result_is_waited_for(running: Bot) -> None:
    words = ("enqueue", "run_reflection", "user_id=ben", "bot_name=luna", "--defer-by", "60", "--job-id", "later")
    ended = running(*words, "--wait", "--timeout", "0.1")
    assert ended.code == Exit.FAILED
    assert ended.out == "later\n"
    assert "did not end within 0.1 s" in ended.err


def test_migrating_twice_applies_nothing_the_second_time(running: Bot) -> None:
    assert running("migrate", "--json").code == Exit.OK
    assert running("migrate", "--json").data["applied"] == []


def test_logs_of_the_stores_are_shown(running: Bot) -> None:
    lines = running("logs", "stack", "--json").data["lines"]
    assert {"graph", "valkey"} <= {line["process"] for line in lines}
    assert running("logs", "nobody").code == Exit.FAILED
