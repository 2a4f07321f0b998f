"""Statements lie in a file beside the adapter that runs them; each starts with its name in a comment."""

import re
from collections.abc import Mapping
from pathlib import Path
from typing import LiteralString, cast

_NAME = re.compile(r"^(?:--|//) name: (\w+)\s*$", re.MULTILINE)


def statements_beside(module_file: str, suffix: str) -> Mapping[str, LiteralString]:
    """The statements of the file of the same stem, by name.

    Args:
        module_file: `__file__` of the adapter.
        suffix: `.sql` or `.cypher`.
    """
    text = Path(module_file).with_suffix(suffix).read_text(encoding="utf-8")
    _, *parts = _NAME.split(text)
    # A file of the package is as literal as the code: nothing from outside gets into it.
    return {
        name: cast(LiteralString, statement.strip()) for name, statement in zip(parts[::2], parts[1::2], strict=True)
    }
