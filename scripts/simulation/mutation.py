"""Tries every mutant against seeds until one notices it, and holds what nobody noticed against the reasons."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from itertools import count, islice
from os import cpu_count

from scripts.simulation.campaign import Found, play
from scripts.simulation.mutants import Mutant, mutants, reasons
from scripts.simulation.plan import kind_of

KINDS: Mapping[str, Sequence[str]] = {
    **dict.fromkeys(("schedule", "schedule_claim", "schedule_put", "schedule_advance"), ("timetable",)),
    **dict.fromkeys(("lock", "unlock", "observe/beat", "observe/farewell", "observe/workers"), ("signs",)),
    **dict.fromkeys((f"limits/{name}" for name in ("afford", "renew", "reserve", "settle", "spend")), ("limits",)),
}
"""Which runs go through a file, where those of jobs do not."""

TOLD_EVERY = 50
"""Mutants."""

Fate = tuple[Mutant, Found]
"""One mutant, and what its seeds came to."""


@dataclass(frozen=True, slots=True)
class Judgement:
    """What was tried, what nobody noticed, each with the reason why it may live, and reasons that are not true."""

    tried: int
    survivors: Sequence[tuple[Mutant, str]]
    """An empty reason: there is none."""

    stale: Mapping[str, str]
    """What is wrong with a reason, by the name of its mutant."""

    @property
    def unreasoned(self) -> int:
        return sum(not reason for _, reason in self.survivors)

    @property
    def stands(self) -> bool:
        """Whether every survivor has a reason, and every reason a survivor."""
        return self.tried > 0 and not self.unreasoned and not self.stale


def try_mutants(seeds: int, steps: int, only: str = "", tell: Callable[[str], object] = str) -> Judgement:
    """Try all whose name contains `only`, each against so many seeds of the kind that goes through its file.

    Args:
        seeds: how many, from the first on.
        steps: actions of a run.
        only: part of a name.
        tell: hears how far it is, and of each survivor at once.
    """
    tried = [mutant for mutant in mutants() if only in mutant.name]
    known = {name: reason for name, reason in reasons().items() if only in name}
    with ProcessPoolExecutor(cpu_count()) as pool:
        found = pool.map(_played, tried, [seeds] * len(tried), [steps] * len(tried))
        fates = list(_told(zip(tried, found, strict=True), len(tried), tell))
    return judged(fates, known)


def judged(fates: Sequence[Fate], known: Mapping[str, str]) -> Judgement:
    """Hold what became of mutants against the reasons that are given for some, by name."""
    living = [(mutant, known.get(mutant.name, "")) for mutant, found in fates if found.seed is None]
    dead = {
        mutant.name: f"seed {found.seed} notices it: {found.invariant}"
        for mutant, found in fates
        if found.seed is not None
    }
    names = {mutant.name for mutant, _ in living}
    stale = {name: dead.get(name, "there is no such mutant") for name in known if name not in names}
    return Judgement(len(fates), living, stale)


def _told(fates: Iterable[Fate], total: int, tell: Callable[[str], object]) -> Iterable[Fate]:
    for number, (mutant, found) in enumerate(fates, 1):
        if found.seed is None:
            tell(f"survives: {mutant.name}")
        if number % TOLD_EVERY == 0:
            tell(f"{number} of {total} mutants")
        yield mutant, found


def _played(mutant: Mutant, seeds: int, steps: int) -> Found:
    """Runs of the kind that goes through its file, up to the first that notices."""
    kinds = KINDS.get(mutant.file, ("",))
    chosen = islice((seed for seed in count() if kind_of(seed) in kinds), seeds)
    return play(list(chosen), steps, mutant.sources)
