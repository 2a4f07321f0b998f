"""flag → environment → env file → settings.yaml → run file → default, for each setting by itself."""

from collections.abc import Callable
from pathlib import Path

import pytest

from mindfleet.embedded.runfile import Stack
from mindfleet.errors import SettingsInvalid
from mindfleet.settings import Loaded

Read = Callable[..., Loaded]

SOURCES = ["flag", "environment REDIS_URL", "env file .env", "settings.yaml", "run file", "default"]


@pytest.mark.parametrize("first", range(len(SOURCES)), ids=SOURCES)
def test_the_first_source_that_has_it_counts(
    read: Read, folders: dict[str, Path], request: pytest.FixtureRequest, first: int
) -> None:
    urls = {source: f"redis://host-{number}:1/0" for number, source in enumerate(SOURCES)}
    there = SOURCES[first:]
    if "env file .env" in there:
        (folders["directory"] / ".env").write_text(f"REDIS_URL={urls['env file .env']}\n")
    if "settings.yaml" in there:
        (folders["checkout"] / "settings.yaml").write_text(f"redis:\n  url: {urls['settings.yaml']}\n")
    if "run file" in there:
        stack: Stack = request.getfixturevalue("stack")
        urls["run file"] = stack.redis_url
    urls["default"] = "redis://localhost:6379/0"
    loaded = read(
        env={"REDIS_URL": urls["environment REDIS_URL"]} if "environment REDIS_URL" in there else {},
        flags={"redis.url": urls["flag"]} if "flag" in there else {},
    )
    assert loaded.settings.redis.url.get_secret_value() == urls[SOURCES[first]]
    origin = loaded.origins["redis", "url"]
    assert origin == (
        str(folders["checkout"] / "settings.yaml") if SOURCES[first] == "settings.yaml" else SOURCES[first]
    )


def test_sources_are_merged_setting_by_setting(read: Read, folders: dict[str, Path]) -> None:
    (folders["directory"] / ".env").write_text("export MINDFLEET_QUEUES__SENSORY__MAX_JOBS=3\n")
    (folders["home"] / "settings.yaml").write_text(
        "queues: {sensory: {max_jobs: 4, drain: 9}, action: {max-jobs: 2}}\ntasks: [tasks, mine]\n"
    )
    loaded = read({"MINDFLEET_QUEUES__SENSORY__KEEP_RESULT": "1"})
    sensory = loaded.settings.queues.sensory
    assert (sensory.max_jobs, sensory.drain.total_seconds(), sensory.keep_result.total_seconds()) == (3, 9, 1)
    assert sensory.job_timeout.total_seconds() == 30
    assert loaded.settings.queues.action.max_jobs == 2
    assert loaded.settings.tasks == ("tasks", "mine")


def test_the_addresses_of_the_running_stack_fill_what_no_setting_names(read: Read, stack: Stack) -> None:
    loaded = read({"DATABASE_URL": "postgres://mine/db"})
    assert loaded.settings.postgres.address() == "postgresql://mine/db"
    assert loaded.settings.graph.address() == stack.neo4j_url
    assert loaded.settings.graph.login() == (stack.neo4j_user, stack.neo4j_password)
    assert loaded.origins["graph", "password"] == "run file"


def test_credentials_of_the_running_stack_are_never_sent_to_another_server(read: Read, stack: Stack) -> None:
    del stack
    assert read({"NEO4J_URL": "bolt://elsewhere:7687"}).settings.graph.login() is None


def test_redis_by_its_parts_comes_before_the_running_stack(read: Read, stack: Stack) -> None:
    del stack
    assert read({"QUEUE_HOST": "valkey"}).settings.redis.url.get_secret_value() == "redis://valkey"


def test_without_setting_and_stack_the_one_who_needs_a_store_is_told_what_to_do(read: Read) -> None:
    settings = read().settings
    for needed, name in ((settings.postgres.address, "DATABASE_URL"), (settings.graph.address, "NEO4J_URL")):
        with pytest.raises(SettingsInvalid, match=rf"{name} is not set.*\./bot\.sh start stack"):
            needed()


def test_one_half_of_a_login_is_refused(read: Read) -> None:
    with pytest.raises(SettingsInvalid, match="NEO4J_PASSWORD is not set"):
        read({"NEO4J_USER": "neo4j"}).settings.graph.login()


def test_the_env_file_is_the_named_one_else_the_directorys_else_the_checkouts(
    read: Read, folders: dict[str, Path]
) -> None:
    for folder in ("checkout", "directory", "home"):
        (folders[folder] / ".env").write_text(f"BOT_NAME={folder}\n")
    assert read({"MINDFLEET_ENV_FILE": "../home/.env"}).settings.bot_name == "home"
    assert read().settings.bot_name == "directory"
    (folders["directory"] / ".env").unlink()
    assert read().settings.bot_name == "checkout"


def test_settings_yaml_is_the_named_one_else_homes_else_the_checkouts_and_never_the_directorys(
    read: Read, folders: dict[str, Path]
) -> None:
    for name, folder in folders.items():
        (folder / "settings.yaml").write_text(f"bot_name: {name}\n")
    (folders["checkout"] / "other.yaml").write_text("bot_name: other\n")
    (folders["checkout"] / ".env").write_text("MINDFLEET_SETTINGS=other.yaml\n")
    assert read().settings.bot_name == "other"
    (folders["checkout"] / ".env").unlink()
    assert read().settings.bot_name == "home"
    (folders["home"] / "settings.yaml").unlink()
    assert read().settings.bot_name == "checkout"
    (folders["checkout"] / "settings.yaml").unlink()
    assert read().settings.bot_name is None


def test_a_relative_path_starts_where_it_is_written(read: Read, folders: dict[str, Path]) -> None:
    (folders["checkout"] / ".env").write_text("MINDFLEET_BOTS=my-bots\n")
    assert read().settings.bots == folders["checkout"] / "my-bots"
    assert read({"MINDFLEET_BOTS": "here"}).settings.bots == folders["directory"] / "here"


def test_a_blank_value_is_the_same_as_none(read: Read, folders: dict[str, Path]) -> None:
    (folders["directory"] / ".env").write_text("OPENAI_API_KEY=\nBOT_NAME=nova\nLOG_LEVEL\n")
    loaded = read({"OPENAI_API_KEY": "  ", "BOT_NAME": "", "WORKER_CONCURRENCY": ""})
    assert loaded.settings.llm.api_key is None
    assert loaded.settings.bot_name == "nova"


def test_where_both_names_are_set_in_one_place_the_uniform_one_counts(read: Read) -> None:
    loaded = read({"BOT_NAME": "plain", "MINDFLEET_BOT_NAME": "uniform"})
    assert loaded.settings.bot_name == "uniform"
    assert loaded.origins["bot_name",] == "environment MINDFLEET_BOT_NAME"


def test_an_env_file_is_taken_literally(read: Read, folders: dict[str, Path]) -> None:
    (folders["directory"] / ".env").write_text("NEO4J_USER=neo4j\nNEO4J_PASSWORD='a${HOME}b#c'\n")
    assert read().settings.graph.login() == ("neo4j", "a${HOME}b#c")
