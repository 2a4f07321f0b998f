"""The command line as a whole: what every command has in common."""

import signal
import subprocess
import sys
from inspect import cleandoc
from pathlib import Path

import pytest

from mindfleet.cli.__main__ import main
from mindfleet.cli.commands import COMMANDS, GROUPS
from mindfleet.cli.exits import CommandFailed, Exit, meaning
from mindfleet.errors import (
    ExtraMissing,
    InvalidJob,
    MindfleetError,
    QueueUnavailable,
    SettingsInvalid,
    StoreUnavailable,
    StoreUnnamed,
)

from .conftest import Bot

PROMISED = (
    *("setup", "start", "stop", "restart", "status", "ps", "logs", "jobs", "demo", "chat"),
    *("enqueue", "tasks", "migrate", "config", "env", "doctor", "test", "help"),
    *("job", "wait", "cancel", "parked", "effects", "pause", "resume", "limit", "rehydrate"),
)


def test_has_every_command_that_was_promised() -> None:
    assert sorted(COMMANDS) == sorted(PROMISED)


@pytest.mark.parametrize("name", PROMISED)
def test_says_of_each_command_in_the_overview_what_its_help_says(name: str) -> None:
    command = COMMANDS[name]
    target = command.target
    if callable(target) and target.__doc__ and not hasattr(target, "registered_commands"):
        first = " ".join(cleandoc(target.__doc__).split("\n\n")[0].split())
        assert command.summary.rstrip(".").split(";")[0].split(",")[0] in first


def test_shows_all_commands_when_none_is_given(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main([])
    shown = capsys.readouterr().out
    assert ended.value.code == Exit.OK
    assert all(f"  {command.name} " in shown for group in GROUPS.values() for command in group)


def test_the_overview_puts_what_commands_do_below_each_other(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main([])
    shown = capsys.readouterr().out.splitlines()
    begins = {line.index(command.summary) for command in COMMANDS.values() for line in shown if command.summary in line}
    assert len(begins) == 1


def test_refuses_an_option_that_there_is_not(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main(["--nonsense"])
    assert ended.value.code == Exit.USAGE
    told = capsys.readouterr()
    assert "'--nonsense'" in told.err
    assert not told.out


def test_names_the_nearest_command_when_one_is_misspelt(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main(["stetus"])
    assert ended.value.code == Exit.USAGE
    assert "did you mean status?" in capsys.readouterr().err


def test_the_help_of_a_command_is_reached_both_ways(bot: Bot) -> None:
    asked, flagged = bot("help", "start"), bot("start", "--help")
    assert asked.code == flagged.code == Exit.OK
    assert asked.out == flagged.out
    assert "--cell" in asked.out


def test_help_imports_no_driver() -> None:
    code = (
        "import contextlib, sys\n"
        "from mindfleet.cli.__main__ import main\n"
        "with contextlib.suppress(SystemExit): main([])\n"
        "sys.exit(' '.join({'asyncpg', 'neo4j', 'openai', 'mindfleet.wiring'} & sys.modules.keys()) or 0)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def test_a_wrong_setting_is_told_without_a_traceback(bot: Bot) -> None:
    ended = bot("config", "show", "--queues.sensory.max-jobs", "many")
    assert ended.code == Exit.CONFIG
    assert "is not a whole number" in ended.err
    assert "config show --origin" in ended.err.splitlines()[-1]
    assert "Traceback" not in ended.err


def test_ctrl_c_is_no_fault_of_ours() -> None:
    code = (
        "import signal\n"
        "signal.signal(signal.SIGINT, signal.default_int_handler)\n"  # who runs us in the background has it ignored
        "from mindfleet.cli import __main__ as cli\n"
        "cli._run = lambda given: signal.raise_signal(signal.SIGINT)\n"
        "cli.main(['demo'])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout, done.stderr) == (-signal.SIGINT, "", "")


def test_a_traceback_is_shown_on_demand(bot: Bot) -> None:
    ended = bot("--debug", "config", "show", "--queues.sensory.max-jobs", "many")
    assert ended.code == 1
    assert "Traceback" in ended.err


def test_every_command_takes_settings_as_flags(bot: Bot) -> None:
    shown = bot("config", "show", "--queues.sensory.max-jobs", "3", "--json", "--bot-name=luna").data["settings"]
    found = {row["name"]: (row["value"], row["origin"]) for row in shown}
    assert found["queues.sensory.max_jobs"] == ("3", "flag")
    assert found["bot_name"] == ("luna", "flag")


def test_a_foreign_env_file_in_the_callers_folder_is_not_read(bot: Bot, tmp_path: Path) -> None:
    (tmp_path / ".env").write_text("BOT_NAME=stranger\n", encoding="utf-8")
    shown = bot("config", "show", "--json", folder=tmp_path, MINDFLEET_ENV_FILE="").data["settings"]
    assert "stranger" not in {row["value"] for row in shown}


def test_a_relative_home_starts_where_the_caller_is(bot: Bot, tmp_path: Path) -> None:
    shown = bot("config", "show", "--json", folder=tmp_path, MINDFLEET_HOME="data").data["settings"]
    assert {row["name"]: row["value"] for row in shown}["home"] == str(tmp_path / "data")
    shown = bot("config", "show", "--json", "--home", "other", folder=tmp_path).data["settings"]
    assert {row["name"]: row["value"] for row in shown}["home"] == str(tmp_path / "other")


def test_colours_are_only_for_those_who_want_them(bot: Bot) -> None:
    assert "\x1b[" not in bot("help").out
    assert "\x1b[" in bot("help", FORCE_COLOR="1").out
    assert "\x1b[3" not in bot("help", FORCE_COLOR="1", NO_COLOR="1").out


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (SettingsInvalid("x"), Exit.CONFIG),
        (QueueUnavailable("x"), Exit.UNAVAILABLE),
        (StoreUnavailable("x"), Exit.UNAVAILABLE),
        (StoreUnnamed("DATABASE_URL"), Exit.UNAVAILABLE),
        (ExtraMissing("x"), Exit.UNAVAILABLE),
        (InvalidJob("x"), Exit.USAGE),
        (MindfleetError("x"), Exit.FAILED),
        (CommandFailed("x", then="y", code=Exit.NOT_RUNNING), Exit.NOT_RUNNING),
    ],
)
def test_every_error_has_a_code_and_a_next_step(error: MindfleetError, code: Exit) -> None:
    found, then = meaning(error)
    assert found == code
    assert then
