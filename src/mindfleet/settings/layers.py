"""What one source says about the settings, and how the sources lie above each other."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from difflib import get_close_matches
from typing import Any

from pydantic.fields import FieldInfo
from pydantic_settings import PydanticBaseSettingsSource

from mindfleet.settings.leaves import Leaf, LeafPath
from mindfleet.settings.tree import Settings
from mindfleet.settings.values import MASK, without_password

ENVIRONMENT = "environment"


@dataclass(frozen=True)
class Found:
    """A value as it was written somewhere."""

    value: object
    name: str
    """What it is called there."""

    place: str
    """`flag`, `environment`, `env file .env`, `settings.yaml`, `run file` or `default`."""

    @property
    def origin(self) -> str:
        """As `config show --origin` says it."""
        return f"{self.place} {self.name}" if self.place == ENVIRONMENT else self.place

    def wrong(self, leaf: Leaf, why: str) -> str:
        """One line about a value that cannot be used."""
        return f"{self.name} = {masked(leaf, self.value)!r} ({self.place}): {why}; allowed: {leaf.allowed}"


@dataclass(frozen=True)
class Layer:
    """All that one source says."""

    found: dict[LeafPath, Found] = field(default_factory=dict[LeafPath, Found])
    problems: list[str] = field(default_factory=list[str])
    warnings: list[str] = field(default_factory=list[str])


class LayerSource(PydanticBaseSettingsSource):
    """A layer as pydantic-settings merges it with those above and below."""

    def __init__(self, layer: Layer) -> None:
        super().__init__(Settings)
        self._tree = _nested({path: found.value for path, found in layer.found.items()})

    def get_field_value(self, field: FieldInfo, field_name: str) -> tuple[Any, str, bool]:  # noqa: ARG002 - pydantic-settings' signature
        return self._tree.get(field_name), field_name, False

    def __call__(self) -> dict[str, Any]:
        return self._tree


def topmost(layers: Iterable[Layer]) -> dict[LeafPath, Found]:
    """What counts: for every setting that is found at all, the highest layer's word."""
    seen: dict[LeafPath, Found] = {}
    for layer in layers:
        seen = {**layer.found, **seen}
    return seen


def masked(leaf: Leaf, value: object) -> object:
    """The value as it may be shown."""
    if not leaf.secret:
        return value
    return without_password(value) if isinstance(value, str) and "://" in value else MASK


def did_you_mean(name: str, known: Iterable[str]) -> str:
    """`; did you mean NAME?`, or nothing when none is near."""
    near = get_close_matches(name, list(known), n=1)
    return f"; did you mean {near[0]}?" if near else ""


def _nested(values: Mapping[LeafPath, object]) -> dict[str, Any]:
    tree: dict[str, Any] = {}
    for (*sections, name), value in values.items():
        branch = tree
        for section in sections:
            branch = branch.setdefault(section, {})
        branch[name] = value
    return tree
