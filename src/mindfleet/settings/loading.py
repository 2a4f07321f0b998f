"""Reads the settings: flag → environment → env file → `settings.yaml` → run file of the embedded stack → default."""

import logging
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from mindfleet.errors import SettingsInvalid
from mindfleet.queues import Queue
from mindfleet.settings.layers import Found, Layer, LayerSource, topmost
from mindfleet.settings.leaves import LeafPath, leaves
from mindfleet.settings.places import Surroundings, default_bots, default_home
from mindfleet.settings.readers import (
    read_env_file,
    read_environment,
    read_flags,
    read_run_file,
    read_settings_file,
)
from mindfleet.settings.tree import Settings
from mindfleet.settings.values import redis_address
from mindfleet.settings.work import OF_EVERY_QUEUE

DEFAULT = "default"

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class Loaded:
    """The settings, and where each comes from."""

    settings: Settings
    origins: Mapping[LeafPath, str]
    """For every setting: `flag`, `environment REDIS_URL`, `env file .env`, `settings.yaml`, `run file` or `default`."""

    warnings: tuple[str, ...]
    """One line for each name that is not a setting."""


def load(flags: Mapping[str, str] | None = None, *, around: Surroundings | None = None) -> Settings:
    """The settings of this process; see `load_with_origins`."""
    return load_with_origins(flags, around=around).settings


def load_with_origins(
    flags: Mapping[str, str] | None = None, *, around: Surroundings | None = None, said: set[str] | None = None
) -> Loaded:
    """Read every source; what looks like a setting but is none is logged as a warning.

    Args:
        flags: by dotted name, as `parse_flags` gives them.
        around: the environment, working directory and checkout to read; by default this process'.
        said: warnings that were logged before and are not again; those that are new are added.

    Raises:
        SettingsInvalid: one line for each thing that is wrong.
    """
    layers = _layers(flags or {}, around or Surroundings.here())
    warnings = tuple(warning for layer in layers for warning in layer.warnings)
    said = set() if said is None else said
    for warning in warnings:
        if warning not in said:
            logger.warning("%s", warning)
    said.update(warnings)
    found = topmost(layers)
    settings = _settled(layers, found)
    origins = {path: found[path].origin if path in found else DEFAULT for path in leaves()}
    return Loaded(settings, origins, warnings)


def _layers(flags: Mapping[str, str], around: Surroundings) -> list[Layer]:
    layers = [read_flags(flags, around), read_environment(around)]
    layers.append(read_env_file(topmost(layers), around))
    layers.append(read_settings_file(topmost(layers), around, _home(layers, around)))
    home = _home(layers, around)
    layers.append(_implied(topmost(layers)))
    layers.append(read_run_file(home, topmost(layers)))
    places = {"home": home, "bots": default_bots(around.checkout, home)}
    return [*layers, Layer(found={(name,): Found(path, name, DEFAULT) for name, path in places.items()})]


def _home(layers: list[Layer], around: Surroundings) -> Path:
    found = topmost(layers).get(("home",))
    return Path(str(found.value)) if found else default_home(around.checkout)


def _implied(said: Mapping[LeafPath, Found]) -> Layer:
    """What settings say about others: `WORKER_*` about every queue, `QUEUE_*` about the address of Redis."""
    layer = Layer()
    for general, own in OF_EVERY_QUEUE.items():
        for queue in Queue:
            if found := said.get(("workers", general)):
                layer.found["queues", queue.short, own] = found
    _imply_redis(said, layer)
    return layer


def _imply_redis(said: Mapping[LeafPath, Found], layer: Layer) -> None:
    parts = {part: said[path] for part in ("host", "port", "password", "db") if (path := ("queue", part)) in said}
    if ("redis", "url") in said or not parts:
        return
    if host := parts.pop("host", None):
        port, password, db = (str(parts[part].value) if part in parts else None for part in ("port", "password", "db"))
        url = redis_address(str(host.value), port=port, password=password, db=db)
        layer.found["redis", "url"] = Found(url, host.name, host.place)
        return
    lonely = ", ".join(found.name for found in parts.values())
    layer.problems.append(f"{lonely}: of no use without QUEUE_HOST; set that too, or REDIS_URL instead")


def _settled(layers: list[Layer], found: Mapping[LeafPath, Found]) -> Settings:
    problems = [problem for layer in layers for problem in layer.problems]
    # Behind `**`, because type checkers do not know the parameters that pydantic-settings begins with an underscore.
    sources: dict[str, Any] = {"_build_sources": (tuple(LayerSource(layer) for layer in layers), {})}
    try:
        settings = Settings(**sources)
    except ValidationError as error:
        problems += [_line(problem["loc"], problem["type"], problem["msg"], found) for problem in error.errors()]
    else:
        if not problems:
            return settings
    raise SettingsInvalid("\n".join(dict.fromkeys(problems))) from None


IN_WORDS = {
    "bool_parsing": "is neither true nor false",
    "greater_than": "is too small",
    "greater_than_equal": "is too small",
    "int_parsing": "is not a whole number",
    "less_than": "is too large",
    "less_than_equal": "is too large",
    "literal_error": "is none of these",
    "missing": "is missing",
    "string_pattern_mismatch": "has the wrong form",
}
"""pydantic's kinds of error; its own words for the others."""


def _line(place: tuple[int | str, ...], kind: str, message: str, found: Mapping[LeafPath, Found]) -> str:
    """What is wrong at one place of the tree, in words for whoever wrote the value there."""
    why = IN_WORDS.get(kind, message.removeprefix("Value error, "))
    path = next((path for path in leaves() if path == place[: len(path)]), None)
    if path is None or path not in found:
        return why
    inside = ".".join(str(part) for part in place[len(path) :])
    return found[path].wrong(leaves()[path], f"{inside} {why}".lstrip())
