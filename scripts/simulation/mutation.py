"""Tries every mutant against seeds until one notices it, and holds what nobody noticed against the reasons."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from itertools import count, islice
from os import cpu_count

from scripts.simulation.campaign import Found, play
from scripts.simulation.coverage import Place, reached
from scripts.simulation.mutants import Mutant, mutants, reasons
from scripts.simulation.plan import kind_of

KINDS: Mapping[str, Sequence[str]] = {
    **dict.fromkeys(("schedule", "schedule_claim", "schedule_put", "schedule_advance"), ("timetable",)),
    **dict.fromkeys(("lock", "unlock", "observe/beat", "observe/farewell", "observe/workers"), ("signs",)),
    **dict.fromkeys((f"limits/{name}" for name in ("afford", "renew", "reserve", "settle", "spend")), ("limits",)),
}
"""Which runs go through a file, where those of jobs do not."""

FEWER = 4
"""Those that have a reason are tried by so many times fewer of the seeds that meet them."""

TOLD_EVERY = 50
"""Mutants."""

Meetings = Mapping[int, frozenset[Place]]
"""Through which lines each seed goes."""

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
    """Try all whose name contains `only`, each against those of so many seeds that go through its line.

    Args:
        seeds: how many of each kind of run, from the first on.
        steps: actions of a run.
        only: part of a name.
        tell: hears how far it is, and of each survivor at once.
    """
    tried = [mutant for mutant in mutants() if only in mutant.name]
    known = {name: reason for name, reason in reasons().items() if only in name}
    met = meetings(seeds, steps)
    chosen = [seeds_for(mutant, met, seeds // (FEWER if mutant.name in known else 1)) for mutant in tried]
    with ProcessPoolExecutor(cpu_count()) as pool:
        found = pool.map(_played, tried, chosen, [steps] * len(tried))
        fates = list(_told(zip(tried, found, strict=True), len(tried), tell))
    return judged(fates, known)


def meetings(seeds: int, steps: int) -> Meetings:
    """Through which lines so many seeds of each kind go."""
    kinds = {kind for each in KINDS.values() for kind in each} | {""}
    numbers = sorted(number for kind in kinds for number in _of_kinds((kind,), seeds))
    with ProcessPoolExecutor(cpu_count()) as pool:
        return dict(zip(numbers, pool.map(reached, numbers, [steps] * len(numbers), chunksize=5), strict=True))


def seeds_for(mutant: Mutant, met: Meetings, most: int) -> Sequence[int]:
    """The first of those that meet it, in runs of the kind that goes through its file."""
    lines = {(mutant.file, line) for line in range(mutant.line, mutant.last + 1)}
    kinds = KINDS.get(mutant.file, ("",))
    return list(islice((seed for seed, places in met.items() if kind_of(seed) in kinds and places & lines), most))


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
            tell(f"survives {found.seeds} seeds: {mutant.name}")
        if number % TOLD_EVERY == 0:
            tell(f"{number} of {total} mutants")
        yield mutant, found


def _of_kinds(kinds: Sequence[str], seeds: int) -> Sequence[int]:
    return list(islice((seed for seed in count() if kind_of(seed) in kinds), seeds))


def _played(mutant: Mutant, seeds: Sequence[int], steps: int) -> Found:
    """Up to the first that notices."""
    return play(seeds, steps, mutant.sources)
