"""What must be true: the jobs that Redis has accepted and what became of them, kept from answers alone."""

from copy import deepcopy
from dataclasses import dataclass, field

from mindfleet.entrants import Entrant


class Violation(AssertionError):
    """An invariant does not hold.

    Args:
        invariant: its name.
        said: what is wrong, with the names of those concerned.
    """

    def __init__(self, invariant: str, said: str) -> None:
        super().__init__(f"{invariant}: {said}")
        self.invariant = invariant
        self.said = said


def hold(truth: object, invariant: str, said: str) -> None:
    """Raise a violation, unless it is true."""
    if not truth:
        raise Violation(invariant, said)


@dataclass(slots=True)
class Grant:
    """One claim, as Redis has it."""

    token: str
    worker: str
    lease_ends: int
    """ms of the server's clock."""

    gates: tuple[str, ...]


@dataclass(slots=True)
class Life:
    """One accepted job, from its entry to its end; another one of the same id is another life."""

    id: str
    data: bytes
    queue: str
    entrant: Entrant | None
    """None: a stock producer sent it."""

    accepted: int
    task: str = ""
    bot: str = ""
    lane: str = ""
    gates: str = ""
    starts: int = 0
    fails: int = 0
    deaths: int = 0
    spared: int = 0
    held: int = 0
    """For how long it waited for its retries, ms."""

    left_lane: bool = False
    is_put_back: bool = False
    wish: str = ""
    grant: Grant | None = None
    triggers: list[bytes] = field(default_factory=list[bytes])
    told: int = 0
    """Of its triggers, how many a claim has told."""

    @property
    def name(self) -> str:
        return self.entrant.name if self.entrant else ""


@dataclass(slots=True)
class Window:
    """For how long a name is taken, whatever becomes of its job."""

    holder: str
    until: int


@dataclass(slots=True)
class Book:
    """What Redis must hold; rolled back where Redis loses data."""

    lives: dict[str, Life] = field(default_factory=dict[str, Life])
    """Unfinished jobs, by id."""

    settled: set[tuple[str, str]] = field(default_factory=set[tuple[str, str]])
    """Id and token of every claim that was settled."""

    windows: dict[str, Window] = field(default_factory=dict[str, Window])
    holders: dict[str, str] = field(default_factory=dict[str, str])
    """Who took a name last, by name."""

    limits: dict[str, int] = field(default_factory=dict[str, int])
    paused: set[str] = field(default_factory=set[str])

    last_result: str = "-"
    """Up to where the stream of results was read."""

    ending: list[tuple[Life, str]] = field(default_factory=list[tuple[Life, str]])
    """Ends that the stream of results must tell of, with their outcome."""

    @property
    def gates(self) -> dict[str, int]:
        """How many may pass, where operators said so."""
        return self.limits | dict.fromkeys(self.paused, 0)

    def steered(self, gate: str, verb: str, most: int) -> None:
        """An operator said how many may pass: limit, lift, pause or resume."""
        match verb:
            case "limit":
                self.limits[gate] = most
            case "lift":
                self.limits.pop(gate, None)
            case "pause":
                self.paused.add(gate)
            case _:
                self.paused.discard(gate)

    def copy(self) -> "Book":
        return deepcopy(self)

    def end(self, life: Life, outcome: str) -> None:
        """It is over, and must be told of."""
        del self.lives[life.id]
        self.ending.append((life, outcome))

    def holder(self, name: str) -> Life | None:
        """Who holds a name, if he lives."""
        life = self.lives.get(self.holders.get(name, ""))
        return life if life and life.name == name else None

    def capacity(self, gate: str, declared: str) -> int | None:
        """How many may pass; None: it counts nobody."""
        if gate in self.gates:
            return self.gates[gate]
        for each in declared.split():
            name, _, most = each.rpartition("=")
            if name == gate:
                return int(most)
        return None

    def gates_of(self, life: Life) -> tuple[str, ...]:
        """The gates that count a job which starts now."""
        declared = [each.rpartition("=")[0] for each in life.gates.split()]
        steered = [gate for gate in (f"task:{life.task}", f"bot:{life.bot}") if gate in self.gates]
        return (*declared, *steered)

    def open_grants(self, gate: str) -> list[str]:
        return [life.id for life in self.lives.values() if life.grant and gate in life.grant.gates]
