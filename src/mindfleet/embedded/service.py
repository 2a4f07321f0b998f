"""What the supervisor keeps alive: a store or a worker, as a process to launch and a way to know that it is ready."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from signal import Signals
from typing import Protocol

from mindfleet.embedded.runfile import Kind


@dataclass(frozen=True, kw_only=True)
class Launch:
    """A process to be."""

    argv: Sequence[str]
    env: Mapping[str, str]
    """The whole environment."""

    cwd: Path
    before_exec: Callable[[], None] | None = field(default=None, compare=False)
    """Runs in the new process, as the last thing before it becomes the program."""


class Service(Protocol):
    @property
    def name(self) -> str: ...

    @property
    def kind(self) -> Kind: ...

    @property
    def stop_signal(self) -> Signals:
        """What asks it to end cleanly and soon."""
        ...

    @property
    def health(self) -> str | None:
        """The URL under which its process tells of its health; None when it does not, or not yet."""
        ...

    async def prepare(self) -> None:
        """Makes what must exist before the process starts; before each start, so usually there is nothing to do.

        Raises:
            OSError: it cannot be made.
        """
        ...

    def launch(self) -> Launch: ...

    async def ready(self, pid: int, /) -> None:
        """Returns once the process of that pid does its work."""
        ...

    def move(self) -> None:
        """Other addresses, because the process ended before it was ever ready."""
        ...
