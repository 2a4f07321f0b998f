"""A local endpoint over real HTTP, providers that talk to it, and gateways over them."""

from collections.abc import AsyncIterator, Callable
from typing import Any

import pytest

from mindfleet.adapters.openai_chat import OpenAIChat
from mindfleet.llm.gateway import Gateway, TierModel
from mindfleet.llm.prices import Prices
from mindfleet.llm.provider import Provider
from mindfleet.testing.llm import AnswersInMemory, ModelCallsInMemory
from mindfleet.testing.model_server import ScriptedModelServer
from tests.llm.moods import StoppedClock, right_answer


@pytest.fixture
async def server() -> AsyncIterator[ScriptedModelServer]:
    async with ScriptedModelServer(answer=right_answer) as server:
        yield server


@pytest.fixture
async def chat() -> AsyncIterator[Callable[..., OpenAIChat]]:
    """Makes providers for a server, and closes them."""
    made: list[OpenAIChat] = []

    def make(server: ScriptedModelServer, **options: Any) -> OpenAIChat:
        fields: dict[str, Any] = {"base_url": server.url, "api_key": None, "clock": StoppedClock()}
        made.append(OpenAIChat(**(fields | options)))
        return made[-1]

    yield make
    for provider in made:
        await provider.close()


@pytest.fixture
def answers() -> AnswersInMemory:
    return AnswersInMemory()


@pytest.fixture
def calls() -> ModelCallsInMemory:
    return ModelCallsInMemory()


@pytest.fixture
def gateway_over(answers: AnswersInMemory, calls: ModelCallsInMemory) -> Callable[..., Gateway]:
    """A gateway on the stores of this test: a new one is like a new process."""

    def make(provider: Provider, model: str = "small", **options: Any) -> Gateway:
        tier = TierModel(provider, model)
        fields: dict[str, Any] = {
            "tiers": {"main": tier, "reflective": tier, "utility": tier},
            "answers": answers,
            "calls": calls,
            "clock": StoppedClock(),
            "prices": Prices(),
        }
        return Gateway(**(fields | options))

    return make
