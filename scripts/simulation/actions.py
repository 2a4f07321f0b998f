"""What a list of actions consists of, and who is there."""

from dataclasses import dataclass
from datetime import datetime
from random import Random
from typing import Any

from mindfleet.entrants import Entrant
from scripts.simulation.world import START


@dataclass(frozen=True, slots=True)
class Action:
    """After so many ms somebody does something."""

    after: int
    verb: str
    words: tuple[Any, ...] = ()

    def __str__(self) -> str:
        return f"+{self.after:>5} ms  {self.verb:<8} {' '.join(_told(word) for word in self.words)}".rstrip()


@dataclass(frozen=True, kw_only=True, slots=True)
class Terms:
    """What kind of worker one is."""

    queue: str
    slots: int
    rate: float
    """How fast its own clock goes."""

    tells: bool
    """Whether it is a fleet's; else it has arq's arguments alone."""

    waits: bool
    """Whether it wants to be woken."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Plan:
    """One run."""

    seed: int
    workers: tuple[Terms, ...]
    results: str
    """What becomes of the fleet's results."""

    producers: int
    actions: tuple[Action, ...]
    is_narrow: bool = False
    """Whether scripts do little in one piece, see `sources.PIECES`."""


def happens(random: Random, probability: float) -> bool:
    return random.random() < probability


def _told(word: object) -> str:
    if not isinstance(word, Entrant):
        return ", ".join(_told(each) for each in word) if isinstance(word, tuple) else str(word)
    due, deadline = _seconds(word.due), _seconds(word.deadline)
    about = {
        "due": due,
        "prio": word.priority,
        "user": word.user,
        "lane": word.lane,
        "gates": " ".join(word.gates),
        "name": word.name,
        "unique": word.unique,
        "merge": word.merge,
        "task": word.task,
        "bot": word.bot_name,
        "supersede": word.supersede,
        "durable": word.durable,
        "deadline": deadline,
    }
    told = " ".join(f"{key}={value}" for key, value in about.items() if value not in ("", None, False))
    return f"[{word.job_id} on {word.queue} {told}]"


def _seconds(moment_of_it: datetime | None) -> str:
    """Since the start of the run."""
    return f"{moment_of_it.timestamp() - START / 1000:g}s" if moment_of_it else ""
