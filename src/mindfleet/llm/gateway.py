"""The one door to language models: an answer is typed, is paid for once, and every call is on record."""

import logging
from collections import OrderedDict
from collections.abc import Mapping
from typing import Any, TypeVar
from uuid import UUID

from pydantic import BaseModel, ValidationError

from mindfleet.errors import ModelAnswerInvalid
from mindfleet.llm.caller import Attempt, Caller, model_setting
from mindfleet.llm.flights import Flights, despite_cancellation
from mindfleet.llm.gate import Gate
from mindfleet.llm.ledger import Ledger
from mindfleet.llm.prices import Prices
from mindfleet.llm.provider import Message, Request, TierModel
from mindfleet.llm.purse import Purse
from mindfleet.llm.reading import Reading
from mindfleet.llm.repair import repair_of
from mindfleet.llm.schema import strict_schema
from mindfleet.ports.answers import Answers, StoredAnswer
from mindfleet.ports.clock import Clock
from mindfleet.ports.llm import Answer, Ask, Tier
from mindfleet.ports.model_calls import ModelCalls

__all__ = ["Gateway", "TierModel"]

A = TypeVar("A", bound=BaseModel)

_log = logging.getLogger(__name__)

_MOST_UNSTORED = 256


class Gateway:
    """The port `LLM`, over any provider. Belongs to one event loop."""

    def __init__(
        self,
        *,
        tiers: Mapping[Tier, TierModel],
        answers: Answers,
        calls: ModelCalls,
        clock: Clock,
        prices: Prices | None = None,
        max_output_tokens: int = 8192,
        gate: Gate | None = None,
        purse: Purse | None = None,
    ) -> None:
        """Connect nothing yet.

        Args:
            tiers: who answers; every tier must be there.
            answers: where what was paid for is kept.
            calls: the ledger of calls.
            clock: the time on records.
            prices: by default the shipped list.
            max_output_tokens: room for an answer; a model that thinks needs it for its thoughts too. An answer that
                is cut off is asked for once more with twice the room.
            gate: what calls of a model with a target go through; without one nothing is limited.
            purse: what they are paid from; by default one that always pays.
        """
        self._tiers = tiers
        self._answers = answers
        self._clock = clock
        prices = prices or Prices()
        self._caller = Caller(Ledger(calls), clock, prices, purse=purse or Purse(prices), gate=gate)
        self._max_output_tokens = max_output_tokens
        self._flights: Flights[StoredAnswer] = Flights()
        self._unstored: OrderedDict[UUID, StoredAnswer] = OrderedDict()

    async def answer(self, ask: Ask[A]) -> Answer[A]:
        """The stored answer to `ask.key`, or a new one, which is stored before this returns.

        Concurrent asks with the same key in this process make one call. A stored answer that does not fill
        `ask.schema` any more (the schema has changed since) counts as none.

        Raises:
            OnHold: a limit or a budget does not allow the call now; the job is to come again.
            ModelUnavailable: the endpoint is away, overloaded or limits us; trying later helps.
            ModelRefused: the endpoint rejects the request itself, or the model declines; trying again does not help.
            ModelAnswerInvalid: the answer, and its repair, do not fill the schema.
            StoreUnavailable: the store of answers is away; what was already paid for is not asked again.
        """
        strict_schema(ask.schema)
        stored = await self._flights.join(ask.key, lambda: self._obtained(ask))
        return Answer(
            key=ask.key,
            value=ask.schema.model_validate_json(stored.text),
            provider=stored.provider,
            model=stored.model,
            prompt_version=stored.prompt_version,
            input_tokens=stored.input_tokens,
            output_tokens=stored.output_tokens,
            cost_usd=stored.cost_usd,
        )

    async def _obtained(self, ask: Ask[Any]) -> StoredAnswer:
        kept = await self._answers.get(ask.key)
        if kept is not None and _fills(kept, ask):
            return kept
        bought = self._unstored.get(ask.key) or await self._bought(ask)
        self._hold(bought)
        kept = await despite_cancellation(self._answers.put(bought))
        self._unstored.pop(ask.key, None)
        return kept if _fills(kept, ask) else bought

    def _hold(self, bought: StoredAnswer) -> None:
        """Until it is stored, so that a store which goes away in between costs no second call."""
        self._unstored[bought.key] = bought
        while len(self._unstored) > _MOST_UNSTORED:
            self._unstored.popitem(last=False)

    async def _bought(self, ask: Ask[Any]) -> StoredAnswer:
        tier = self._tiers[ask.tier]
        request = self._request(ask, tier.model)
        attempt = await self._caller.call(ask, tier, request, repair=False)
        if attempt.reading is None:
            _log.info("answer to %s by %s needs repair: %s", ask.prompt.name, attempt.reply.model, attempt.problems)
            mending = repair_of(request, attempt.reply, attempt.problems)
            mended = await self._caller.call(ask, tier, mending, repair=True)
            attempt = mended.after(attempt)
        if attempt.reading is None:
            raise ModelAnswerInvalid(_invalid(ask, attempt))
        return self._stored(ask, attempt, attempt.reading)

    def _request(self, ask: Ask[Any], model: str) -> Request:
        system = ask.prompt.system
        return Request(
            purpose=ask.prompt.name,
            model=model,
            messages=(
                *((Message("system", system),) if system else ()),
                Message("user", ask.prompt.render(ask.values)),
            ),
            schema=ask.schema,
            max_output_tokens=self._max_output_tokens,
            by_rules=ask.by_rules,
        )

    def _stored(self, ask: Ask[Any], attempt: Attempt[Any], reading: Reading[Any]) -> StoredAnswer:
        return StoredAnswer(
            key=ask.key,
            text=reading.text,
            provider=attempt.provider,
            model=attempt.reply.model,
            prompt=ask.prompt.name,
            prompt_version=ask.prompt.version,
            input_tokens=attempt.reply.input_tokens,
            output_tokens=attempt.reply.output_tokens,
            cost_usd=attempt.cost_usd,
            bot_name=ask.bot_name,
            user_id=ask.user_id,
            at=self._clock.now(),
        )


def _fills(stored: StoredAnswer, ask: Ask[Any]) -> bool:
    try:
        ask.schema.model_validate_json(stored.text)
    except ValidationError:
        _log.warning("the stored answer %s does not fill %s any more", stored.key, ask.schema.__name__)
        return False
    return True


def _invalid(ask: Ask[Any], attempt: Attempt[Any]) -> str:
    return (
        f"the answer of {attempt.reply.model} to {ask.prompt.name!r} does not fill {ask.schema.__name__}, "
        f"and neither does its repair: {attempt.problems}. It begins with {attempt.reply.text[:200]!r}. "
        f"Set {model_setting(ask.tier)} to a more able model and replay the job"
    )
