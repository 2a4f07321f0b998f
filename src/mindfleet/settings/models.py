"""Which models think and embed, and where they are."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Annotated, Literal, Self

from pydantic import SecretStr, model_validator

from mindfleet.llm.endpoint import ollama_base_url
from mindfleet.llm.prices import Price
from mindfleet.ports.llm import Tier
from mindfleet.settings.section import Section, setting
from mindfleet.settings.values import Allowed, FromJson, HttpUrl, OllamaHost, PositiveSeconds

OPENAI = "https://api.openai.com/v1"
OPENAI_MODELS: dict[Tier, str] = {"main": "gpt-5.6-luna", "reflective": "gpt-5.6-terra", "utility": "gpt-5.6-luna"}
OPENAI_EMBEDDINGS = "text-embedding-3-small"

Provider = Literal["openai", "ollama", "offline"]


@dataclass(frozen=True)
class Endpoint:
    """An OpenAI-compatible endpoint and what to ask there."""

    provider: Literal["openai", "ollama"]
    base_url: str
    api_key: SecretStr | None
    models: Mapping[Tier, str]

    @property
    def is_ollama(self) -> bool:
        """Named by `OLLAMA_HOST`, wherever that is."""
        return self.provider == "ollama"


class LanguageModel(Section):
    """The language model. With neither OPENAI_* nor OLLAMA_HOST set, rules answer, offline"""

    provider: Literal["auto", "openai", "ollama", "offline"] = setting(
        "Who answers; auto: OPENAI_* when set, else OLLAMA_HOST when set, else the offline rules", default="auto"
    )
    base_url: HttpUrl | None = setting(
        "Any OpenAI-compatible endpoint, with its /v1",
        env="OPENAI_BASE_URL",
        default=None,
        default_in_words=f"{OPENAI} once OPENAI_API_KEY is set",
    )
    api_key: SecretStr | None = setting("Its API key", env="OPENAI_API_KEY", default=None)
    ollama_host: OllamaHost | None = setting("Where Ollama is", env="OLLAMA_HOST", default=None)
    ollama_model: str = setting("The model to ask there", env="OLLAMA_MODEL", default="qwen2.5:0.5b")
    model: str | None = setting("The model of every tier that has none of its own", default=None)
    model_main: str | None = setting(
        "The model that is as good as the bot's", default=None, default_in_words=OPENAI_MODELS["main"]
    )
    model_reflective: str | None = setting(
        "The model for slow thinking", default=None, default_in_words=OPENAI_MODELS["reflective"]
    )
    model_utility: str | None = setting(
        "The cheap and quick model", default=None, default_in_words=OPENAI_MODELS["utility"]
    )
    timeout: PositiveSeconds = setting("How long one call may take", default=timedelta(seconds=60))
    prices: Annotated[Mapping[str, Price], FromJson, Allowed('JSON such as {"MODEL": {"input": 0.5, "output": 2}}')] = (
        setting(
            "Prices that are missing from the table or differ from it, by model",
            unit="USD per million tokens",
            default={},
        )
    )

    @property
    def answered_by(self) -> Provider:
        """The provider that `auto` stands for."""
        if self.provider != "auto":
            return self.provider
        if self.base_url or self.api_key:
            return "openai"
        return "ollama" if self.ollama_host else "offline"

    @property
    def endpoint(self) -> Endpoint | None:
        """Where to ask for what; None for the offline provider."""
        if self.answered_by == "openai":
            url = self.base_url.get_secret_value() if self.base_url else OPENAI
            return Endpoint("openai", url, self.api_key, self._models(OPENAI_MODELS))
        if self.answered_by == "ollama" and self.ollama_host:
            url = ollama_base_url(self.ollama_host.get_secret_value())
            return Endpoint("ollama", url, None, self._models(dict.fromkeys(OPENAI_MODELS, self.ollama_model)))
        return None

    def _models(self, default: Mapping[Tier, str]) -> dict[Tier, str]:
        own: dict[Tier, str | None] = {
            "main": self.model_main,
            "reflective": self.model_reflective,
            "utility": self.model_utility,
        }
        return {tier: own[tier] or self.model or model for tier, model in default.items()}

    @model_validator(mode="after")
    def _named_provider_is_reachable(self) -> Self:
        if self.provider == "openai" and not (self.base_url or self.api_key):
            raise ValueError("MINDFLEET_LLM__PROVIDER is openai; set OPENAI_API_KEY too, or OPENAI_BASE_URL")
        if self.provider == "ollama" and not self.ollama_host:
            raise ValueError("MINDFLEET_LLM__PROVIDER is ollama; set OLLAMA_HOST too")
        return self


class Embeddings(Section):
    """Embeddings: in process from a wheel, unless an endpoint is named"""

    base_url: HttpUrl | None = setting(
        "Any OpenAI-compatible endpoint, with its /v1",
        side="both",
        default=None,
        default_in_words="the model in the wheel, in process",
    )
    api_key: SecretStr | None = setting("Its API key", side="both", default=None)
    model: str = setting("The model to ask there", side="both", default=OPENAI_EMBEDDINGS)
    dimensions: int | None = setting(
        "The length of its vectors", side="both", default=None, default_in_words="what the model answers with", ge=1
    )
