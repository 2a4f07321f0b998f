"""Which provider answers, where, and with which model."""

from collections.abc import Callable

import pytest

from mindfleet.llm.prices import Prices
from mindfleet.settings import Loaded

Read = Callable[..., Loaded]

OPENAI = {"OPENAI_API_KEY": "key"}
LOCAL = {"OPENAI_BASE_URL": "http://llama:8080/v1/"}
OLLAMA = {"OLLAMA_HOST": "gpu"}


@pytest.mark.parametrize(
    ("env", "provider", "base_url"),
    [
        ({}, "offline", None),
        ({"OLLAMA_MODEL": "llama3"}, "offline", None),
        (OPENAI, "openai", "https://api.openai.com/v1"),
        (LOCAL, "openai", "http://llama:8080/v1"),
        (OLLAMA, "ollama", "http://gpu:11434/v1"),
        ({"OLLAMA_HOST": "0.0.0.0"}, "ollama", "http://127.0.0.1:11434/v1"),  # noqa: S104 - not bound, but asked
        ({**OPENAI, **OLLAMA}, "openai", "https://api.openai.com/v1"),
        ({**OPENAI, **OLLAMA, "MINDFLEET_LLM__PROVIDER": "ollama"}, "ollama", "http://gpu:11434/v1"),
        ({**OPENAI, "MINDFLEET_LLM__PROVIDER": "offline"}, "offline", None),
    ],
)
def test_who_answers(read: Read, env: dict[str, str], provider: str, base_url: str | None) -> None:
    llm = read(env).settings.llm
    assert llm.answered_by == provider
    assert (llm.endpoint.base_url if llm.endpoint else None) == base_url


def test_a_tier_has_its_own_model_else_the_common_one_else_the_providers(read: Read) -> None:
    tiers = {"MINDFLEET_LLM__MODEL": "common", "MINDFLEET_LLM__MODEL_REFLECTIVE": "deep"}
    endpoint = read({**LOCAL, **tiers}).settings.llm.endpoint
    assert endpoint is not None
    assert endpoint.models == {"main": "common", "reflective": "deep", "utility": "common"}
    ollama = read({**OLLAMA, "OLLAMA_MODEL": "llama3"}).settings.llm.endpoint
    assert ollama is not None
    assert set(ollama.models.values()) == {"llama3"}


def test_the_models_that_are_asked_by_default_have_a_price(read: Read) -> None:
    endpoint = read(OPENAI).settings.llm.endpoint
    assert endpoint is not None
    assert all(Prices().of(model) for model in endpoint.models.values())


def test_prices_can_be_given(read: Read) -> None:
    prices = read({"MINDFLEET_LLM__PRICES": '{"mine": {"input": 0.5, "output": 2}}'}).settings.llm.prices
    assert (prices["mine"].input, prices["mine"].output) == (0.5, 2)
