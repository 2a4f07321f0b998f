"""What the graph's JVM would find out anew at every start, found out once and kept in a file (JEP 483, 514, 515)."""

from importlib.metadata import version
from pathlib import Path


def archive(cache: Path) -> Path:
    """The file for the engine that is installed."""
    return cache / f"graph-{version('arcadedb-embedded')}.aot"


def options(cache: Path) -> tuple[str, ...]:
    """What to tell the JVM; nothing if there is no archive. It ignores one that does not fit its classes."""
    return (f"-XX:AOTCache={archive(cache)}",) if archive(cache).exists() else ()
