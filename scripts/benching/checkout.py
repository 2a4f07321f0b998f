"""Which state of this checkout is measured."""

import hashlib
import subprocess
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
MEASURED = ("src", "scripts/benching", "locks")


def state(root: Path = ROOT) -> str:
    """A sum over the files that the figures depend on, whether they are committed or not."""
    total = hashlib.sha256()
    for path in _files(root):
        total.update(f"{path.relative_to(root)}\0{hashlib.sha256(path.read_bytes()).hexdigest()}\n".encode())
    return f"files {total.hexdigest()[:12]}"


def commit(root: Path = ROOT) -> str:
    """The last one; empty where there is none."""
    ask = ["git", "rev-parse", "--short=12", "HEAD"]
    try:
        return subprocess.run(ask, cwd=root, capture_output=True, check=True, text=True).stdout.strip()
    except (OSError, subprocess.CalledProcessError):
        return ""


def _files(root: Path) -> Iterator[Path]:
    for folder in MEASURED:
        yield from sorted(path for path in (root / folder).rglob("*") if path.is_file() and path.suffix != ".pyc")
