"""What a call costs."""

import pytest

from mindfleet.llm.prices import Price, Prices


@pytest.mark.parametrize(
    "name", ["gpt-4o-mini", "gpt-4o-mini-2024-07-18", "openai/gpt-4o-mini", "openai/gpt-4o-mini:floor"]
)
def test_finds_the_price_however_the_model_is_written(name: str) -> None:
    assert Prices().of(name) == Price(input=0.15, cached_input=0.075, output=0.60)


def test_an_unknown_model_has_no_price() -> None:
    assert Prices().of("llama3.2:3b") is None


def test_a_setting_overrides_the_table_and_adds_to_it() -> None:
    prices = Prices({"gpt-4o-mini": Price(input=1, output=1), "my-model": Price(input=2, output=3)})
    assert prices.of("gpt-4o-mini") == Price(input=1, output=1)
    assert prices.of("my-model") == Price(input=2, output=3)
    assert prices.of("gpt-4o") is not None


def test_counts_cached_input_at_its_own_price() -> None:
    price = Price(input=1.0, cached_input=0.1, output=10.0)
    cost = price.of(input_tokens=1_000_000, cached_input_tokens=400_000, output_tokens=100_000)
    assert cost == pytest.approx(0.6 + 0.04 + 1.0)


def test_counts_cached_input_as_any_other_where_it_has_no_price() -> None:
    cost = Price(input=1.0, output=0).of(input_tokens=1_000_000, cached_input_tokens=400_000, output_tokens=0)
    assert cost == pytest.approx(1.0)


def test_does_not_know_the_price_of_a_prompt_beyond_the_tier() -> None:
    price = Price(input=1.0, output=1.0, up_to=1000)
    assert price.of(input_tokens=1001, cached_input_tokens=0, output_tokens=1) is None
    assert price.of(input_tokens=1000, cached_input_tokens=0, output_tokens=0) == pytest.approx(0.001)
