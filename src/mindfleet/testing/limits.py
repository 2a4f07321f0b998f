"""Limits and budgets for tests: in memory, for one process, with a clock that the test moves."""

import asyncio
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from uuid import uuid4

from mindfleet.ports.budgets import Caps, Estimate, Kind, Overdrawn, Payer, SetAside, Spent, gate_of
from mindfleet.ports.clock import Clock
from mindfleet.ports.limits import Opening, Rank, Refusal, Reservation, Settlement, Target, Why, Wish

WINDOW = timedelta(seconds=61)
PATIENCE = timedelta(seconds=1)


@dataclass
class _Scope:
    """What is counted together."""

    held: set[str] = field(default_factory=set[str])
    line: list[tuple[int, int, str]] = field(default_factory=list[tuple[int, int, str]])
    """(10 - priority, number, ticket) of those who wait here, sorted."""

    calls: dict[str, tuple[datetime, int]] = field(default_factory=dict[str, tuple[datetime, int]])
    """When each call of the last minute was let through, and its tokens."""


class InMemoryLimits:
    """The port `Limits`. Nobody dies here, so that nothing lapses; who waits (`Wish.stays`) has a place in the line."""

    def __init__(self, clock: Clock, *, failures: int = 5, pause: timedelta = timedelta(seconds=20)) -> None:
        self._clock = clock
        self._failures = failures
        self._pause = pause
        self._scopes: dict[str, _Scope] = {}
        self._number = 0
        self._holds: dict[str, datetime] = {}
        self._failed: dict[str, int] = {}
        self._opens: dict[str, datetime] = {}
        self._probes: dict[str, str] = {}
        self._changed = asyncio.Event()

    async def reserve(self, wish: Wish) -> Reservation | Refusal:
        scope = self._scope(wish)
        refusal = self._closed(wish) or self._full(wish, scope)
        if refusal:
            self._queue(wish, scope)
            return refusal
        token = uuid4().hex
        scope.line = [place for place in scope.line if place[2] != wish.ticket]
        scope.held.add(token)
        scope.calls[token] = (self._clock.now(), wish.tokens)
        if self._is_broken(wish.target.breaker):
            self._probes[wish.target.breaker] = token
        return Reservation(wish.target, token, wish.tokens)

    async def settle(self, reservation: Reservation, how: Settlement) -> None:
        target, scope = reservation.target, self._scopes[reservation.target.scope]
        scope.held.discard(reservation.token)
        if how.tokens is not None and reservation.token in scope.calls:
            scope.calls[reservation.token] = (scope.calls[reservation.token][0], how.tokens)
        if how.ending == "answered":
            self._failed.pop(target.breaker, None)
        elif how.ending == "failed":
            self._fail(target.breaker)
        elif how.ending == "paused":
            until = self._clock.now() + how.pause
            self._holds[target.provider] = max(until, self._holds.get(target.provider, until))
        self._changed.set()

    async def leave(self, wish: Wish) -> None:
        scope = self._scope(wish)
        scope.line = [place for place in scope.line if place[2] != wish.ticket]

    @contextmanager
    def watching(self, target: Target, rank: Rank) -> Generator[Opening]:  # noqa: ARG002 - any change may be the one
        yield self._opening

    async def _opening(self, within: timedelta) -> None:
        self._changed.clear()
        try:
            await asyncio.wait_for(self._changed.wait(), min(within, PATIENCE).total_seconds())
        except TimeoutError:
            return

    def _scope(self, wish: Wish) -> _Scope:
        return self._scopes.setdefault(wish.target.scope, _Scope())

    def _closed(self, wish: Wish) -> Refusal | None:
        now, target = self._clock.now(), wish.target
        hold = self._holds.get(target.provider, now)
        if hold > now:
            return Refusal("hold", f"hold:{target.provider}", hold - now)
        if not self._is_broken(target.breaker):
            return None
        opens = self._opens[target.breaker]
        if opens > now:
            return _refused(wish, "breaker", opens - now)
        probing = self._probes.get(target.breaker) in self._scope(wish).held
        return _refused(wish, "breaker", PATIENCE) if probing else None

    def _full(self, wish: Wish, scope: _Scope) -> Refusal | None:
        now, target = self._clock.now(), wish.target
        scope.calls = {token: call for token, call in scope.calls.items() if call[0] > now - WINDOW}
        calls, requests, tokens = (
            target.may_use(limit, wish.priority) for limit in (target.concurrency, target.requests, target.tokens)
        )
        until_room = min((at for at, _ in scope.calls.values()), default=now) + WINDOW - now
        ahead = self._ahead(wish, scope)
        if calls is not None and len(scope.held) + ahead >= calls:
            return _refused(wish, "concurrency", PATIENCE)
        if requests is not None and len(scope.calls) + ahead >= requests:
            return _refused(wish, "requests", until_room)
        used = sum(tokens for _, tokens in scope.calls.values())
        if tokens is not None and used + min(wish.tokens, tokens) > tokens:
            return _refused(wish, "tokens", until_room)
        return None

    def _ahead(self, wish: Wish, scope: _Scope) -> int:
        mine = next((place for place in scope.line if place[2] == wish.ticket), (10 - wish.priority, self._number + 1))
        return sum(place < mine for place in scope.line)

    def _queue(self, wish: Wish, scope: _Scope) -> None:
        if wish.stays and all(place[2] != wish.ticket for place in scope.line):
            self._number += 1
            scope.line = sorted([*scope.line, (10 - wish.priority, self._number, wish.ticket)])

    def _is_broken(self, breaker: str) -> bool:
        return self._failed.get(breaker, 0) >= self._failures

    def _fail(self, breaker: str) -> None:
        self._failed[breaker] = self._failed.get(breaker, 0) + 1
        self._opens[breaker] = self._clock.now() + self._pause


