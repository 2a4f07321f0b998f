"""The ledger of effects: what jobs send out of the house, so that no crash loses or repeats it."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Literal, Protocol, TypeAlias
from uuid import UUID

EffectState: TypeAlias = Literal["intent", "sent", "done", "unknown", "withdrawn"]
"""intent: about to be sent, or on its way. sent: the provider has it. done: the job has also done what follows from it.
unknown: it may have been sent, and only a person can tell. withdrawn: it certainly was not sent."""

Payload: TypeAlias = dict[str, Any]
"""JSON."""

StartsOf: TypeAlias = Callable[[str], int]
"""The greatest number of a start of a job that left an effect."""


@dataclass(frozen=True, kw_only=True)
class Effect:
    """One thing that leaves the house."""

    key: UUID
    """Names it for ever; the provider is given it as idempotency key."""

    job_id: str
    kind: str
    """What it is, for people: `discord.message`."""

    payload: Payload
    """What is sent. Of two that a job made for one key, the first is kept; once all is done, it is empty."""

    state: EffectState
    tries: int
    """How many starts of its job came here."""

    provider_id: str | None
    """What the provider calls it."""

    changed_at: datetime | None = field(default=None, compare=False)
    """Since when its state is this; told by `open` and `one`."""


class Effects(Protocol):
    """Every method raises `LeaseLost` when a later start of the job was here, and then changes nothing.

    All raise `StoreUnavailable` when the store is away.
    """

    async def intend(self, *, key: UUID, job_id: str, kind: str, payload: Payload, fence: int) -> Effect:
        """Note that an effect is about to happen, unless it is on record already.

        Args:
            key: of the effect.
            job_id: who makes it.
            kind: what it is.
            payload: what is sent.
            fence: the number of the job's start; from now on no earlier start gets through.

        Returns:
            What is on record: `tries` is 1 when nothing was.
        """
        ...

    async def sent(self, key: UUID, provider_id: str, *, fence: int) -> None:
        """The provider has it."""
        ...

    async def done(self, key: UUID, *, fence: int) -> None:
        """What follows from it is done too."""
        ...

    async def unknown(self, key: UUID, *, fence: int) -> None:
        """It may have been sent, and nobody here can tell."""
        ...

    async def withdraw(self, key: UUID, *, fence: int) -> None:
        """It certainly was not sent: who intends it next is the first again, but no earlier start is."""
        ...

    async def open(
        self, *, older_than: timedelta = timedelta(), state: EffectState | None = None, limit: int = 100
    ) -> Sequence[Effect]:
        """Those that are neither done nor withdrawn and have not changed for so long; the oldest first.

        Args:
            older_than: for how long.
            state: only those of this one.
            limit: at most so many.
        """
        ...

    async def one(self, key: UUID) -> Effect | None:
        """What is on record of it; None when nothing is."""
        ...

    async def between(self, first: UUID, last: UUID) -> Sequence[UUID]:
        """The keys from one to another, both with them, in their order: those that begin alike."""
        ...

    async def resolve(self, key: UUID, provider_id: str | None) -> bool:
        """A person found out what became of an unknown one.

        Args:
            key: of the effect.
            provider_id: what the provider calls it; None when it was not sent, and may be sent again.

        Returns:
            Whether it was unknown.
        """
        ...

    async def purge(self, older_than: timedelta, *, limit: int = 10_000) -> int:
        """Forget those that were done or withdrawn longer ago than that; returns how many, at most `limit`."""
        ...
