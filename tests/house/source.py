"""The source of the fleet, as the tests of the house read it."""

import ast
import subprocess
from collections.abc import Iterator
from functools import cache
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


@cache
def tracked() -> tuple[Path, ...]:
    """The files that git knows and that are there, relative to the checkout."""
    command = ["git", "ls-files"]
    listed = subprocess.run(command, cwd=ROOT, check=True, capture_output=True, text=True).stdout
    return tuple(Path(line) for line in listed.splitlines() if (ROOT / line).is_file())


class Module:
    """One file of Python of the fleet."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.name = str(path)
        self.text = (ROOT / path).read_text(encoding="utf-8")
        self.tree = ast.parse(self.text)

    def functions(self) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
        return (node for node in ast.walk(self.tree) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef))

    def dotted(self) -> Iterator[tuple[str, int]]:
        """Every dotted name that is used, such as `os.environ`, with its line."""
        for node in ast.walk(self.tree):
            if isinstance(node, ast.Attribute):
                yield ast.unparse(node), node.lineno
