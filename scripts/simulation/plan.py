"""What is to happen in a run: a list of actions.

Each of them makes sense wherever it stands, so that any may be left out.
"""

from dataclasses import dataclass
from random import Random
from typing import Any

from mindfleet.entrants import Entrant
from scripts.simulation.actions import Action, Plan, Terms, happens
from scripts.simulation.asides import ASIDES, aside
from scripts.simulation.callers import moment
from scripts.simulation.world import QUEUES, START

LANES = ("", "", "", "l1", "l2")
USERS = ("", "u1", "u2", "u3")
TASKS = ("t1", "t2")
BOTS = ("b1", "b2")
GROUPS = ("", "", "", "group:g=1", "group:h=2", "group:g=1 group:h=2")
EVERY_KIND = 8
"""Seeds, among which is every kind of run."""

NARROW = 4
"""Of so many runs, one with scripts that do little in one piece."""
STEERED = ("queue:arq:q1", "queue:arq:q1", "task:t1", "bot:b1", "group:g", "slots:arq:q1")


@dataclass(frozen=True, slots=True)
class Mood:
    """What kind of run this one is."""

    queues: int
    lanes: float
    names: float
    groups: float
    deferred: float
    trouble: float
    """How much of what is sent meets trouble."""

    disasters: bool
    clocks: bool
    is_fleet: bool
    """Or workers with arq's arguments alone."""

    steered: bool
    """Whether an operator turns every wheel."""

    deadly: bool
    """Whether workers die again and again."""

    hurry: int
    """Between two actions pass up to so many ms."""


def kind_of(seed: int) -> str:
    """What a run is about, if not about jobs."""
    return ASIDES.get(seed % EVERY_KIND, "")


def plan(seed: int, steps: int) -> Plan:
    """The run of a seed."""
    random = Random(seed)  # noqa: S311 - the same seed must give the same run
    if kind := kind_of(seed):
        return aside(kind, seed, random, steps)
    mood = _mood(random)
    rates = (1.0, 1.0, 1.004, 0.996) if mood.trouble else (1.0,)
    workers = tuple(
        Terms(
            queue=QUEUES[i % mood.queues],
            slots=random.randint(1, 4),
            rate=random.choice(rates),
            tells=mood.is_fleet,
            waits=not happens(random, 0.1),
        )
        for i in range(random.randint(1, 3) + mood.queues - 1)
    )
    made = Maker(random, mood)
    actions = tuple(made.action(number) for number in range(steps))
    results = random.choice(("10000", "30", "10000 fleet"))
    narrow = seed // EVERY_KIND % NARROW == 1
    return Plan(seed=seed, workers=workers, producers=2, actions=actions, results=results, is_narrow=narrow)


def _mood(random: Random) -> Mood:
    return Mood(
        queues=random.choice((1, 1, 2)),
        lanes=random.choice((0.0, 0.3, 0.9)),
        names=random.choice((0.0, 0.2, 0.8)),
        groups=random.choice((0.0, 0.0, 0.5, 0.9)),
        deferred=random.choice((0.0, 0.3)),
        trouble=random.choice((0.0, 0.05, 0.25)),
        disasters=happens(random, 0.25),
        clocks=happens(random, 0.05),
        is_fleet=not happens(random, 0.2),
        steered=happens(random, 0.25),
        deadly=happens(random, 0.2),
        hurry=random.choice((5, 200, 1500)),
    )


