"""`logs`: what workers and stores log, merged by time; with -f also what they log from now on."""

import signal
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from heapq import merge
from pathlib import Path
from typing import Annotated, TextIO

import typer
from rich.console import Console
from rich.text import Text

from mindfleet.cli.call import Call
from mindfleet.cli.exits import CommandFailed, Exit
from mindfleet.cli.printing import emit, stdout
from mindfleet.cli.programs import CELL
from mindfleet.embedded.home import Home
from mindfleet.embedded.logs import tail
from mindfleet.queues import Queue

WORKERS, STACK, ALL = "workers", "stack", "all"
COLOURS = ("cyan", "magenta", "green", "yellow", "blue", "red")
PAUSE = 0.2
"""Seconds between two looks at a file that grows."""

What = Annotated[str, typer.Argument(metavar="[workers|insight-worker|stack|all|NAME]", show_default=False)]
Follow = Annotated[bool, typer.Option("--follow", "-f", help="Go on with what is logged from now on.")]
Lines = Annotated[int, typer.Option("--lines", "-n", min=0, help="How many lines of each log to begin with.")]
AsJson = Annotated[bool, typer.Option("--json", help="One JSON object; not with --follow.")]


def logs(
    context: typer.Context,
    what: What = WORKERS,
    *,
    follow: Follow = False,
    lines: Lines = 50,
    as_json: AsJson = False,
) -> None:
    """Show what workers and stores log.

    NAME is a worker (cognition, sensory, action, social), a store (graph, postgres, valkey) or the supervisor.

    Example: ./bot.sh logs insight-worker -f
    """
    home = Home.at(Call.of(context).settings().home)
    files = chosen(home, what)
    if as_json and follow:
        raise CommandFailed("--json gives one object, so it does not go with --follow", code=Exit.USAGE)
    signal.signal(signal.SIGPIPE, signal.SIG_DFL)  # `logs | head` ends in silence
    if as_json:
        emit(lines=[{"process": name, "line": line} for name, line in last_lines(files, lines)])
        return
    printer = _Printer(stdout(), list(files))
    for name, line in last_lines(files, lines):
        printer.line(name, line)
    if follow:
        for name, line in _from_now_on(files):
            printer.line(name, line)


def chosen(home: Home, what: str) -> dict[str, Path]:
    """The logs that are meant, by process."""
    there = {path.stem: path for path in sorted(home.logs.glob("*.log"))}
    workers = [CELL, *(queue.short for queue in Queue)]
    groups = {
        WORKERS: [name for name in workers if name in there],
        STACK: [name for name in there if name not in workers],
        ALL: list(there),
        # The first seed knows one worker by this name; where four run instead, all of them are meant.
        CELL: [CELL] if CELL in there else [name for name in workers if name in there],
    }
    chosen = groups.get(what, [what] if what in there else [])
    if not chosen:
        known = ", ".join(dict.fromkeys([*groups, *there]))
        raise CommandFailed(
            f"nothing called {what!r} has logged in {home.logs}; there are {known}", then="start it: ./bot.sh start"
        )
    return {name: there[name] for name in chosen}


def last_lines(files: dict[str, Path], lines: int) -> Iterator[tuple[str, str]]:
    """The last lines of all logs, in order of time."""
    dated = [[(moment, name, line) for moment, line in _dated(tail(path, lines))] for name, path in files.items()]
    return ((name, line) for _, name, line in merge(*dated, key=lambda entry: entry[0]))


def _dated(lines: Sequence[str]) -> Iterator[tuple[str, str]]:
    """Each line with its time; one that has none belongs to the line before."""
    moment = ""
    for line in lines:
        if line[:4].isdigit() and line[4:5] == "-":
            moment = line[:24].replace(" ", "T").replace(",", ".")
        yield moment, line


def _from_now_on(files: dict[str, Path]) -> Iterator[tuple[str, str]]:
    growing = {name: Growing(path) for name, path in files.items()}
    while True:
        found = False
        for name, file in growing.items():
            for line in file.new_lines():
                found = True
                yield name, line
        if not found:
            time.sleep(PAUSE)


@dataclass
class Growing:
    """A log that is written to, and may be begun anew."""

    path: Path
    _file: TextIO | None = None
    _inode: int = 0
    _rest: str = field(default="")

    def __post_init__(self) -> None:
        self._open()
        if self._file:
            self._file.seek(0, 2)

    def new_lines(self) -> list[str]:
        found = self._read()
        if self._moved():
            self._open()
            found += self._read()
        return found

    def close(self) -> None:
        if self._file:
            self._file.close()

    def _read(self) -> list[str]:
        if self._file is None:
            return []
        *whole, self._rest = (self._rest + self._file.read()).split("\n")
        return whole

    def _moved(self) -> bool:
        try:
            return self.path.stat().st_ino != self._inode
        except FileNotFoundError:
            return False

    def _open(self) -> None:
        self.close()
        self._rest = ""
        try:
            self._file = self.path.open(encoding="utf-8", errors="replace")
        except FileNotFoundError:
            self._file = None
        else:
            self._inode = self.path.stat().st_ino


class _Printer:
    """Lines with the name of their process in front, where there are several."""

    def __init__(self, console: Console, names: Sequence[str]) -> None:
        self._console = console
        self._width = max(map(len, names)) if len(names) > 1 else 0
        self._colours = {name: COLOURS[place % len(COLOURS)] for place, name in enumerate(names)}

    def line(self, name: str, line: str) -> None:
        prefix = Text(f"{name.ljust(self._width)} ", self._colours[name]) if self._width else Text()
        self._console.print(prefix.append(Text(line, style="default")), soft_wrap=True)
