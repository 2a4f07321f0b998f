"""What a bot, a user and the whole fleet may spend on models in a day, in USD and in tokens."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal, Protocol

Kind = Literal["fleet", "bot", "user"]

Unit = Literal["usd", "tokens"]


@dataclass(frozen=True, kw_only=True)
class Cap:
    """The most that may be spent between two midnights, UTC; None for any amount."""

    usd: float | None = None
    tokens: int | None = None

    @property
    def counts(self) -> bool:
        return self.usd is not None or self.tokens is not None


@dataclass(frozen=True, kw_only=True)
class Caps:
    """All budgets of a fleet."""

    fleet: Cap = Cap()
    bot: Cap = Cap()
    """Each bot's."""

    user: Cap = Cap()
    """Each user's, with all bots together."""

    soft_share: float = 0.8
    """From this part of a budget on, 0 to 1, a cheaper model answers."""

    def of(self, payer: "Payer") -> list[tuple[Kind, str, Cap]]:
        """Those that a call counts in: which, whose, how much."""
        named: list[tuple[Kind, str | None, Cap]] = [
            ("fleet", "", self.fleet),
            ("bot", payer.bot_name, self.bot),
            ("user", payer.user_id, self.user),
        ]
        return [(kind, name, cap) for kind, name, cap in named if name is not None and cap.counts]


@dataclass(frozen=True, kw_only=True)
class Payer:
    """For whom a model is called."""

    bot_name: str
    user_id: str | None


@dataclass(frozen=True, kw_only=True)
class Estimate:
    """What a call may cost. A price that is not known counts as nothing."""

    usd: float
    tokens: int
    cheaper_usd: float | None = None
    """With the cheaper model; None when there is none."""


@dataclass(frozen=True, kw_only=True)
class SetAside:
    """Money for one call. Whoever has it spends it; if its holder dies it is free again after a while."""

    token: str
    at: datetime
    """The day that it belongs to."""

    payer: Payer
    usd: float
    tokens: int
    downgraded: bool
    """Whether the cheaper model is to be asked."""


@dataclass(frozen=True)
class Overdrawn:
    """Not affordable now."""

    kind: Kind
    name: str
    unit: Unit
    gate: str
    after: timedelta
    """Until midnight, UTC; a guess where others have set aside what they may not need."""

    for_today: bool
    """False in the latter case."""


@dataclass(frozen=True, kw_only=True)
class Spent:
    """A sum of costs and tokens."""

    usd: float
    tokens: int


class Spending(Protocol):
    """What the ledger of model calls knows of a day."""

    async def spent(self, kind: Kind, name: str, *, since: datetime) -> Spent:
        """Since then, by all, by a bot, or for a user; calls without a known price cost nothing here.

        Raises:
            StoreUnavailable: the ledger is away.
        """
        ...


class Budgets(Protocol):
    async def set_aside(self, payer: Payer, estimate: Estimate) -> SetAside | Overdrawn:
        """Keep what the call may cost from being spent by others.

        Raises:
            StoreUnavailable: what was spent cannot be read.
        """
        ...

    async def spend(self, aside: SetAside, *, usd: float, tokens: int) -> None:
        """Book what it cost; fails never."""
        ...


def gate_of(kind: Kind, name: str) -> str:
    """What is closed when a budget is spent: `hold:budget/bot/luna`."""
    return f"hold:budget/{kind}/{name}".rstrip("/")
