"""Where settings are looked for: the environment, the working directory, and the checkout that this code lies in."""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Surroundings:
    """What `load` sees of the outside world."""

    environ: Mapping[str, str]
    directory: Path
    """The working directory: a relative path in the environment starts here, and `.env` is looked for here first."""

    checkout: Path | None
    """The source tree that is running; None when Mindfleet is installed as a wheel."""

    @classmethod
    def here(cls) -> "Surroundings":
        """This process'."""
        return cls(os.environ, Path.cwd(), running_checkout())

    def shown(self, path: Path) -> str:
        """The path as a person here would write it."""
        return str(path.relative_to(self.directory)) if path.is_relative_to(self.directory) else str(path)


def running_checkout() -> Path | None:
    """The folder whose `pyproject.toml` this source file belongs to, or None."""
    root = Path(__file__).resolve().parents[3]
    is_checkout = (root / "pyproject.toml").is_file() and (root / "src" / "mindfleet").is_dir()
    return root if is_checkout else None


def default_home(checkout: Path | None) -> Path:
    """Where data goes when `MINDFLEET_HOME` does not say; it never depends on the working directory."""
    return checkout / ".mindfleet" if checkout else Path.home() / ".mindfleet"


def default_bots(checkout: Path | None, home: Path) -> Path:
    """Where the bots' YAML files lie when no setting says."""
    return (checkout or home) / "bots"
