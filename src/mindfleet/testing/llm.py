"""A language model, and the stores behind the gateway, for tests: everything in memory, nothing paid."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, TypeVar, cast
from uuid import UUID

from pydantic import BaseModel

from mindfleet.llm.schema import strict_schema
from mindfleet.ports.answers import StoredAnswer
from mindfleet.ports.budgets import Kind, Spent
from mindfleet.ports.llm import Answer, Ask
from mindfleet.ports.model_calls import ModelCall, Usage

A = TypeVar("A", bound=BaseModel)


class CannedLLM:
    """The port `LLM`, answering from values given beforehand by the class that is asked for.

        llm = CannedLLM(Summary(text="…", score=4))
        llm.script(Facts, ModelUnavailable("away"), Facts(facts=[]))

    Like the gateway it fills the prompt, so that a missing placeholder shows; refuses a schema that structured output
    cannot say; and answers the same key with the same value, so that `paid` counts what a run would cost.
    """

    def __init__(self, *values: BaseModel) -> None:
        self.asks: list[Ask[Any]] = []
        """Every question, in order."""

        self.paid: list[UUID] = []
        """The keys that a model would have been called for."""

        self._outcomes: dict[type[BaseModel], list[BaseModel | Exception]] = {}
        self._given: dict[UUID, BaseModel] = {}
        for value in values:
            self._outcomes.setdefault(type(value), []).append(value)

    def script(self, schema: type[BaseModel], *outcomes: BaseModel | Exception) -> None:
        """What the next new questions for `schema` get, one each; the last one stays. Errors are raised."""
        self._outcomes[schema] = list(outcomes)

    async def answer(self, ask: Ask[A]) -> Answer[A]:
        """The value for `ask.schema`.

        Raises:
            LookupError: no value of that class was given.
        """
        ask.prompt.render(ask.values)
        strict_schema(ask.schema)
        self.asks.append(ask)
        if ask.key not in self._given:
            self.paid.append(ask.key)
            self._given[ask.key] = self._next(ask.schema)
        return Answer(
            key=ask.key,
            value=cast("A", self._given[ask.key].model_copy(deep=True)),
            provider="canned",
            model="canned",
            prompt_version=ask.prompt.version,
            input_tokens=0,
            output_tokens=0,
            cost_usd=0.0,
        )

    def _next(self, schema: type[BaseModel]) -> BaseModel:
        outcomes = self._outcomes.get(schema)
        if not outcomes:
            raise LookupError(f"CannedLLM was given no {schema.__name__}: pass one, or script({schema.__name__}, …)")
        outcome = outcomes.pop(0) if len(outcomes) > 1 else outcomes[0]
        if isinstance(outcome, Exception):
            raise outcome
        return outcome


class AnswersInMemory:
    """The port `Answers`."""

    def __init__(self) -> None:
        self.kept: dict[UUID, StoredAnswer] = {}

    async def get(self, key: UUID) -> StoredAnswer | None:
        return self.kept.get(key)

    async def put(self, answer: StoredAnswer) -> StoredAnswer:
        return self.kept.setdefault(answer.key, answer)


class ModelCallsInMemory:
    """The ports `ModelCalls` and `Spending`."""

    def __init__(self) -> None:
        self._by_id: dict[UUID, ModelCall] = {}

    async def record(self, call: ModelCall) -> None:
        self._by_id.setdefault(call.id, call)

    @property
    def recorded(self) -> Sequence[ModelCall]:
        """In the order in which they ended."""
        return tuple(self._by_id.values())

    async def usage(self, bot_name: str) -> list[Usage]:
        calls = [call for call in self.recorded if call.bot_name == bot_name]
        return [_usage(name, [c for c in calls if c.provider == name]) for name in sorted({c.provider for c in calls})]

    async def spent(self, kind: Kind, name: str, *, since: datetime) -> Spent:
        calls = [call for call in self.recorded if call.at >= since and _payer(call, kind) in {None, name}]
        tokens = sum(call.input_tokens + call.output_tokens for call in calls)
        return Spent(usd=sum(call.cost_usd or 0 for call in calls), tokens=tokens)


def _payer(call: ModelCall, kind: Kind) -> str | None:
    """None where everybody pays; a call for no user is nobody's."""
    return {"bot": call.bot_name, "user": call.user_id or "", "fleet": None}[kind]


def _usage(provider: str, calls: Sequence[ModelCall]) -> Usage:
    costs = [call.cost_usd for call in calls if call.cost_usd is not None]
    return Usage(
        provider=provider,
        calls=len(calls),
        input_tokens=sum(call.input_tokens for call in calls),
        output_tokens=sum(call.output_tokens for call in calls),
        cost_usd=sum(costs) if len(costs) == len(calls) else None,
    )
