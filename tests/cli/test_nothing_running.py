"""What commands say while nothing is running."""

import fcntl
from pathlib import Path

import pytest

from mindfleet.cli import printing
from mindfleet.cli.__main__ import main
from mindfleet.cli.away import in_words_of_here
from mindfleet.cli.call import Call
from mindfleet.cli.exits import CommandFailed, Exit, meaning
from mindfleet.cli.homes import demo_home, demo_lock
from mindfleet.errors import QueueUnavailable, StoreUnnamed

from .conftest import Bot


def test_status_says_so_with_lsbs_code(bot: Bot) -> None:
    ended = bot("status", "--json")
    assert ended.code == Exit.NOT_RUNNING
    assert ended.data["state"] == "not running"
    assert ended.data["processes"] == []


def test_stopping_is_fine(bot: Bot) -> None:
    ended = bot("stop")
    assert ended.code == Exit.OK
    assert "not running" in ended.err


def test_env_has_nothing_to_export(bot: Bot) -> None:
    ended = bot("env")
    assert ended.code == Exit.NOT_RUNNING
    assert ended.out == ""
    assert "./bot.sh start stack" in ended.err


def test_ps_is_empty(bot: Bot) -> None:
    assert bot("ps", "--json").data["processes"] == []


def test_doctor_says_what_to_run(bot: Bot) -> None:
    checks = bot("doctor", "--json").data["checks"]
    assert {
        "mark": "warn",
        "what": "no stack is running and no setting names another",
        "fix": "run ./bot.sh start workers",
    } in checks


def test_doctor_fails_on_a_wrong_setting(bot: Bot) -> None:
    ended = bot("doctor", "--json", REDIS_URL="http://nowhere")
    assert ended.code == Exit.FAILED
    assert any(check["mark"] == "fail" and "REDIS_URL" in check["what"] for check in ended.data["checks"])


def test_a_redis_that_is_away_is_told_in_two_lines(bot: Bot) -> None:
    ended = bot("jobs", "sensory", REDIS_URL="redis://127.0.0.1:1/0")
    assert ended.code == Exit.UNAVAILABLE
    assert "redis://127.0.0.1:1/0 does not answer" in ended.err
    assert "Traceback" not in ended.err


def test_a_home_that_cannot_be_made_is_a_wrong_setting(bot: Bot, tmp_path: Path) -> None:
    (tmp_path / "logs").touch()
    ended = bot("start", "stack", MINDFLEET_HOME=str(tmp_path))
    assert ended.code == Exit.CONFIG
    assert f"{tmp_path / 'logs'}: cannot be made (File exists); set MINDFLEET_HOME" in ended.err
    assert "fault of ours" not in ended.err


def test_a_home_that_cannot_be_read_is_a_wrong_setting(bot: Bot, tmp_path: Path) -> None:
    ended = bot("ps", MINDFLEET_HOME=str(tmp_path / ("x" * 300)))
    assert ended.code == Exit.CONFIG
    assert "cannot be read (File name too long); set MINDFLEET_HOME" in ended.err


def test_the_tasks_are_listed_with_all_that_a_caller_needs(bot: Bot) -> None:
    tasks = {task["name"]: task for task in bot("tasks", "--json").data["tasks"]}
    summarization = tasks["run_summarization"]
    assert summarization["queue"] == "arq:cognition"
    assert summarization["timeout_seconds"] > 0
    assert summarization["retry"]["attempts"] > 1
    assert summarization["schedule"] is None
    assert "session_id" in summarization["payload"]["properties"]


