"""A bot is a small YAML file: name, voice, time zone, and goals with what they are reached by."""

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import yaml
from pydantic import BaseModel, ConfigDict, Field, StringConstraints, ValidationError

from mindfleet import ids
from mindfleet.errors import SettingsInvalid
from mindfleet.ports.journal import Bot, Goal
from mindfleet.zones import ZoneName

Slug = Annotated[str, StringConstraints(pattern=r"^[a-z0-9]+(-[a-z0-9]+)*$", max_length=80)]


class GoalEntry(BaseModel):
    """One goal of a bot's file."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    slug: Slug
    description: str = Field(min_length=1)
    criteria: str = ""


class BotFile(BaseModel):
    """What a bot's file may hold."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    name: str = Field(min_length=1, max_length=200)
    voice: str = ""
    timezone: ZoneName = "UTC"
    goals: tuple[GoalEntry, ...] = ()


def read_bots(folder: Path) -> list[Bot]:
    """The bots of a folder's `*.yaml` files, in order of their file names; none when there is no folder.

    Raises:
        SettingsInvalid: a file is no bot; every error of all files, one a line.
    """
    bots: list[Bot] = []
    wrong: list[str] = []
    for path in sorted(folder.glob("*.yaml")) if folder.is_dir() else ():
        try:
            bots.append(read_bot(path))
        except SettingsInvalid as error:
            wrong.append(str(error))
    if wrong:
        raise SettingsInvalid("\n".join(wrong))
    return bots


def read_bot(path: Path) -> Bot:
    """The bot of one file.

    Raises:
        SettingsInvalid: what is wrong with the file, one line each.
    """
    try:
        entry = BotFile.model_validate(yaml.safe_load(path.read_text(encoding="utf-8")))
    except (OSError, yaml.YAMLError) as error:
        raise SettingsInvalid(f"{path}: {error}") from error
    except ValidationError as error:
        lines = [f"{path}: {'.'.join(map(str, e['loc'])) or 'the file'}: {e['msg']}" for e in error.errors()]
        raise SettingsInvalid("\n".join(lines)) from error
    return Bot(name=entry.name, voice=entry.voice, timezone=entry.timezone, goals=_goals(entry.name, entry.goals))


def _goals(bot_name: str, entries: Sequence[GoalEntry]) -> tuple[Goal, ...]:
    return tuple(
        Goal(
            id=ids.name("bot goal", bot_name, entry.slug),
            bot_name=bot_name,
            user_id=None,
            slug=entry.slug,
            description=entry.description.strip(),
            criteria=entry.criteria.strip(),
        )
        for entry in entries
    )
