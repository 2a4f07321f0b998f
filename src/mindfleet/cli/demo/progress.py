"""Two bars on stderr: what was said, and what was thought about it."""

from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass

from rich.progress import BarColumn, MofNCompleteColumn, TaskID, TextColumn, TimeElapsedColumn
from rich.progress import Progress as Bars

from mindfleet.cli.demo.settling import Work
from mindfleet.cli.printing import stderr


@dataclass(frozen=True)
class Progress:
    """How far the demo is."""

    _bars: Bars
    _said: TaskID
    _thought: TaskID

    def sent(self) -> None:
        """One more message was said."""
        self._bars.advance(self._said)

    def seen(self, work: Work) -> None:
        """So much is done, and so much is known to be left; the rest shows on the way."""
        self._bars.update(self._thought, completed=work.ended, total=work.ended + work.waiting)


@contextmanager
def progress(messages: int) -> Generator[Progress]:
    """The bars, for as long as the body takes."""
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Bars(*columns, console=stderr()) as bars:
        yield Progress(bars, bars.add_task("messages said", total=messages), bars.add_task("jobs done", total=None))
