"""The ledger of effects without a database, for the life of the object."""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from uuid import UUID

from mindfleet.adapters.clock import WallClock
from mindfleet.errors import LeaseLost
from mindfleet.ports.clock import Clock
from mindfleet.ports.effects import Effect, EffectState, Payload

OPEN: tuple[EffectState, ...] = ("intent", "unknown")
OVER: tuple[EffectState, ...] = ("done", "withdrawn")


@dataclass(frozen=True)
class _Row:
    effect: Effect
    fence: int
    changed_at: datetime


class InMemoryEffects:
    """`Effects` in memory."""

    def __init__(self, *, clock: Clock | None = None) -> None:
        self._rows: dict[UUID, _Row] = {}
        self._clock = clock or WallClock()

    def starts_of(self, job_id: str) -> int:
        """The greatest number of a start of the job that left an effect."""
        return max((row.fence for row in self._rows.values() if row.effect.job_id == job_id), default=0)

    async def intend(self, *, key: UUID, job_id: str, kind: str, payload: Payload, fence: int) -> Effect:
        row = self._rows.get(key)
        if row and row.fence > fence:
            raise _lost(key, fence)
        effect = Effect(key=key, job_id=job_id, kind=kind, payload=payload, state="intent", tries=1, provider_id=None)
        if row and row.effect.state != "withdrawn":
            effect = replace(row.effect, job_id=job_id, tries=row.effect.tries + 1)
        self._rows[key] = _Row(effect, fence, self._clock.now())
        return effect

    async def sent(self, key: UUID, provider_id: str, *, fence: int) -> None:
        state: EffectState = "done" if self._held(key, fence).state == "done" else "sent"
        self._change(key, state, provider_id)

    async def done(self, key: UUID, *, fence: int) -> None:
        self._change(key, "done", self._held(key, fence).provider_id)

    async def unknown(self, key: UUID, *, fence: int) -> None:
        self._held(key, fence, *OPEN)
        self._change(key, "unknown", None)

    async def withdraw(self, key: UUID, *, fence: int) -> None:
        self._held(key, fence, *OPEN)
        self._change(key, "withdrawn", None)

    async def open(
        self, *, older_than: timedelta = timedelta(), state: EffectState | None = None, limit: int = 100
    ) -> list[Effect]:
        before = self._clock.now() - older_than
        rows = [row for row in self._rows.values() if row.effect.state not in OVER and row.changed_at <= before]
        of_state = [row for row in rows if state in (None, row.effect.state)]
        in_order = sorted(of_state, key=lambda row: (row.changed_at, row.effect.key))
        return [replace(row.effect, changed_at=row.changed_at) for row in in_order[:limit]]

    async def one(self, key: UUID) -> Effect | None:
        row = self._rows.get(key)
        return replace(row.effect, changed_at=row.changed_at) if row else None

    async def between(self, first: UUID, last: UUID) -> list[UUID]:
        return sorted(key for key in self._rows if first <= key <= last)

    async def resolve(self, key: UUID, provider_id: str | None) -> bool:
        if key not in self._rows or self._rows[key].effect.state != "unknown":
            return False
        self._change(key, "withdrawn" if provider_id is None else "sent", provider_id)
        return True

    async def purge(self, older_than: timedelta, *, limit: int = 10_000) -> int:
        before = self._clock.now() - older_than
        old = [key for key, row in self._rows.items() if row.effect.state in OVER and row.changed_at < before]
        for key in old[:limit]:
            del self._rows[key]
        return len(old[:limit])

    def _held(self, key: UUID, fence: int, *states: EffectState) -> Effect:
        row = self._rows.get(key)
        if row is None or row.fence != fence or (states and row.effect.state not in states):
            raise _lost(key, fence)
        return row.effect

    def _change(self, key: UUID, state: EffectState, provider_id: str | None) -> None:
        row = self._rows[key]
        payload = {} if state == "done" else row.effect.payload
        effect = replace(row.effect, state=state, provider_id=provider_id, payload=payload)
        self._rows[key] = _Row(effect, row.fence, self._clock.now())


def _lost(key: UUID, fence: int) -> LeaseLost:
    return LeaseLost(f"the effect {key} belongs to a later start than number {fence} of its job: this one has lost it")
