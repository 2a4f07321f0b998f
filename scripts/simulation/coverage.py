"""Through which lines of the scripts a seed goes, so that a mutant is tried by those seeds alone that meet it."""

from collections.abc import Callable, Mapping
from functools import cache

from scripts.simulation.plan import plan
from scripts.simulation.run import Run, the_model
from scripts.simulation.sources import SOURCES, places

Place = tuple[str, int]
"""File and line."""


def reached(seed: int, steps: int) -> frozenset[Place]:
    """Play a seed; from then on runs of this process are slow."""
    told, found = _trace(), set[Place]()
    run = Run(plan(seed, steps))

    def ran(name: str) -> None:
        found.update(_places(name)[line] for line in told() & _places(name).keys())

    run.world.ran = ran
    run.play()
    return frozenset(found)


@cache
def _trace() -> Callable[[], frozenset[int]]:
    return the_model().engine.trace()


@cache
def _places(name: str) -> Mapping[int, Place]:
    return places(name, SOURCES)
