"""Every name that the seeds use changes the tree, and has the default that the seed gives it."""

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest

from mindfleet.settings import Loaded, Settings
from mindfleet.settings.leaves import leaves, shown
from mindfleet.settings.places import default_home

Read = Callable[..., Loaded]

SEED_NAMES = [
    ("REDIS_URL", "rediss://:pw@cache.example:6390/2", "redis.url", "rediss://:***@cache.example:6390/2"),
    ("SUMMARY_MESSAGE_THRESHOLD", "7", "conversation.summary_threshold", "7"),
    ("ENABLE_RUNTIME_FACT_EXTRACTION", "false", "features.runtime_fact_extraction", "false"),
    ("ENABLE_GOAL_STRATEGIST", "no", "features.goal_strategist", "false"),
    ("ENABLE_CHARACTER_DIARY", "0", "features.character_diary", "false"),
    ("ENABLE_DREAM_SEQUENCES", "off", "features.dream_sequences", "false"),
    ("DATABASE_URL", "postgresql+asyncpg://u:pw@db/app", "postgres.url", "postgresql://u:***@db/app"),
    ("NEO4J_URL", "neo4j+s://graph.example", "graph.url", "neo4j+s://graph.example"),
    ("NEO4J_USER", "reader", "graph.user", "reader"),
    ("NEO4J_PASSWORD", "pw", "graph.password", "**********"),
    ("QDRANT_URL", "http://qdrant:6333/", "vectors.url", "http://qdrant:6333"),
    ("QDRANT_API_KEY", "key", "vectors.api_key", "**********"),
    ("OPENAI_BASE_URL", "http://vllm:8000/v1", "llm.base_url", "http://vllm:8000/v1"),
    ("OPENAI_API_KEY", "key", "llm.api_key", "**********"),
    ("OLLAMA_HOST", "http://ollama:11434", "llm.ollama_host", "http://ollama:11434"),
    ("OLLAMA_MODEL", "llama3", "llm.ollama_model", "llama3"),
    ("LOG_LEVEL", "debug", "logs.level", "DEBUG"),
    ("USE_JSON_LOGGING", "true", "logs.as_json", "true"),
    ("WORKER_ID", "w1", "workers.id", "w1"),
    ("WORKER_CONCURRENCY", "2", "workers.concurrency", "2"),
    ("QUEUE_HOST", "valkey", "queue.host", "valkey"),
    ("BOT_NAME", "nova", "bot_name", "nova"),
    ("EXTRACTION_WINDOW", "0", "conversation.extraction_window", "0"),
    ("EXTRACTION_MAX_WAIT", "12.5", "conversation.extraction_max_wait", "12.5"),
]


def value(loaded: Loaded, dotted: str) -> str | None:
    return shown(leaves()[tuple(dotted.split("."))].of(loaded.settings))


@pytest.mark.parametrize(("name", "written", "setting", "expected"), SEED_NAMES, ids=[row[0] for row in SEED_NAMES])
def test_a_name_of_the_seeds_changes_its_setting_and_no_other_name_does(
    read: Read, name: str, written: str, setting: str, expected: str
) -> None:
    assert value(read(), setting) != expected
    changed = read({name: written})
    assert value(changed, setting) == expected
    assert changed.origins[tuple(setting.split("."))] == f"environment {name}"


@pytest.mark.parametrize(("name", "written", "setting", "expected"), SEED_NAMES, ids=[row[0] for row in SEED_NAMES])
def test_each_has_the_uniform_nested_name_too(read: Read, name: str, written: str, setting: str, expected: str) -> None:
    del name
    nested = "MINDFLEET_" + setting.upper().replace(".", "__")
    assert value(read({nested: written}), setting) == expected


@pytest.mark.parametrize(("name", "written", "setting", "expected"), SEED_NAMES, ids=[row[0] for row in SEED_NAMES])
def test_each_can_be_given_as_a_flag(read: Read, name: str, written: str, setting: str, expected: str) -> None:
    del name
    loaded = read(flags={setting.replace("_", "-"): written})
    assert value(loaded, setting) == expected
    assert loaded.origins[tuple(setting.split("."))] == "flag"


def test_the_defaults_are_those_of_the_seed(read: Read) -> None:
    settings = read().settings
    assert settings.redis.url.get_secret_value() == "redis://localhost:6379/0"
    assert settings.conversation.summary_threshold == 20
    assert set(settings.features.model_dump().values()) == {True}
    assert settings.conversation.extraction_window == timedelta(seconds=60)
    assert settings.conversation.extraction_max_wait == timedelta(seconds=300)
    assert settings.queues.sensory.keep_result == timedelta(seconds=3600)


def test_no_other_address_password_or_concurrency_has_a_default(read: Read) -> None:
    unset = [
        "postgres.url", "graph.url", "graph.password", "vectors.url", "vectors.api_key", "llm.base_url", "llm.api_key",
        "llm.ollama_host", "workers.concurrency", "queue.host", "queue.port", "queue.password", "queue.db",
    ]  # fmt: skip
    loaded = read()
    assert {name: value(loaded, name) for name in unset} == dict.fromkeys(unset)


def test_mindfleet_home_is_where_it_says_else_in_the_checkout_else_with_the_user(
    read: Read, folders: dict[str, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    assert read({"MINDFLEET_HOME": "data"}).settings.home == folders["directory"] / "data"
    assert read({"MINDFLEET_HOME": ""}).settings.home == folders["checkout"] / ".mindfleet"
    monkeypatch.setenv("HOME", str(folders["home"]))
    assert default_home(None) == folders["home"] / ".mindfleet"


def test_the_tree_is_frozen_all_the_way_down() -> None:
    settings = Settings()
    for target, name in ((settings, "home"), (settings.redis, "url"), (settings.queues.sensory, "max_jobs")):
        with pytest.raises(ValueError, match="frozen"):
            setattr(target, name, None)


def test_a_tree_made_by_hand_reads_nothing_from_outside(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BOT_NAME", "nova")
    monkeypatch.setenv("MINDFLEET_BOT_NAME", "nova")
    assert Settings().bot_name is None
    assert Settings(bot_name="luna").bot_name == "luna"
