"""What `start`, `stop` and `restart` are told to act on."""

from collections.abc import Sequence
from dataclasses import dataclass
from difflib import get_close_matches

from mindfleet.cli.exits import CommandFailed, Exit
from mindfleet.cli.programs import CELL
from mindfleet.queues import Queue

STACK, WORKERS, ALL, DEMO = "stack", "workers", "all", "demo"


@dataclass(frozen=True)
class Targets:
    """Stores, workers, or some of the workers."""

    stack: bool
    queues: tuple[Queue, ...]
    """Whose workers are meant; none when only the stack is."""

    cell: bool
    """One process for all of them."""

    @property
    def all_workers(self) -> bool:
        return set(self.queues) == set(Queue)


def targets(words: Sequence[str], *, cell: bool = False, default: str) -> Targets:
    """What these words mean; without words, what `default` does.

    Raises:
        CommandFailed: a word means nothing; the message names the nearest.
    """
    meant = list(words) or [default]
    queues = {queue.short: queue for queue in Queue}
    known = [STACK, WORKERS, ALL, CELL, *queues]
    for word in meant:
        if word not in known:
            near = get_close_matches(word, known, n=1)
            hint = f"did you mean {near[0]}?" if near else f"there are {', '.join(known)}"
            raise CommandFailed(f"there is nothing called {word!r}; {hint}", code=Exit.USAGE)
    named = tuple(queues[word] for word in meant if word in queues)
    every = not named and bool({WORKERS, ALL, CELL} & set(meant))
    return Targets(
        stack=bool({STACK, ALL} & set(meant)),
        queues=tuple(Queue) if every else tuple(dict.fromkeys(named)),
        cell=cell or CELL in meant,
    )


def queue_called(name: str) -> Queue:
    """`sensory` or `arq:sensory`.

    Raises:
        CommandFailed: there is no such queue; the message names the nearest.
    """
    queues = {queue.short: queue for queue in Queue}
    short = name.removeprefix("arq:")
    if short not in queues:
        near = get_close_matches(short, queues, n=1)
        hint = f"did you mean {near[0]}?" if near else f"there are {', '.join(queues)}"
        raise CommandFailed(f"there is no queue {name!r}; {hint}", code=Exit.USAGE)
    return queues[short]
