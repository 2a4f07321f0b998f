"""Every single setting of the tree: its names, what it may be, and what it means."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from functools import cache
from json import dumps
from pathlib import Path
from types import UnionType
from typing import Annotated, Any, Literal, Union, cast, get_args, get_origin

from annotated_types import Ge, Le
from pydantic import BaseModel, Secret, SecretStr
from pydantic.fields import FieldInfo

from mindfleet.settings.section import Section, Side
from mindfleet.settings.tree import Settings
from mindfleet.settings.values import Address, Allowed

PREFIX = "MINDFLEET_"
FROM_FILE = "_FILE"
"""`NAME_FILE` names a file that holds the value of the secret `NAME`."""

LeafPath = tuple[str, ...]


@dataclass(frozen=True)
class Leaf:
    """One setting."""

    path: LeafPath
    meaning: str
    plain_name: str | None
    side: Side
    needed: bool
    secret: bool
    default: object
    default_in_words: str | None
    allowed: str
    is_path: bool

    @property
    def dotted(self) -> str:
        """`queues.sensory.max_jobs`: as in `settings.yaml`."""
        return ".".join(self.path)

    @property
    def flag(self) -> str:
        """`--queues.sensory.max-jobs`"""
        return f"--{self.dotted.replace('_', '-')}"

    @property
    def nested_name(self) -> str:
        """`MINDFLEET_QUEUES__SENSORY__MAX_JOBS`"""
        return PREFIX + "__".join(self.path).upper()

    @property
    def name(self) -> str:
        """Its name in the environment: the plain one where there is one."""
        return self.plain_name or self.nested_name

    @property
    def names(self) -> tuple[str, ...]:
        """All its names in the environment, the one that counts first."""
        return (self.nested_name, self.plain_name) if self.plain_name else (self.nested_name,)

    @property
    def default_text(self) -> str:
        """The default for a person to read."""
        return self.default_in_words or shown(self.default) or "not set"

    def of(self, settings: Settings) -> object:
        """Its value."""
        value: object = settings
        for name in self.path:
            value = getattr(value, name)
        return value


@cache
def leaves() -> dict[LeafPath, Leaf]:
    """Every setting, in the order of the tree."""
    return {leaf.path: leaf for leaf in _leaves_of(Settings, Settings(), ())}


def shown(value: object) -> str | None:
    """A value as one would write it in the environment, secrets masked; None when it is not set."""
    match value:
        case None:
            return None
        case bool():
            return "true" if value else "false"
        case timedelta():
            return f"{value.total_seconds():g}" if value.total_seconds() < 1e6 else str(int(value.total_seconds()))  # noqa: PLR2004 - from here on :g would write an exponent
        case tuple():
            return ",".join(cast("tuple[str, ...]", value))
        case dict():
            return dumps(
                {
                    name: price.model_dump(exclude_none=True)
                    for name, price in cast("dict[str, BaseModel]", value).items()
                }
            )
        case _:
            return str(value)


def _leaves_of(model: type[BaseModel], defaults: object, above: LeafPath) -> Iterator[Leaf]:
    for name, field in model.model_fields.items():
        default = getattr(defaults, name)
        if isinstance(default, Section):
            yield from _leaves_of(type(default), default, (*above, name))
        else:
            yield _leaf((*above, name), field, default)


def _leaf(path: LeafPath, field: FieldInfo, default: object) -> Leaf:
    about = _about(field)
    kinds = _kinds(field.annotation)
    allowed = _allowed(field, kinds)
    return Leaf(
        path=path,
        meaning=field.description or "",
        plain_name=about["env"],
        side=about["side"],
        needed=about["needed"],
        secret=any(isinstance(kind, type) and issubclass(kind, Secret | SecretStr) for kind in kinds),
        default=default,
        default_in_words=about["default_in_words"],
        allowed=f"{allowed}, {about['unit']}" if about["unit"] else allowed,
        is_path=Path in kinds,
    )


def _about(field: FieldInfo) -> dict[str, Any]:
    about: dict[str, Any] = cast("dict[str, Any]", field.json_schema_extra)["about"]  # as `setting(…)` put it there
    return about


def _kinds(annotation: object) -> list[object]:
    """What an annotation is made of: its classes and their metadata, without the `None` of an optional one."""
    if get_origin(annotation) in {Union, UnionType, Annotated}:
        return [kind for part in get_args(annotation) if part is not type(None) for kind in _kinds(part)]
    return [annotation]


def _allowed(field: FieldInfo, kinds: list[object]) -> str:
    everything = [*kinds, *field.metadata]
    if words := next((kind.words for kind in everything if isinstance(kind, Allowed)), None):
        return words
    if literal := next((kind for kind in kinds if get_origin(kind) is Literal), None):
        return ", ".join(get_args(literal))
    return f"{_noun(kinds)}{_bounds(field)}"


def _noun(kinds: list[object]) -> str:
    nouns: dict[object, str] = {
        bool: "true or false",
        int: "a whole number",
        float: "a number",
        Path: "a path",
        Address: "a URL",
    }
    return next((nouns[kind] for kind in kinds if kind in nouns), "text")


def _bounds(field: FieldInfo) -> str:
    least = next((limit.ge for limit in field.metadata if isinstance(limit, Ge)), None)
    most = next((limit.le for limit in field.metadata if isinstance(limit, Le)), None)
    if most is not None:
        return f" from {least} to {most}"
    return f", {least} or more" if least is not None else ""
