"""What commands print: data on stdout, words about it on stderr; colours only where they are welcome.

Rich honours NO_COLOR, FORCE_COLOR and TERM=dumb. Nothing that comes from outside is read as markup.
"""

import json
import sys
from collections.abc import Iterable, Sequence
from datetime import timedelta
from typing import Literal, TextIO

from rich.console import Console
from rich.table import Table
from rich.text import Text

SCHEMA = 1
"""Of the JSON that commands print; it changes when a field is renamed or removed."""

SHOWN = 80
"""Characters of an error in a table."""

WIDE = 200
"""Columns when the output goes to no terminal, so that nothing is cut off there."""


def stdout() -> Console:
    return _console(sys.stdout)


def stderr() -> Console:
    return _console(sys.stderr)


def _console(file: TextIO) -> Console:
    width = None if file.isatty() else WIDE
    return Console(file=file, width=width, highlight=False, markup=False, emoji=False)


def emit(**data: object) -> None:
    """One JSON object on stdout."""
    print(json.dumps({"schema": SCHEMA, **data}, ensure_ascii=False), flush=True)  # noqa: T201 - the answer itself


def tell(text: str, style: str = "") -> None:
    """A line for a person, on stderr."""
    stderr().print(Text(text, style=style), soft_wrap=True)


def show(text: str, style: str = "") -> None:
    """A line of the answer, on stdout."""
    stdout().print(Text(text, style=style), soft_wrap=True)


def table(
    columns: Sequence[str], rows: Iterable[Sequence[object]], *, numbers: Sequence[str] = (), whole: Sequence[str] = ()
) -> None:
    """A plain table on stdout; columns in `numbers` are aligned to the right, those in `whole` are not folded.

    What is long, such as a job's id, is not for `whole`: where that has no room it is cut off.
    """
    made = Table(box=None, pad_edge=False, header_style="bold")
    for column in columns:
        side: Literal["left", "right"] = "right" if column in numbers else "left"
        made.add_column(column, justify=side, overflow="fold", no_wrap=column in whole)
    for row in rows:
        made.add_row(*(cell if isinstance(cell, Text) else Text("" if cell is None else str(cell)) for cell in row))
    stdout().print(made)


def cut(line: str) -> str:
    """The beginning of an error, for a table."""
    return line if len(line) <= SHOWN else f"{line[:SHOWN]}…"


_STATES = {
    **dict.fromkeys(("up", "ok", "done"), "green"),
    **dict.fromkeys(("crash-loop", "down", "fail", "failed", "parked", "retrying"), "red"),
}
"""The others are yellow."""


def state(word: str) -> Text:
    """A state in its colour."""
    return Text(word, style=_STATES.get(word.strip(), "yellow"))


def short(age: timedelta | None) -> str:
    """`3d 4h`, `12 min`, `7 s`; empty for none."""
    if age is None:
        return ""
    seconds = int(age.total_seconds())
    if seconds < 60:  # noqa: PLR2004 - a minute
        return f"{seconds} s"
    minutes, hours, days = seconds // 60, seconds // 3600, seconds // 86400
    if days:
        return f"{days}d {hours % 24}h"
    return f"{hours}h {minutes % 60}m" if hours else f"{minutes} min"
