"""What a call costs, by a table of list prices that a setting can override."""

import re
from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from typing import cast

import yaml
from pydantic import BaseModel, ConfigDict, Field

_SNAPSHOT = re.compile(r"-(\d{4}-\d{2}-\d{2}|\d{8})$")
_MILLION = 1_000_000


class Price(BaseModel):
    """USD for a million tokens."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    input: float = Field(ge=0)
    output: float = Field(ge=0)
    cached_input: float | None = Field(default=None, ge=0)
    """For input that the provider read from its cache; as `input` where not given."""

    up_to: int | None = None
    """The longest prompt, in tokens, that this price holds for; longer ones cost more, and are taken as unknown."""

    def of(self, *, input_tokens: int, cached_input_tokens: int, output_tokens: int) -> float | None:
        """USD, or None when the prompt is too long for this price. `input_tokens` includes the cached ones."""
        if self.up_to is not None and input_tokens > self.up_to:
            return None
        cached = self.input if self.cached_input is None else self.cached_input
        fresh = input_tokens - cached_input_tokens
        return (fresh * self.input + cached_input_tokens * cached + output_tokens * self.output) / _MILLION


class Prices:
    """Prices by model name: an override, else the shipped table (see its head for source and date)."""

    def __init__(self, overrides: Mapping[str, Price] | None = None) -> None:
        self._prices = {**_shipped(), **(overrides or {})}

    def of(self, model: str) -> Price | None:
        """The price of a model; also of a dated snapshot of it, and of `vendor/model` as OpenRouter writes it."""
        bare = model.rpartition("/")[2].partition(":")[0]
        names = (model, bare, _SNAPSHOT.sub("", bare))
        return next((self._prices[name] for name in names if name in self._prices), None)


@cache
def _shipped() -> Mapping[str, Price]:
    table = files("mindfleet.llm").joinpath("prices.yaml").read_text(encoding="utf-8")
    return {
        name: Price.model_validate(price) for name, price in cast("dict[str, object]", yaml.safe_load(table)).items()
    }
