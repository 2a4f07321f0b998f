"""Money for calls: set aside before they are made, and spent after."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from typing import Any

from mindfleet.errors import OnHold
from mindfleet.llm.expectation import Expectation
from mindfleet.llm.flights import despite_cancellation
from mindfleet.llm.prices import Prices
from mindfleet.llm.provider import Reply, Request, TierModel
from mindfleet.ports.budgets import Budgets, Estimate, Overdrawn, Payer
from mindfleet.ports.llm import Ask


@dataclass
class Bill:
    """One call that is paid for."""

    tier: TierModel
    """Who is asked: the cheaper model where a budget is nearly spent."""

    request: Request
    tokens: int
    """About how many it will take."""

    usd: float = field(default=0.0, init=False)
    tokens_used: int = field(default=0, init=False)

    def costs(self, reply: Reply, usd: float | None) -> None:
        """What it came to. A price that is not known counts as nothing."""
        self.usd = usd or 0.0
        self.tokens_used = reply.input_tokens + reply.output_tokens


class Purse:
    """Pays for calls out of the budgets; without any, everything is paid."""

    def __init__(self, prices: Prices, *, budgets: Budgets | None = None, cheaper: TierModel | None = None) -> None:
        """Ask nothing yet.

        Args:
            prices: what an estimate is made of.
            budgets: where the money comes from.
            cheaper: who answers when a budget is nearly spent.
        """
        self._prices = prices
        self._budgets = budgets
        self._cheaper = cheaper
        self._expectation = Expectation()

    def learn(self, request: Request, reply: Reply) -> None:
        """How long an answer was."""
        self._expectation.learn(request, reply)

    @asynccontextmanager
    async def paying(self, ask: Ask[Any], tier: TierModel, request: Request) -> AsyncGenerator[Bill]:
        """Within, make one call and say what it costs; what is not said costs nothing.

        Raises:
            OnHold: a budget is spent; the job is to come again when it is full.
            StoreUnavailable: nobody knows what is left.
        """
        sent, received = await self._expectation.of(request)
        if self._budgets is None or tier.target is None:
            yield Bill(tier, request, sent + received)
            return
        payer = Payer(bot_name=ask.bot_name, user_id=ask.user_id)
        aside = await self._budgets.set_aside(payer, self._estimate(tier, request, sent, received))
        if isinstance(aside, Overdrawn):
            raise OnHold(_reason(aside), after=aside.after, gate=aside.gate)
        chosen = self._cheaper if aside.downgraded and self._cheaper else tier
        bill = Bill(chosen, replace(request, model=chosen.model), sent + received)
        try:
            yield bill
        finally:
            await despite_cancellation(self._budgets.spend(aside, usd=bill.usd, tokens=bill.tokens_used))

    def _estimate(self, tier: TierModel, request: Request, sent: int, received: int) -> Estimate:
        cheaper = self._cheaper if self._cheaper and self._cheaper.model != tier.model else None
        return Estimate(
            usd=self._usd(request.model, sent, received),
            tokens=sent + received,
            cheaper_usd=self._usd(cheaper.model, sent, received) if cheaper else None,
        )

    def _usd(self, model: str, sent: int, received: int) -> float:
        price = self._prices.of(model)
        return (price and price.of(input_tokens=sent, cached_input_tokens=0, output_tokens=received)) or 0.0


def _reason(overdrawn: Overdrawn) -> str:
    whose = f"{overdrawn.kind} {overdrawn.name}".strip()
    if overdrawn.for_today:
        return f"the {overdrawn.unit} that the {whose} may spend today do not suffice for this call"
    return f"others have set aside the rest of the {overdrawn.unit} that the {whose} may spend today"
