"""The settings as rows: for `config show`: with their origins."""

from dataclasses import dataclass

from mindfleet.settings.leaves import leaves, shown
from mindfleet.settings.loading import Loaded


@dataclass(frozen=True)
class Row:
    """One setting, as `config show --origin` prints it."""

    name: str
    """Dotted: `queues.sensory.max_jobs`."""

    env: str
    value: str | None
    """As one would write it in the environment, secrets masked; None when it is not set."""

    origin: str
    meaning: str


def describe(loaded: Loaded) -> list[Row]:
    """Every setting, in the order of the tree."""
    return [
        Row(leaf.dotted, leaf.name, shown(leaf.of(loaded.settings)), loaded.origins[path], leaf.meaning)
        for path, leaf in leaves().items()
    ]
