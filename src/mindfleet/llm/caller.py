"""One call to a provider: timed, priced, checked and put on record, however it ends."""

import asyncio
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from time import monotonic
from typing import Any, Generic, TypeVar
from uuid import uuid4

from pydantic import BaseModel

from mindfleet.current_job import current_job
from mindfleet.errors import ModelRefused, ModelUnavailable
from mindfleet.llm.flights import despite_cancellation
from mindfleet.llm.gate import Gate
from mindfleet.llm.ledger import Ledger
from mindfleet.llm.prices import Prices
from mindfleet.llm.provider import Provider, Reply, Request, TierModel
from mindfleet.llm.purse import Bill, Purse
from mindfleet.llm.reading import Reading, Unreadable, read
from mindfleet.ports.clock import Clock
from mindfleet.ports.llm import Ask, Tier
from mindfleet.ports.model_calls import ModelCall, Outcome

A = TypeVar("A", bound=BaseModel)

_LONGEST_ERROR = 500


@dataclass(frozen=True, kw_only=True)
class Attempt(Generic[A]):
    """A reply, and what can be read from it."""

    provider: str
    reply: Reply
    reading: Reading[A] | None
    problems: str
    """Why nothing could be read; empty when `reading` is there."""

    cost_usd: float | None

    def after(self, earlier: "Attempt[A]") -> "Attempt[A]":
        """This attempt with the tokens and the cost of both."""
        costs = (self.cost_usd, earlier.cost_usd)
        tokens = replace(
            self.reply,
            input_tokens=self.reply.input_tokens + earlier.reply.input_tokens,
            output_tokens=self.reply.output_tokens + earlier.reply.output_tokens,
        )
        return replace(self, reply=tokens, cost_usd=None if None in costs else sum(cost or 0 for cost in costs))


@dataclass(frozen=True)
class _Entry:
    """The record of a call while it is under way."""

    ask: Ask[Any]
    request: Request
    provider: str
    repair: bool
    at: datetime
    began: float

    def closed(
        self, outcome: Outcome, error: str | None, reply: Reply | None = None, cost: float | None = None
    ) -> ModelCall:
        job = current_job.get()
        return ModelCall(
            id=uuid4(),
            at=self.at,
            key=self.ask.key,
            job_id=job.job_id if job else None,
            task=job.task if job else None,
            bot_name=self.ask.bot_name,
            user_id=self.ask.user_id,
            provider=self.provider,
            model=reply.model if reply else self.request.model,
            tier=self.ask.tier,
            prompt=self.ask.prompt.name,
            prompt_version=self.ask.prompt.version,
            repair=self.repair,
            outcome=outcome,
            error=" ".join(error.split())[:_LONGEST_ERROR] if error else None,
            input_tokens=reply.input_tokens if reply else 0,
            cached_input_tokens=reply.cached_input_tokens if reply else 0,
            output_tokens=reply.output_tokens if reply else 0,
            tokens_estimated=bool(reply and reply.tokens_estimated),
            cost_usd=cost,
            latency=timedelta(seconds=monotonic() - self.began),
        )


class Caller:
    def __init__(self, ledger: Ledger, clock: Clock, prices: Prices, *, purse: Purse, gate: Gate | None) -> None:
        self._ledger = ledger
        self._clock = clock
        self._prices = prices
        self._purse = purse
        self._gate = gate

    async def call(self, ask: Ask[A], tier: TierModel, request: Request, *, repair: bool) -> Attempt[A]:
        """One request and its record, when limits and budgets allow it.

        Raises:
            OnHold: they do not.
            ModelUnavailable: trying later helps.
            ModelRefused: the endpoint rejects the request, or the model declines to answer.
        """
        async with self._purse.paying(ask, tier, request) as bill:
            entry, reply = await self._asked(ask, bill, repair=repair)
            cost = self._cost(bill.request, reply)
            bill.costs(reply, cost)
            self._purse.learn(bill.request, reply)
            if reply.refusal is not None:
                await self._record(entry.closed("refused", reply.refusal, reply, cost))
                raise ModelRefused(_declined(ask, reply))
            reading, problems = _read(reply, ask.schema)
            outcome: Outcome = "answered" if reading else "invalid"
            await self._record(entry.closed(outcome, problems, reply, cost))
        return Attempt(provider=entry.provider, reply=reply, reading=reading, problems=problems, cost_usd=cost)

    async def _asked(self, ask: Ask[Any], bill: Bill, *, repair: bool) -> tuple[_Entry, Reply]:
        """The reply, through the gate where there is one; a call's time begins behind it."""
        tier = bill.tier
        if self._gate is None or tier.target is None:
            return await self._timed(ask, bill, repair=repair)
        async with self._gate.passed(tier.target, bill.tokens) as passage:
            entry, reply = await self._timed(ask, bill, repair=repair)
            passage.tokens = reply.input_tokens + reply.output_tokens
        return entry, reply

    async def _timed(self, ask: Ask[Any], bill: Bill, *, repair: bool) -> tuple[_Entry, Reply]:
        provider = bill.tier.provider
        entry = _Entry(ask, bill.request, provider.name, repair, self._clock.now(), monotonic())
        return entry, await self._reply(provider, bill.request, entry)

    async def _reply(self, provider: Provider, request: Request, entry: _Entry) -> Reply:
        try:
            return await provider.complete(request)
        except ModelUnavailable as error:
            await self._record(entry.closed("unavailable", str(error)))
            raise
        except ModelRefused as error:
            await self._record(entry.closed("refused", str(error)))
            raise
        except asyncio.CancelledError:
            await self._record(entry.closed("cancelled", "the job was stopped while the model was thinking"))
            raise

    async def _record(self, call: ModelCall) -> None:
        await despite_cancellation(self._ledger.record(call))

    def _cost(self, request: Request, reply: Reply) -> float | None:
        """What the provider says, else by list price."""
        price = self._prices.of(reply.model) or self._prices.of(request.model)
        if reply.cost_usd is not None or price is None:
            return reply.cost_usd
        return price.of(
            input_tokens=reply.input_tokens,
            cached_input_tokens=reply.cached_input_tokens,
            output_tokens=reply.output_tokens,
        )


def _read(reply: Reply, schema: type[A]) -> tuple[Reading[A] | None, str]:
    try:
        return read(reply.text, schema, cut=reply.cut), ""
    except Unreadable as error:
        return None, str(error)


def model_setting(tier: Tier) -> str:
    """The setting that names the model of a tier."""
    return f"MINDFLEET_LLM__MODEL_{tier.upper()}"


def _declined(ask: Ask[Any], reply: Reply) -> str:
    return (
        f"{reply.model} declined to answer {ask.prompt.name!r}: {(reply.refusal or '')[:200]!r}. "
        f"If the job matters, set {model_setting(ask.tier)} to another model and replay it"
    )