class Maker:
    """Draws actions."""

    def __init__(self, random: Random, mood: Mood) -> None:
        self._random = random
        self._mood = mood
        self._at = START
        verbs = {
            "enqueue": 20,
            "turn": 26,
            "end": 20,
            "renew": 10,
            "repeat": 3,
            "stock": 3,
            "arq_takes": 1,
            "cancel": 4,
            "steer": 4,
            "write": 4,
            "wait": 4,
            "look": 1,
            "report": 4,
            "write_down": 1,
            "call_in": 3,
            "land": 6,
            "abort": 1,
        }
        if not mood.is_fleet:
            verbs |= {"stock": 20, "arq_takes": 8, "arq_ends": 4, "cancel": 8, "stock_again": 6}
        if mood.trouble:
            verbs |= {"arrive": 4, "sleep": 2, "crash": 1}
        if mood.deadly:
            verbs |= {"crash": 10, "sleep": 3, "wait": 16, "end": 5, "renew": 2, "turn": 40}
        if mood.steered:
            verbs |= {"steer": 20}
        if mood.disasters:
            verbs |= {"save": 2, "restart": 1, "flush": 1}
        if mood.clocks:
            verbs |= {"clock": 1}
        self._verbs, self._weights = list(verbs), list(verbs.values())

    def action(self, number: int) -> Action:
        """The next one."""
        [verb] = self._random.choices(self._verbs, self._weights)
        after = self._random.randint(0, self._mood.hurry) if happens(self._random, 0.5) else 0
        if verb == "wait":
            after = self._random.choice((100, 1000, 5000, 5000, 31_000, 61_000))
        self._at += after
        words = getattr(self, f"_{verb}", tuple)
        return Action(after, verb, words() if verb != "enqueue" else self._enqueue(number))

    def _which(self) -> int:
        return self._random.randrange(100)

    def _fate(self) -> str:
        if not happens(self._random, self._mood.trouble):
            return "ok"
        return self._random.choice(("before", "after", "late", "half"))

    def _turn_fate(self) -> str:
        return "slow" if happens(self._random, 0.2) else self._fate()

    def _turn(self) -> tuple[Any, ...]:
        return self._which(), self._random.choice((0, 1, 2, 9, 9, 9)), self._turn_fate(), happens(self._random, 0.7)

    def _end(self) -> tuple[Any, ...]:
        verdict = self._random.choice(
            (
                "done",
                "done",
                "done",
                "done",
                "failed",
                "again",
                "again",
                "postponed",
                "gate",
                "hold",
                "hold",
                "dying",
                "back",
                "then",
            )
        )
        delay = self._random.choice((0, 500, 3000, 20_000))
        hold, keep = (
            self._random.choice((0, 10_000, 300_000)),
            self._random.choice((10_000, 10_000, 0, -1) if self._mood.is_fleet else (10_000, 0, 0, 0)),
        )
        return (
            self._which(),
            self._which(),
            verdict,
            delay,
            hold,
            keep,
            self._entrant(f"f{self._which()}-{self._at}-{self._which()}"),
        )

    def _renew(self) -> tuple[Any, ...]:
        return self._which(), self._fate()

    def _enqueue(self, number: int) -> tuple[Any, ...]:
        made = [self._entrant(f"j{number}-{i}") for i in range(self._random.choice((1, 1, 1, 3)))]
        # Two of one call that supersede one another would do so again with every repetition.
        if any(each.supersede for each in made):  # one that makes way and another of its id, in one call
            made = [each for each in made if each.supersede or not each.job_id.startswith("k")]
        entrants = {each.name if each.supersede else each.job_id: each for each in made}
        return self._which(), self._fate(), tuple(entrants.values())

    def _repeat(self) -> tuple[Any, ...]:
        return self._which(), self._which(), self._fate()

    def _stock(self) -> tuple[Any, ...]:
        job_id = f"s{self._random.randrange(6 if self._mood.is_fleet else 3)}"
        entrant = Entrant(job_id=job_id, queue=self._queue(), data=f"{job_id} {self._at} {self._which()}".encode())
        return entrant, self._random.choice((0, 0, 0, 0, 2500, 2500, None)), self._random.choice((0, 0, 0, 8000))

    def _cancel(self) -> tuple[Any, ...]:
        return self._which(), self._random.choice((60_000, 0, -1)), self._fate()

    def _abort(self) -> tuple[Any, ...]:
        return (self._which(),)

    def _report(self) -> tuple[Any, ...]:
        return self._which(), self._which(), str(self._which()), happens(self._random, 0.3), self._fate()

    def _write_down(self) -> tuple[Any, ...]:
        return self._random.choice((1, 5, 100)), self._fate()

    def _call_in(self) -> tuple[Any, ...]:
        return self._random.choice((0, 3, 100)), self._fate()

    def _stock_again(self) -> tuple[Any, ...]:
        return (self._which(),)

    def _arq_takes(self) -> tuple[Any, ...]:
        return (self._which(),)

    def _arq_ends(self) -> tuple[Any, ...]:
        return (self._which(),)

    def _land(self) -> tuple[Any, ...]:
        return (self._which(),)

    def _steer(self) -> tuple[Any, ...]:
        verb = self._random.choice(("limit", "limit", "pause", "pause", "resume", "resume", "lift", "lift"))
        return self._random.choice(STEERED), verb, self._random.choice((1, 2)), self._fate()

    def _write(self) -> tuple[Any, ...]:
        return self._random.choice((1, 5, 100)), happens(self._random, self._mood.trouble)

    def _arrive(self) -> tuple[Any, ...]:
        return (self._which(),)

    def _sleep(self) -> tuple[Any, ...]:
        return self._which(), self._random.choice((1000, 4500, 10_000))

    def _crash(self) -> tuple[Any, ...]:
        return self._which(), happens(self._random, 0.5)

    def _look(self) -> tuple[Any, ...]:
        return (self._which(),)

    def _clock(self) -> tuple[Any, ...]:
        return (self._random.choice((-3000, -10, 10, 3000, 60_000)),)

    def _queue(self) -> str:
        return QUEUES[self._random.randrange(self._mood.queues)]

    def _entrant(self, job_id: str) -> Entrant:
        random, mood = self._random, self._mood
        named = self._name() if happens(random, mood.names) else {}
        own_id = happens(random, 0.1)
        due = self._at + random.choice((1000, 4000, 30_000)) if happens(random, mood.deferred) else None
        worth = random.choice((None, None, None, 5000))
        return Entrant(
            job_id=f"k{random.randrange(3)}" if own_id else job_id,
            queue=self._queue(),
            data=f"{job_id} {random.getrandbits(32):x}".encode(),
            due=moment(due) if due else None,
            task=random.choice(TASKS),
            bot_name=random.choice(BOTS),
            user=random.choice(USERS),
            priority=random.choice((0, 1, 5, 5, 9, 10)),
            lane=random.choice(LANES[3:]) if happens(random, mood.lanes) and not named else "",
            gates=tuple(random.choice(GROUPS[3:]).split()) if happens(random, mood.groups) else (),
            deadline=moment((due or self._at) + worth) if worth else None,
            durable=happens(random, 0.8),
            **named,
        )

    def _name(self) -> dict[str, Any]:
        kind = self._random.choice(
            ("done", "started", "3000", "60000", "60000", "merge", "merge", "supersede", "supersede")
        )
        name = f"{kind}:{self._random.randrange(2)}"
        if kind == "merge":
            return {"name": name, "unique": "done", "merge": self._random.choice(("0:0", "1000:3000"))}
        return {"name": name, "unique": "done" if kind == "supersede" else kind, "supersede": kind == "supersede"}
