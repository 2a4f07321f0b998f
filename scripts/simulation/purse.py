"""Budgets: what must be affordable, beside what the scripts of `adapters/limits` say and keep."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from mindfleet.lua import Argument
from scripts.simulation.violations import hold
from scripts.simulation.world import World

LEASE = 600_000
UNITS = ("usd", "tokens")

Limits = tuple[int | None, int | None, int | None, int | None]
"""Of one budget: its end in usd and tokens, and from where a cheaper model answers."""


@dataclass(slots=True)
class Budget:
    """One budget of today."""

    spent: dict[str, int] | None = None
    """None: nobody has said yet."""

    aside: dict[str, int] = field(default_factory=dict[str, int])
    """`token:usd:tokens` by when it is given up."""

    end: int = 0
    """When what is set aside is gone as a whole."""


@dataclass(slots=True)
class Purse:
    """Two budgets that each call is paid from."""

    world: World
    budgets: tuple[Budget, Budget] = field(default_factory=lambda: (Budget(), Budget()))
    open: list[str] = field(default_factory=list[str])
    last: int = 0

    def learn(self, usd: int, tokens: int) -> None:
        """Somebody looks up what was spent."""
        for number, budget in enumerate(self.budgets):
            if budget.spent is None:
                budget.spent = {"usd": usd, "tokens": tokens}
                self.world.execute("HSET", self._keys()[2 * number], "usd", usd, "tokens", tokens)
                self.world.execute("PEXPIRE", self._keys()[2 * number], 2 * 86_400_000)

    def afford(self, usd: int, tokens: int, cheaper: int | None, limits: tuple[Limits, Limits]) -> None:
        """A call is to be paid."""
        self._lapse()
        self.last += 1
        token = f"p{self.last}"
        told: list[Argument] = [self.world.clock(), token, LEASE, usd, tokens, _told(cheaper)]
        told += [_told(each) for budget in limits for each in budget]
        answer: Any = self.world.plain("limits/afford", self._keys(), told)
        due = self._expected(token, (usd, tokens), cheaper, limits)
        hold(answer == due, "budgets_hold", f"{token}: {answer} instead of {due}")
        self.check()

    def spend(self, which: int, usd: int, tokens: int) -> None:
        """A call was paid."""
        if not self.open:
            return
        self._lapse()
        member = self.open.pop(which % len(self.open))
        answer = self.world.plain("limits/spend", self._keys(), [member, usd, tokens])
        known = [budget for budget in self.budgets if budget.spent is not None]
        hold(answer == len(known), "what_is_paid_is_booked", f"{answer} instead of {len(known)}")
        for budget in self.budgets:
            budget.aside.pop(member, None)
            if budget.spent is not None:
                budget.spent = {"usd": budget.spent["usd"] + usd, "tokens": budget.spent["tokens"] + tokens}
        self.check()

    def check(self) -> None:
        """All that is there is as it must be."""
        for number, budget in enumerate(self.budgets):
            spent, aside = self._keys()[2 * number : 2 * number + 2]
            flat: Any = self.world.model.execute("HGETALL", spent)
            found = {name.decode(): int(value) for name, value in zip(flat[::2], flat[1::2], strict=True)}
            hold(found == (budget.spent or {}), "what_is_paid_is_booked", f"{found} instead of {budget}")
            flat = self.world.model.execute("ZRANGE", aside, 0, -1, "WITHSCORES")
            found = {name.decode(): int(until) for name, until in zip(flat[::2], flat[1::2], strict=True)}
            hold(found == budget.aside, "budgets_hold", f"{found} instead of {budget}")
            end = self.world.view().ends.get(aside.encode())
            hold(not found or end == budget.end, "budgets_hold", f"{aside} until {end} instead of {budget.end}")

    def _expected(
        self, token: str, cost: tuple[int, int], cheaper: int | None, limits: tuple[Limits, Limits]
    ) -> list[object]:
        unknown = [number + 1 for number, budget in enumerate(self.budgets) if budget.spent is None]
        if unknown:
            return [b"unknown", *unknown]
        for budget in self.budgets:
            budget.aside = {member: until for member, until in budget.aside.items() if until > self.world.now}
        is_cheaper = cheaper is not None and self._beyond(cost, [each[2:] for each in limits], with_aside=True)
        if cheaper is not None and is_cheaper:
            cost = (cheaper, cost[1])
        ends = [each[:2] for each in limits]
        if spent := self._beyond(cost, ends, with_aside=False):
            return [b"spent", *spent]
        if later := self._beyond(cost, ends, with_aside=True):
            return [b"later", *later]
        member = f"{token}:{cost[0]}:{cost[1]}"
        for budget in self.budgets:
            budget.aside[member], budget.end = self.world.now + LEASE, self.world.now + 2 * LEASE
        self.open.append(member)
        return [b"yes", int(bool(is_cheaper))]

    def _beyond(
        self, cost: tuple[int, int], limits: Sequence[tuple[int | None, ...]], *, with_aside: bool
    ) -> tuple[int, bytes] | None:
        for number, budget in enumerate(self.budgets):
            for which, unit in enumerate(UNITS):
                aside = sum(int(member.split(":")[1 + which]) for member in budget.aside) if with_aside else 0
                most = limits[number][which]
                if most is not None and (budget.spent or {})[unit] + cost[which] + aside > most:
                    return number + 1, unit.encode()
        return None

    def _keys(self) -> list[str]:
        return [f"mindfleet:budget:{kind}:{number}" for number in range(2) for kind in ("spent", "aside")]

    def _lapse(self) -> None:
        for budget in self.budgets:
            if self.world.now > budget.end:
                budget.aside = {}


def _told(number: int | None) -> Argument:
    return "" if number is None else number
