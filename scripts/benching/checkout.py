"""Which state of this checkout is measured."""

import hashlib
import subprocess
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
MEASURED = ("src", "scripts/benching", "locks")


def state(root: Path = ROOT) -> str:
    """Its commit, and a sum over the files that the figures depend on: not everything that is measured is committed."""
    total = hashlib.sha256()
    for path in _files(root):
        total.update(f"{path.relative_to(root)}\0{hashlib.sha256(path.read_bytes()).hexdigest()}\n".encode())
    return f"{_commit(root)}, files {total.hexdigest()[:12]}"


def _files(root: Path) -> Iterator[Path]:
    for folder in MEASURED:
        yield from sorted(path for path in (root / folder).rglob("*") if path.is_file() and path.suffix != ".pyc")


def _commit(root: Path) -> str:
    ask = ["git", "rev-parse", "--short=12", "HEAD"]
    try:
        said = subprocess.run(ask, cwd=root, capture_output=True, check=True, text=True).stdout
    except (OSError, subprocess.CalledProcessError):
        return "no commit"
    return f"commit {said.strip()}"