class InMemoryBudgets:
    """The port `Budgets`."""

    def __init__(self, caps: Caps, clock: Clock) -> None:
        self._caps = caps
        self._clock = clock
        self._spent: dict[str, Spent] = {}
        self._aside: dict[str, SetAside] = {}

    async def set_aside(self, payer: Payer, estimate: Estimate) -> SetAside | Overdrawn:
        at = self._clock.now()
        downgraded = estimate.cheaper_usd is not None and bool(
            self._beyond(payer, estimate.usd, estimate.tokens, share=self._caps.soft_share, with_aside=True)
        )
        usd = estimate.cheaper_usd if downgraded and estimate.cheaper_usd is not None else estimate.usd
        for for_today in (True, False):
            beyond = self._beyond(payer, usd, estimate.tokens, share=1, with_aside=not for_today)
            if beyond:
                kind, name, unit = beyond
                after = _until_midnight(at) if for_today else PATIENCE
                return Overdrawn(
                    kind, name, "usd" if unit == "usd" else "tokens", gate_of(kind, name), after, for_today
                )
        token = uuid4().hex
        self._aside[token] = SetAside(
            token=token, at=at, payer=payer, usd=usd, tokens=estimate.tokens, downgraded=downgraded
        )
        return self._aside[token]

    async def spend(self, aside: SetAside, *, usd: float, tokens: int) -> None:
        self._aside.pop(aside.token, None)
        for kind, name, _ in self._caps.of(aside.payer):
            before = self._of(kind, name, aside.at)
            self._spent[_day(kind, name, aside.at)] = Spent(usd=before.usd + usd, tokens=before.tokens + tokens)

    def _of(self, kind: Kind, name: str, at: datetime) -> Spent:
        return self._spent.get(_day(kind, name, at), Spent(usd=0, tokens=0))

    def _beyond(
        self, payer: Payer, usd: float, tokens: int, *, share: float, with_aside: bool
    ) -> tuple[Kind, str, str] | None:
        """The first budget, and its unit, that does not take so much more."""
        at = self._clock.now()
        for kind, name, cap in self._caps.of(payer):
            spent = self._of(kind, name, at)
            others = [
                aside
                for aside in self._aside.values()
                if with_aside and aside.at.date() == at.date() and _pays(self._caps, aside.payer, kind, name)
            ]
            if cap.usd is not None and spent.usd + usd + sum(one.usd for one in others) > cap.usd * share:
                return kind, name, "usd"
            if (
                cap.tokens is not None
                and spent.tokens + tokens + sum(one.tokens for one in others) > cap.tokens * share
            ):
                return kind, name, "tokens"
        return None


def _refused(wish: Wish, why: Why, after: timedelta) -> Refusal:
    return Refusal(why, f"hold:{wish.target.scope}", after)


def _pays(caps: Caps, payer: Payer, kind: Kind, name: str) -> bool:
    return any((kind, name) == (its, whose) for its, whose, _ in caps.of(payer))


def _day(kind: Kind, name: str, at: datetime) -> str:
    return f"{at:%Y-%m-%d}:{kind}:{name}"


def _until_midnight(at: datetime) -> timedelta:
    return at.replace(hour=0, minute=0, second=0, microsecond=0) + timedelta(days=1) - at
