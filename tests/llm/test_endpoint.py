"""What can be told from an address."""

import pytest

from mindfleet.llm.endpoint import is_near, ollama_base_url, provider_name


@pytest.mark.parametrize(
    ("base_url", "name"),
    [
        ("https://api.openai.com/v1", "openai"),
        ("https://eu.api.openai.com/v1", "openai"),
        ("https://openrouter.ai/api/v1", "openrouter"),
        ("http://localhost:11434/v1", "ollama"),
        ("http://ollama:80/v1", "ollama"),
        ("https://ollama.com/v1", "ollama"),
        ("http://127.0.0.1:8080/v1", "local"),
        ("http://192.168.1.7:8000/v1", "local"),
        ("http://vllm:8000/v1", "local"),
        ("http://[::1]:8080/v1", "local"),
        ("https://api.groq.com/openai/v1", "api.groq.com"),
        ("https://notopenai.com/v1", "notopenai.com"),
    ],
)
def test_names_the_provider(base_url: str, name: str) -> None:
    assert provider_name(base_url) == name


@pytest.mark.parametrize(("base_url", "near"), [("http://gpu.local/v1", True), ("https://api.openai.com/v1", False)])
def test_tells_near_from_far(base_url: str, near: bool) -> None:
    assert is_near(base_url) is near


@pytest.mark.parametrize(
    ("host", "base_url"),
    [
        ("http://gpu:11434", "http://gpu:11434/v1"),
        ("gpu", "http://gpu:11434/v1"),
        ("gpu:8000", "http://gpu:8000/v1"),
        (":8000", "http://127.0.0.1:8000/v1"),
        ("0.0.0.0", "http://127.0.0.1:11434/v1"),  # noqa: S104  nothing binds to it
        ("https://ollama.example.com/", "https://ollama.example.com:443/v1"),
        ("http://[::1]:11434/v1/", "http://[::1]:11434/v1"),
    ],
)
def test_takes_ollamas_host_in_any_of_its_forms(host: str, base_url: str) -> None:
    assert ollama_base_url(host) == base_url
