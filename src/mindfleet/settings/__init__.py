"""Everything that can be set from outside, typed, with where each value comes from."""

from mindfleet.settings.flags import as_environment, parse_flags
from mindfleet.settings.loading import Loaded, load, load_with_origins
from mindfleet.settings.places import Surroundings
from mindfleet.settings.report import Row, describe
from mindfleet.settings.tree import Settings

__all__ = [
    "Loaded",
    "Row",
    "Settings",
    "Surroundings",
    "as_environment",
    "describe",
    "load",
    "load_with_origins",
    "parse_flags",
]
