"""Tries every mutant against seeds until one notices it."""

from collections.abc import Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from itertools import count, islice
from os import cpu_count

from scripts.simulation.campaign import play
from scripts.simulation.mutants import Mutant, mutants, reasons
from scripts.simulation.plan import kind_of

KINDS: Mapping[str, Sequence[str]] = {
    **dict.fromkeys(("schedule", "schedule_claim", "schedule_put", "schedule_advance"), ("timetable",)),
    **dict.fromkeys(("lock", "unlock", "observe/beat", "observe/farewell", "observe/workers"), ("signs",)),
    **dict.fromkeys((f"limits/{name}" for name in ("afford", "renew", "reserve", "settle", "spend")), ("limits",)),
}
"""Which runs go through a file, where those of jobs do not."""

FEWER = 4
"""Those that may live are tried by so many times fewer seeds."""


@dataclass(frozen=True, slots=True)
class Survivors:
    """What was tried, and what nobody noticed, each with the reason why, or without one."""

    tried: int
    survivors: Sequence[tuple[Mutant, str]]
    idle_reasons: Sequence[str]

    @property
    def unreasoned(self) -> int:
        return sum(not reason for _, reason in self.survivors)


def try_mutants(seeds: int, steps: int, only: str = "") -> Survivors:
    """Try all whose name contains `only`, each against so many seeds."""
    known = reasons()
    tried = [mutant for mutant in mutants() if only in mutant.name]
    with ProcessPoolExecutor(cpu_count()) as pool:
        tries = [seeds // FEWER if mutant.name in known else seeds for mutant in tried]
        noticed = list(pool.map(_is_noticed, tried, tries, [steps] * len(tried)))
    living = [(mutant, known.get(mutant.name, "")) for mutant, seen in zip(tried, noticed, strict=True) if not seen]
    names = {mutant.name for mutant, _ in living}
    idle = [] if only else [name for name in known if name not in names]
    return Survivors(len(tried), living, idle)


def _is_noticed(mutant: Mutant, seeds: int, steps: int) -> bool:
    """By runs of the kind that goes through its file."""
    kinds = KINDS.get(mutant.file, ("",))
    chosen = islice((seed for seed in count() if kind_of(seed) in kinds), seeds)
    return play(list(chosen), steps, mutant.sources).seed is not None
