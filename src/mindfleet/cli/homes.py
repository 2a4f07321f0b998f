"""Where the demo keeps its data."""

from pathlib import Path


def demo_home(home: Path) -> Path:
    """Inside the home, apart from everything else."""
    return home / "demo"
