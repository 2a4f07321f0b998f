"""What the settings say of limits, and that the models of a process go through the gate."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack
from pathlib import Path
from typing import cast

import pytest

from mindfleet.adapters.clock import WallClock
from mindfleet.adapters.postgres import Database
from mindfleet.models import open_models
from mindfleet.settings import Loaded
from mindfleet.settings.loading import load_with_origins
from mindfleet.settings.places import Surroundings
from mindfleet.testing.model_server import ScriptedModelServer
from tests.limits.counting import Counting

Read = Callable[..., Loaded]

OPENAI = "https://api.openai.com/v1"


@pytest.fixture
def read(tmp_path: Path) -> Read:
    home = {"MINDFLEET_HOME": str(tmp_path)}
    return lambda env: load_with_origins(around=Surroundings({**home, **env}, tmp_path, None))


def test_without_settings_only_local_endpoints_are_limited(read: Read) -> None:
    limits = read({}).settings.limits
    far, near = limits.of(OPENAI, "luna"), limits.of("http://127.0.0.1:8000/v1", "qwen")
    assert (far.scope, far.concurrency, far.requests, far.tokens) == ("openai/luna", None, None, None)
    assert (near.scope, near.concurrency) == ("local/localhost", 1)


@pytest.mark.parametrize(
    ("url", "scope"),
    [
        ("http://localhost:11434/v1", "local/localhost"),
        ("http://[::1]:9/v1", "local/localhost"),
        ("http://10.0.0.7:8000/v1", "local/10.0.0.7"),
        ("http://gpu/v1", "local/gpu"),
        ("https://ollama.example.com:11434/v1", "local/ollama.example.com"),
        ("https://ollama.com/v1", "ollama/m"),
        ("https://llm.example.com/v1", "llm.example.com/m"),
        ("https://openrouter.ai/api/v1", "openrouter/m"),
    ],
)
def test_all_models_of_a_machine_are_counted_together_and_others_apart(read: Read, url: str, scope: str) -> None:
    assert read({}).settings.limits.of(url, "m").scope == scope


def test_ollama_is_local_wherever_it_is(read: Read) -> None:
    limits = read({}).settings.limits
    assert limits.of("https://gpu.example.com/v1", "m", ollama=True).scope == "local/gpu.example.com"
    assert limits.of("https://ollama.com/v1", "m", ollama=True).scope == "ollama/m"


def test_one_setting_says_how_many_calls_run_at_once(read: Read) -> None:
    limits = read({"LLM_CONCURRENCY": "3"}).settings.limits
    assert limits.of(OPENAI, "luna").concurrency == 3
    assert limits.of("http://localhost:8000/v1", "qwen").concurrency == 3


def test_a_models_own_limits_come_before_its_providers_and_those_of_all(read: Read) -> None:
    limits = read(
        {
            "LLM_CONCURRENCY": "9",
            "MINDFLEET_LIMITS__TOKENS_PER_MINUTE": "1000",
            "MINDFLEET_LIMITS__BY_MODEL": '{"openai": {"concurrency": 5}, "openai/luna": {"requests_per_minute": 7}}',
        }
    ).settings.limits
    luna, terra = limits.of(OPENAI, "luna"), limits.of(OPENAI, "terra")
    assert (luna.concurrency, luna.requests, luna.tokens) == (9, 7, 1000)
    assert (terra.concurrency, terra.requests, terra.tokens) == (5, None, 1000)


def test_budgets_are_what_the_settings_say(read: Read) -> None:
    caps = read({"MINDFLEET_BUDGET__BOT_USD": "2.5", "MINDFLEET_BUDGET__SOFT_SHARE": "0.5"}).settings.budget.caps
    assert (caps.bot.usd, caps.bot.tokens, caps.fleet.counts, caps.soft_share) == (2.5, None, False, 0.5)


@pytest.fixture
async def server() -> AsyncIterator[ScriptedModelServer]:
    async with ScriptedModelServer() as server:
        yield server


@pytest.mark.stack
async def test_two_workers_never_ask_a_local_endpoint_at_once(
    read: Read, redis_url: str, server: ScriptedModelServer
) -> None:
    counting = Counting()
    server.script([], then=counting)
    env = {
        "REDIS_URL": redis_url,
        "OPENAI_BASE_URL": server.url,
        "MINDFLEET_EMBEDDINGS__BASE_URL": server.url,
    }
    settings, nowhere = read(env).settings, cast("Database", None)
    async with AsyncExitStack() as stack, asyncio.timeout(60):
        workers = [await open_models(settings, nowhere, WallClock(), stack) for _ in range(2)]
        await asyncio.gather(*(worker.embedder.query(f"text {n}") for worker in workers for n in range(6)))
    assert (counting.most, counting.given) == (1, 14), "two to learn the length of a vector"
