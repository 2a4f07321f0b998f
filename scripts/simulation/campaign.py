"""Many seeds, on all processors; stops at the first that breaks something."""

from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from dataclasses import dataclass
from itertools import count, islice
from os import cpu_count
from time import monotonic

from scripts.simulation.plan import plan
from scripts.simulation.run import Run, violation_of
from scripts.simulation.sources import SOURCES, Sources

AT_ONCE = 20
"""Seeds that a process is given at a time."""


@dataclass(frozen=True, slots=True)
class Found:
    """What some seeds came to."""

    seeds: int
    steps: int
    seed: int | None = None
    """The first that broke something."""

    invariant: str = ""
    said: str = ""


def play(seeds: Sequence[int], steps: int, sources: Sources = SOURCES) -> Found:
    """Play seeds in this process, up to the first that breaks something."""
    played = 0
    for number, seed in enumerate(seeds):
        run = Run(plan(seed, steps), sources)
        if violation := violation_of(run):
            return Found(number + 1, played + run.steps, seed, violation.invariant, violation.said)
        played += run.steps
    return Found(len(seeds), played)


def play_all(first: int, seeds: int | None, steps: int, minutes: float | None) -> Found:
    """Play so many seeds, or for so long, on all processors."""
    until = None if minutes is None else monotonic() + minutes * 60
    total, played = 0, 0
    with ProcessPoolExecutor(cpu_count()) as pool:
        pieces = _pieces(first, seeds)
        running = {pool.submit(play, piece, steps) for piece in islice(pieces, 2 * (cpu_count() or 1))}
        while running:
            done = next(as_completed(running))
            running.remove(done)
            found = done.result()
            total, played = total + found.seeds, played + found.steps
            if found.seed is not None:
                for each in running:
                    each.cancel()
                return Found(total, played, found.seed, found.invariant, found.said)
            if (until is None or monotonic() < until) and (piece := next(pieces, None)):
                running.add(pool.submit(play, piece, steps))
    return Found(total, played)


def _pieces(first: int, seeds: int | None) -> Iterator[Sequence[int]]:
    """Without a number of seeds, for ever."""
    for start in count(first, AT_ONCE):
        if seeds is not None and start >= first + seeds:
            return
        yield range(start, start + AT_ONCE if seeds is None else min(start + AT_ONCE, first + seeds))
