"""Where the demo keeps its data."""

from pathlib import Path


def demo_home(home: Path) -> Path:
    """Inside the home, apart from everything else."""
    return home / "demo"


def demo_lock(home: Path) -> Path:
    """The file that a demo holds while it runs."""
    return home / "run" / "demo.lock"
