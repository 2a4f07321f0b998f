"""Secrets may lie in files, and are never printed."""

from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path

import pytest

from mindfleet.errors import SettingsInvalid
from mindfleet.settings import Loaded, describe
from mindfleet.settings.values import without_password

Read = Callable[..., Loaded]

SECRETS = {
    "REDIS_URL": "redis://:hunter2@cache",
    "DATABASE_URL": "postgresql://u:hunter2@db/app?sslpassword=hunter2",
    "NEO4J_PASSWORD": "hunter2",
    "QDRANT_URL": "https://hunter2@qdrant",
    "QDRANT_API_KEY": "hunter2",
    "OPENAI_API_KEY": "hunter2",
    "OPENAI_BASE_URL": "https://u:hunter2@llm/v1",
    "QUEUE_PASSWORD": "hunter2",
    "MINDFLEET_EMBEDDINGS__API_KEY": "hunter2",
}


@pytest.mark.parametrize("name", SECRETS)
def test_a_secret_may_lie_in_the_file_that_name_file_names(read: Read, folders: dict[str, Path], name: str) -> None:
    (folders["directory"] / "secret").write_text(f"{SECRETS[name]}\n")
    parts = {"QUEUE_HOST": "valkey"} if name == "QUEUE_PASSWORD" else {}
    loaded = read({f"{name}_FILE": "secret", **parts})
    direct = read({name: SECRETS[name], **parts})
    assert loaded.settings == direct.settings
    assert f"environment {name}_FILE" in loaded.origins.values()
    (folders["directory"] / ".env").write_text(f"{name}_FILE={folders['directory'] / 'secret'}\n")
    assert read(parts).settings == direct.settings


def test_both_at_once_and_a_missing_file_are_errors(read: Read) -> None:
    with pytest.raises(SettingsInvalid) as raised:
        read({"NEO4J_PASSWORD": "a", "NEO4J_PASSWORD_FILE": "b", "OPENAI_API_KEY_FILE": "nowhere"})
    both, missing = sorted(str(raised.value).splitlines())
    assert both == "NEO4J_PASSWORD and NEO4J_PASSWORD_FILE (environment) are both set; keep one of them"
    assert missing.startswith("OPENAI_API_KEY_FILE = 'nowhere' (environment): cannot be read")


def test_nothing_that_can_be_printed_holds_a_secret(read: Read) -> None:
    loaded = read(SECRETS)
    rows = [asdict(row) for row in describe(loaded)]
    for printed in (repr(loaded), str(loaded.settings), loaded.settings.model_dump_json(), str(rows)):
        assert "hunter2" not in printed
    shown = {row["env"]: row["value"] for row in rows}
    assert shown["REDIS_URL"] == "redis://:***@cache"
    assert shown["NEO4J_PASSWORD"] == "**********"  # noqa: S105 - the mask
    assert shown["BOT_NAME"] is None


@pytest.mark.parametrize(
    ("url", "printed"),
    [
        ("redis://cache:6379/0", "redis://cache:6379/0"),
        ("redis://u:p@ss/w:rd@cache", "redis://u:***@cache"),
        ("unix:///run/redis.sock?db=1&password=pw", "unix:///run/redis.sock?db=1&password=***"),
        ("https://token@host/path", "https://***@host/path"),
    ],
)
def test_a_url_prints_without_its_password(url: str, printed: str) -> None:
    assert without_password(url) == printed
