"""How well a bot and a user know each other."""

from dataclasses import dataclass
from datetime import datetime
from typing import Protocol


@dataclass(frozen=True, kw_only=True)
class Acquaintance:
    """What the transcripts say of a bot and a user; recomputed from them, never incremented."""

    bot_name: str
    user_id: str
    user_name: str
    user_turns: int
    bot_turns: int
    sessions: int
    days: int
    """On how many dates (UTC) they spoke."""

    first_at: datetime
    last_at: datetime


@dataclass(frozen=True, kw_only=True)
class Relationship:
    acquaintance: Acquaintance
    familiarity: float
    """From 0 (strangers) to 1."""


class Acquaintances(Protocol):
    async def of(self, bot_name: str, user_id: str) -> Acquaintance | None:
        """None when they never spoke."""
        ...


class Relationships(Protocol):
    """The graph of who knows whom. Raises `StoreUnavailable`."""

    async def put(self, relationship: Relationship) -> None: ...

    async def get(self, bot_name: str, user_id: str) -> Relationship | None: ...
