"""Runs the examples of a Markdown file, one after the other, and holds what they print to what the file shows.

    python -m tests.docs.run_examples docs/tutorial.md

As in `python -m asyncio`, `await` may stand anywhere. A process of its own: the facade keeps the settings that it has
read once.
"""

import ast
import asyncio
import io
import sys
from contextlib import redirect_stdout
from inspect import iscoroutine
from pathlib import Path
from typing import Any

from tests.docs.blocks import Block, differs, examples
from tests.docs.redis_session import play


async def run(path: Path) -> list[str]:
    """What differs, block by block."""
    names: dict[str, Any] = {"__name__": path.stem}
    wrong: list[str] = []
    for block in examples(path):
        is_session = block.language == "redis"
        shown = block if is_session else block.output
        printed = await (play(block.text) if is_session else _run(block, names))
        if shown is not None and (difference := differs(shown, printed)):
            wrong.append(difference)
    return wrong


async def _run(block: Block, names: dict[str, Any]) -> str:
    """What it prints."""
    # As many empty lines in front as the file has, so that a traceback names the line of the file.
    source = "\n" * (block.line - 1) + block.text
    code = compile(source, str(block.path), "exec", flags=ast.PyCF_ALLOW_TOP_LEVEL_AWAIT)
    printed = io.StringIO()
    with redirect_stdout(printed):
        result = eval(code, names)  # noqa: S307 - our own documents
        if iscoroutine(result):
            await result
    return printed.getvalue()


if __name__ == "__main__":
    sys.exit("\n".join(asyncio.run(run(Path(sys.argv[1])))) or 0)
