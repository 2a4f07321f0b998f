"""Plans of runs that are not about jobs: the schedule, heartbeats and locks, the limits of models."""

from collections.abc import Mapping
from random import Random
from typing import Any

from scripts.simulation.actions import Action, Plan, happens

ASIDES: Mapping[int, str] = {5: "timetable", 6: "signs", 7: "limits"}
"""By what is left of a seed."""

DAYS = 86_400_000


def aside(kind: str, seed: int, random: Random, steps: int) -> Plan:
    """A run of that kind, without workers and producers."""
    makers = {"timetable": _timetable, "signs": _signs, "limits": _limits}
    hurry = random.choice((0, 300, 5000))
    actions = [Action(random.randint(0, hurry), *makers[kind](random)) for _ in range(steps)]
    return Plan(seed=seed, workers=(), producers=0, actions=tuple(actions), results="10000")


def _timetable(random: Random) -> tuple[str, tuple[Any, ...]]:
    entry = f"{random.choice(('t1', 't1', 't2', 't9'))}|b{random.randrange(3)}"
    notes = random.choice(((), (), ("n1", f"{random.random()}"), ("n2", "two", "n3", "three")))
    state, is_late = f"state {random.randrange(3)}", happens(random, 0.15)
    match random.choice(("put", "put", "claim", "claim", "advance", "advance", "wait", "crowd")):
        case "put":
            return "timetable.put", (entry, random.choice((-50, 0, 800, 4000)), state, notes, is_late)
        case "claim":
            names = random.choice((("t1",), ("t1", "t2"), ("t2",), ()))
            return "timetable.claim", (names, random.choice((1, 2, 100)), random.choice((2000, 60_000)))
        case "advance":
            after = random.choice((0, 900, 5000, None))
            return "timetable.advance", (random.randrange(100), after, state, notes, is_late)
        case "crowd" if happens(random, 0.04):
            return "timetable.crowd", ()
    return "wait_for", (random.choice((500, 3000, 61_000, 39 * DAYS, 2 * DAYS)),)


def _signs(random: Random) -> tuple[str, tuple[Any, ...]]:
    name, token = random.choice(("w1", "w1", "w2")), random.choice(("a", "b", "c"))
    lock, owner = random.choice(("lock1", "lock2")), random.choice(("o1", "o2"))
    ms, said = random.choice((1000, 20_000)), f"told {random.randrange(100)}"
    words: Mapping[str, tuple[Any, ...]] = {
        "signs.beat": (name, token, said),
        "signs.farewell": (name, token),
        "signs.ask": (),
        "signs.lock": (lock, owner, ms),
        "signs.unlock": (lock, owner),
        "wait_for": (random.choice((5000, 14_999, 15_000, 15_001, 1000)),),
    }
    [verb] = random.choices(list(words), (3, 1, 1, 2, 1, 1))
    return verb, words[verb]


def _limits(random: Random) -> tuple[str, tuple[Any, ...]]:
    ending = random.choice(("answered", "answered", "failed", "failed", "paused", "dropped"))
    took, pause = random.choice((None, 0, 30, 90)), random.choice((1, 500, 7000))
    ticket, wanted = f"j{random.randrange(6)}", random.choice((1, 40, 70, 300))
    which, spent = random.randrange(100), (random.choice((0, 50)), random.choice((0, 700)))
    words: Mapping[str, tuple[Any, ...]] = {
        "limits.reserve": (ticket, random.choice((1, 5, 9)), happens(random, 0.5), random.choice(_TERMS), wanted),
        "limits.settle": (which, ending, took, pause, random.choice((0, 1, 2, 3))),
        "limits.renew": (),
        "limits.die": (which,),
        "purse.afford": _estimate(random),
        "purse.spend": (which, *spent),
        "purse.learn": spent,
        "wait_for": (random.choice((1, 999, 1000, 4001, 10_000, 21_000, 61_000, 600_001)),),
    }
    [verb] = random.choices(list(words), (30, 20, 10, 4, 10, 7, 3, 16))
    return verb, words[verb]


_TERMS = ((2, 0, 0), (2, 0, 0), (1, 3, 0), (0, 3, 0), (0, 0, 100), (3, 4, 200))
"""Calls at once, requests and tokens a window."""


def _estimate(random: Random) -> tuple[Any, ...]:
    limits = tuple((random.choice((None, 100, 300)), random.choice((None, 900)), None, None) for _ in range(2))
    soft = tuple((*each[:2], random.choice((None, 60)), random.choice((None, 400))) for each in limits)
    return random.choice((10, 90)), random.choice((5, 400)), random.choice((None, 3)), soft
