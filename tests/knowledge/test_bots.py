"""A bot is a small YAML file."""

from pathlib import Path

import pytest

from mindfleet.errors import SettingsInvalid
from mindfleet.knowledge.bots import read_bot, read_bots

JUNIPER = """
name: juniper
voice: dry
timezone: Europe/Oslo
goals:
  - slug: listen-more
    description: Listen more than she talks.
"""


def test_a_file_describes_a_bot(tmp_path: Path) -> None:
    (tmp_path / "juniper.yaml").write_text(JUNIPER)

    [bot] = read_bots(tmp_path)

    assert (bot.name, bot.voice, bot.timezone) == ("juniper", "dry", "Europe/Oslo")
    assert [goal.slug for goal in bot.goals] == ["listen-more"]


def test_a_goal_has_the_same_id_whenever_the_file_is_read(tmp_path: Path) -> None:
    path = tmp_path / "juniper.yaml"
    path.write_text(JUNIPER)

    assert read_bot(path).goals[0].id == read_bot(path).goals[0].id


def test_a_folder_that_is_not_there_holds_no_bots(tmp_path: Path) -> None:
    assert read_bots(tmp_path / "nowhere") == []


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("name: x\ntimezone: Mars/Olympus", "Mars/Olympus"),
        ("voice: dry", "name"),
        ("name: x\nmood: bad", "mood"),
        ("name: x\ngoals:\n  - slug: Not A Slug\n    description: y", "slug"),
        ("[", "juniper.yaml"),
        ("", "the file"),
    ],
)
def test_a_file_that_is_no_bot_is_named_with_what_is_wrong(tmp_path: Path, text: str, says: str) -> None:
    (tmp_path / "juniper.yaml").write_text(text)

    with pytest.raises(SettingsInvalid, match=says):
        read_bots(tmp_path)


def test_every_wrong_file_is_told_at_once(tmp_path: Path) -> None:
    for name in ("a", "b"):
        (tmp_path / f"{name}.yaml").write_text("voice: dry")

    with pytest.raises(SettingsInvalid) as told:
        read_bots(tmp_path)

    assert "a.yaml" in str(told.value)
    assert "b.yaml" in str(told.value)