def test_the_names_of_tasks_are_whole_on_a_narrow_screen(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(printing, "WIDE", 80)
    with pytest.raises(SystemExit):
        main(["tasks"])
    assert {"run_preference_extraction", "run_relationship_update"} <= set(capsys.readouterr().out.split())


def test_the_time_that_a_task_has_is_what_its_queue_grants(bot: Bot) -> None:
    def seconds(*words: str) -> float:
        tasks = bot("tasks", "--json", *words).data["tasks"]
        return float(next(task["timeout_seconds"] for task in tasks if task["name"] == "run_goal_analysis"))

    assert seconds() == 30
    assert seconds("--queues.sensory.job-timeout", "20") == 20
    assert seconds("--queues.sensory.job-timeout", "500") == 120


@pytest.mark.parametrize(
    ("words", "why"),
    [
        (("enqueue", "run_sumarization"), "did you mean 'run_summarization'?"),
        (("enqueue", "run_summarization", "user"), "is not KEY=VALUE"),
        (("enqueue", "run_summarization", "messages=hello"), "is to be JSON"),
        (("enqueue", "run_summarization", "--queue", "sensry"), "did you mean sensory?"),
        (("start", "cogniton"), "did you mean cognition?"),
        (("jobs", "everything"), "there are cognition, sensory, action, social"),
        (("demo", "--conversation", "gone.jsonl"), "cannot be read"),
    ],
)
def test_wrong_words_are_refused_before_anything_is_touched(bot: Bot, words: tuple[str, ...], why: str) -> None:
    ended = bot(*words)
    assert ended.code == Exit.USAGE
    assert why in ended.err


def test_the_demo_refuses_to_empty_a_folder_that_is_not_its_own(bot: Bot, tmp_path: Path) -> None:
    (tmp_path / "demo").mkdir()
    (tmp_path / "demo" / "thesis.txt").write_text("three years of work", encoding="utf-8")
    ended = bot("demo", MINDFLEET_HOME=str(tmp_path))
    assert ended.code == Exit.FAILED
    assert (tmp_path / "demo" / "thesis.txt").exists()


@pytest.fixture
def call(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Call:
    """In a home where nothing runs, on a machine that says nothing."""
    for name in ("REDIS_URL", "MINDFLEET_REDIS__URL", "QUEUE_HOST"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("MINDFLEET_ENV_FILE", "/dev/null")
    monkeypatch.setenv("MINDFLEET_HOME", str(tmp_path))
    return Call()


@pytest.mark.parametrize(
    ("error", "name"), [(QueueUnavailable("x"), "REDIS_URL"), (StoreUnnamed("DATABASE_URL"), "DATABASE_URL")]
)
def test_a_store_that_nobody_named_is_away_because_nothing_runs(
    call: Call, error: QueueUnavailable | StoreUnnamed, name: str
) -> None:
    said = in_words_of_here(error, call)
    assert isinstance(said, CommandFailed)
    assert str(said) == f"nothing is running here, and {name} is not set"
    code, then = meaning(said)
    assert code == Exit.UNAVAILABLE
    assert "./bot.sh start stack" in then


def test_a_redis_that_is_named_and_away_is_told_by_its_name(call: Call, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("REDIS_URL", "redis://127.0.0.1:1/0")
    error = QueueUnavailable("Redis at redis://127.0.0.1:1/0 does not answer")
    assert in_words_of_here(error, call) is error


@pytest.mark.parametrize("words", [("parked",), ("effects",), ("migrate",), ("rehydrate",)])
def test_what_needs_postgresql_says_what_to_start(bot: Bot, words: tuple[str, ...]) -> None:
    ended = bot(*words)
    assert ended.code == Exit.UNAVAILABLE
    assert ended.err.splitlines() == [
        "nothing is running here, and DATABASE_URL is not set",
        "start it: ./bot.sh start stack; or set DATABASE_URL",
    ]


def test_a_misspelt_setting_is_told_once(
    call: Call, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setenv("MINDFLEET_HOMME", "x")
    assert call.load().warnings == call.load(bot_name="luna").warnings != ()
    assert [record.getMessage() for record in caplog.records] == list(call.load().warnings)


def test_a_second_demo_leaves_the_first_alone(bot: Bot, tmp_path: Path) -> None:
    demo_lock(tmp_path).parent.mkdir()
    with demo_lock(tmp_path).open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        ended = bot("demo", MINDFLEET_HOME=str(tmp_path))
    assert ended.code == Exit.FAILED
    assert f"a demo is running in {demo_home(tmp_path)}" in ended.err
    assert not demo_home(tmp_path).exists()
