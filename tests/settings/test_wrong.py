"""What is wrong is said all at once and without secrets; what is unknown is warned of with the nearest name."""

import logging
from collections.abc import Callable
from pathlib import Path

import pytest

from mindfleet.embedded import runfile
from mindfleet.embedded.program import READY_FILE
from mindfleet.errors import SettingsInvalid
from mindfleet.settings import Loaded

Read = Callable[..., Loaded]


def problems(read: Read, env: dict[str, str], flags: dict[str, str] | None = None) -> list[str]:
    with pytest.raises(SettingsInvalid) as raised:
        read(env, flags)
    return str(raised.value).splitlines()


def test_all_errors_are_shown_at_once_with_value_place_and_what_is_allowed(
    read: Read, folders: dict[str, Path]
) -> None:
    (folders["directory"] / ".env").write_text("LOG_LEVEL=loud\n")
    (folders["home"] / "settings.yaml").write_text("conversation: {session_idle: soon}\n")
    lines = problems(read, {"SUMMARY_MESSAGE_THRESHOLD": "0", "QUEUE_PORT": "6379"}, {"queues.action.drain": "-1"})
    levels = "DEBUG, INFO, WARNING, ERROR, CRITICAL"
    file = folders["home"] / "settings.yaml"
    assert set(lines) == {
        "SUMMARY_MESSAGE_THRESHOLD = '0' (environment): is too small; allowed: a whole number, 1 or more",
        f"LOG_LEVEL = 'loud' (env file .env): is none of these; allowed: {levels}",
        f"conversation.session_idle = 'soon' ({file}): is not a number of seconds; allowed: seconds, more than 0",
        "--queues.action.drain = '-1' (flag): is too small; allowed: seconds, 0 or more",
        "QUEUE_PORT: of no use without QUEUE_HOST; set that too, or REDIS_URL instead",
    }


@pytest.mark.parametrize(
    ("name", "written", "why"),
    [
        ("REDIS_URL", "http://cache", "http:// is of no use here"),
        ("REDIS_URL", "redis://cache/first", "the database 'first' is not a number"),
        ("REDIS_URL", "unix://", "the path of the socket is missing"),
        ("REDIS_URL", "redis://cache:port", "Port could not be cast"),
        ("DATABASE_URL", "mysql://db/app", "mysql:// is of no use here"),
        ("NEO4J_URL", "bolt://u:p@graph", "user and password do not belong here"),
        ("NEO4J_URL", "bolt+x://graph", r"bolt\+x:// is of no use here"),
        ("QDRANT_URL", "qdrant:6333", "qdrant:// is of no use here"),
        ("OPENAI_BASE_URL", "http://", "the host is missing"),
        ("OLLAMA_HOST", "gpu:many", "Port could not be cast"),
        ("EXTRACTION_WINDOW", "nan", "is not a number of seconds"),
        ("EXTRACTION_WINDOW", "1e300", "is not a number of seconds"),
        ("WORKER_CONCURRENCY", "two", "is not a whole number"),
        ("ENABLE_DREAM_SEQUENCES", "perhaps", "is neither true nor false"),
        ("QUEUE_PORT", "70000", "is too large"),
        ("QUEUE_HOST", "a host", "has the wrong form"),
        ("MINDFLEET_LLM__PRICES", "{", "is not JSON"),
        ("MINDFLEET_LLM__PRICES", '{"m": {"input": 1}}', r"m\.output is missing"),
        ("MINDFLEET_VECTORS__BACKEND", "qdrant", "set QDRANT_URL too"),
        ("MINDFLEET_LLM__PROVIDER", "ollama", "set OLLAMA_HOST too"),
        ("MINDFLEET_LLM__PROVIDER", "openai", "set OPENAI_API_KEY too"),
        ("MINDFLEET_ENV_FILE", "nowhere", "cannot be read"),
        ("MINDFLEET_SETTINGS", "nowhere", "cannot be read"),
    ],
)
def test_a_value_that_cannot_be_used_is_refused(read: Read, name: str, written: str, why: str) -> None:
    with pytest.raises(SettingsInvalid, match=why):
        read({"QUEUE_HOST": "valkey", name: written})


def test_a_wrong_value_is_reported_once_though_it_stands_for_every_queue(read: Read) -> None:
    assert len(problems(read, {"WORKER_CONCURRENCY": "two"})) == 1


