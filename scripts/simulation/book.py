"""What must be true: the jobs that Redis has accepted and what became of them, kept from answers alone."""

from collections.abc import Mapping
from copy import deepcopy
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime

from mindfleet.entrants import Entrant, milliseconds
from scripts.simulation.accounts import Accounts, Entry, entry_of

WEEK = 7 * 86_400_000
OVER, STOCK = "over", "stock"
"""In the place of a token: nobody may run a job of that id for a while, or a worker of arq's own runs it."""


HASTENED = 1
"""The score that arq's `Job.abort` gives, so that a worker meets the job at once."""


@dataclass(slots=True)
class Grant:
    """One claim, as Redis has it."""

    token: str
    worker: str
    lease_ends: int
    """ms of the server's clock."""

    gates: tuple[str, ...]
    is_locked: bool = True
    """Until its lock is gone, by whatever clock."""


@dataclass(slots=True)
class Life:
    """One accepted job, from its entry to its end; another one of the same id is another life."""

    id: str
    data: bytes
    queue: str
    about: Entrant
    """What is known of it: what its producer said, or what a worker read in it."""

    accepted: int
    due: int
    is_stock: bool = False
    """A stock producer sent it, and no worker has read it yet."""

    seq: str = ""
    """Its number, once it is known."""

    entry: str = ""
    """Where the ledger has it."""

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
    dying: str = ""
    """What it has failed of for good."""

    why: str = ""
    """Why it was last to be tried again."""

    grant: Grant | None = None
    triggers: list[bytes] = field(default_factory=list[bytes])
    told: int = 0
    """Of its triggers, how many a claim has told."""

    again_at: int = 0
    """When a retry is due."""

    forgotten_at: int | None = None
    """When what is known of it is gone, where none of our workers has ever been."""

    expires_at: int | None = None
    """When its envelope is gone, if a stock producer said so."""

    stock_until: int = 0
    """Until when a worker of arq's own has it."""

    is_hastened: bool = False
    """Whether arq's `Job.abort` has moved its alarm."""

    is_known: bool = True
    """Whether one of our producers or workers has seen it."""

    @property
    def name(self) -> str:
        return self.about.name

    @property
    def is_durable(self) -> bool:
        return self.is_known and self.about.durable

    def is_gone(self, now: int) -> bool:
        """Whether its envelope is."""
        return self.expires_at is not None and (now > self.expires_at or self.expires_at < 0)

    def row(self) -> Entry:
        """What PostgreSQL is told of it."""
        return entry_of(self.about, self.due) | {"lane": self.lane, "seq": self.seq}

    def due_with(self, now: int) -> int:
        """When it is due if one more trigger comes."""
        wait, longest = (int(each) for each in self.about.merge.split(":"))
        return max(self.due, min(self.accepted + longest, now + wait))

    def take_worth(self, entrant: Entrant, now: int) -> None:
        """It is worth starting for as long as the trigger that is worth it for the longest."""
        if self.about.deadline is None:
            return
        deadline = None
        if entrant.deadline:
            asked = int(milliseconds(entrant.due)) if entrant.due else now
            own, its = (int(milliseconds(each)) for each in (self.about.deadline, entrant.deadline))
            deadline = datetime.fromtimestamp(max(own, its, self.due + its - asked) / 1000, UTC)
        self.about = replace(self.about, deadline=deadline)

    def settle_back(self) -> None:
        """It is nobody's, at no cost."""
        self.grant = None
        self.spared += 1


@dataclass(slots=True)
class Window:
    """For how long a name is taken, whatever becomes of its job."""

    holder: str
    until: int


@dataclass(slots=True)
class Book:
    """What Redis must hold; rolled back where Redis loses data."""

    pieces: Mapping[str, int]
    """How much scripts do in one piece, by the name of the constant."""

    lives: dict[str, Life] = field(default_factory=dict[str, Life])
    """Unfinished jobs, by id."""

    settled: set[tuple[str, str]] = field(default_factory=set[tuple[str, str]])
    """Id and token of every claim that was settled."""

    windows: dict[str, Window] = field(default_factory=dict[str, Window])
    holders: dict[str, str] = field(default_factory=dict[str, str])
    """Who took a name last, by name."""

    limits: dict[str, int] = field(default_factory=dict[str, int])
    paused: set[str] = field(default_factory=set[str])

    accounts: Accounts = field(default_factory=Accounts)

    superseded: list[Life] = field(default_factory=list[Life])
    """Who makes way in the script that is looked at."""

    back: dict[str, tuple[Entrant, str]] = field(default_factory=dict[str, tuple[Entrant, str]])
    """Who made way and came in again within one call, and at which entry."""

    guards: dict[str, int] = field(default_factory=dict[str, int])
    """Until when nobody may run a job of that id."""

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

    def end(
        self, life: Life, outcome: str, now: int, *, worker: str = "", text: str = "null", tells: bool = True
    ) -> None:
        """It is over, and must be told of."""
        del self.lives[life.id]
        window = self.windows.get(life.name)
        if window and window.holder == life.id and outcome != "done":
            del self.windows[life.name]
        if life.is_durable:
            self.accounts.enter_end(life.id, outcome)
        if tells:
            self.accounts.count(life.queue, outcome)
            self.accounts.announce(life, now, outcome, worker, text)

    def lapse(self, now: int) -> None:
        """What has ended by now does not come back when the clock is set back."""
        for ends in (self.accounts.fleets, self.guards):
            for key in [key for key, until in ends.items() if now > until]:
                del ends[key]
        for name in [name for name, window in self.windows.items() if now > window.until]:
            del self.windows[name]
        for life in self.lives.values():
            if life.grant and now > life.grant.lease_ends:
                life.grant.is_locked = False
            if life.is_gone(now):
                life.expires_at = -1
        self.accounts.lapse(now)

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