def test_no_error_shows_a_secret(read: Read, folders: dict[str, Path]) -> None:
    (folders["home"] / "settings.yaml").write_text("graph: {password: [hunter2]}\npostgres: {url: hunter2@db}\n")
    text = "\n".join(problems(read, {"REDIS_URL": "http://u:hunter2@cache", "QDRANT_URL": "hunter2"}))
    assert "hunter2" not in text
    assert "http://u:***@cache" in text


def test_a_settings_file_that_is_no_yaml_is_reported_by_line_and_without_its_text(
    read: Read, folders: dict[str, Path]
) -> None:
    file = folders["home"] / "settings.yaml"
    file.write_text("redis:\n  url: hunter2: hunter2\n")
    (line,) = problems(read, {})
    assert line.startswith(f"{file}: is not YAML (line 2")
    assert "hunter2" not in line
    file.write_text("- a list\n")
    assert "must be a mapping" in problems(read, {})[0]
    file.write_text("redis: here\n")
    assert problems(read, {}) == [f"redis ({file}): must be a mapping of names to values"]
    file.write_bytes(b"\xff\xfe\xfa")
    assert "cannot be read" in problems(read, {})[0]


def test_a_run_file_that_cannot_be_read_is_reported_only_when_it_is_needed(
    read: Read, folders: dict[str, Path]
) -> None:
    runfile.path(folders["home"]).parent.mkdir()
    runfile.path(folders["home"]).write_text('{"schema": 99}')
    assert "cannot be read" in problems(read, {})[0]
    addresses = {"REDIS_URL": "redis://r", "DATABASE_URL": "postgres://p/d", "NEO4J_URL": "bolt://n"}
    assert read(addresses).settings.graph.address() == "bolt://n"


@pytest.mark.parametrize(
    ("name", "nearest"),
    [
        ("SUMMARY_MESSAGE_TRESHOLD", "SUMMARY_MESSAGE_THRESHOLD"),
        ("REDIS_URI", "REDIS_URL"),
        ("ENABLE_DREAM_SEQUENCE", "ENABLE_DREAM_SEQUENCES"),
        ("MINDFLEET_QUEUES__SENSRY__MAX_JOBS", "MINDFLEET_QUEUES__SENSORY__MAX_JOBS"),
        ("MINDFLEET_HOEM", "MINDFLEET_HOME"),
        ("NEO4J_PASSWORD_FIEL", "NEO4J_PASSWORD_FILE"),
    ],
)
def test_a_misspelt_name_is_warned_of_with_the_nearest_one(
    read: Read, folders: dict[str, Path], caplog: pytest.LogCaptureFixture, name: str, nearest: str
) -> None:
    with caplog.at_level(logging.WARNING, logger="mindfleet.settings"):
        (warning,) = read({name: "1"}).warnings
    assert warning == f"{name} (environment) is not a setting; did you mean {nearest}?"
    assert warning in caplog.messages
    (folders["directory"] / ".env").write_text(f"{name}=1\n")
    (warning,) = read().warnings
    assert warning == f"{name} (env file .env) is not a setting; did you mean {nearest}?"


def test_names_of_other_programs_are_left_alone(read: Read) -> None:
    others = [
        "PATH",
        "DISCORD_TOKEN",
        "OLLAMA_MODELS",
        "TEST_DATABASE_URL",
        "DATABASE_URL_RO",
        "BOT_TOKEN",
        "POSTGRES_URL",
    ]
    assert read(dict.fromkeys(others, "x")).warnings == ()


def test_what_the_supervisor_tells_its_workers_is_no_misspelt_setting(read: Read) -> None:
    assert read({READY_FILE: "x"}).warnings == ()


def test_an_unknown_key_in_settings_yaml_is_warned_of(read: Read, folders: dict[str, Path]) -> None:
    file = folders["home"] / "settings.yaml"
    file.write_text("redis: {ulr: x}\nREDIS_URL: x\nnothing_like_it: {a: 1}\nllm:\nqueues: {sensory: {max_job: 1}}\n")
    assert read().warnings == (
        f"redis.ulr ({file}) is not a setting; did you mean redis.url?",
        f"REDIS_URL ({file}) is not a setting; here it is called redis.url",
        f"nothing_like_it ({file}) is not a setting",
        f"queues.sensory.max_job ({file}) is not a setting; did you mean queues.sensory.max_jobs?",
    )


def test_an_unknown_flag_is_an_error(read: Read) -> None:
    assert problems(read, {}, {"redis.ulr": "x"}) == [
        "--redis.ulr (flag): there is no such setting; did you mean --redis.url?"
    ]
