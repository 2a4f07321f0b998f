"""Token estimates. What they were measured against, and how well they do, is in the docstring of `estimate`."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mindfleet.tokens import chunks, clipped, estimate

# Text, and its true count by the most wasteful of the ten vocabularies that `estimate` names, counted once with the
# wheels `splintr-rs` and `anthropic-tokenizer`.
MEASURED = [
    ("I moved to Oslo last spring and I still miss my sister.", 13),
    ("My cat Luna is black, and she's seven years old now!", 15),
    ('{"subject": "user", "predicate": "LIVES_IN", "object": "Oslo"}', 22),
    ("2026-11-24T10:15:30+00:00", 25),
    ("WHY WOULD ANYONE DO THAT", 9),
    ("Вчера я переехал в Осло.", 13),
    ("我昨天搬到了奥斯陆。", 15),
    ("昨日オスロに引っ越した。", 13),
    ("어제 오슬로로 이사했어요.", 15),
    ("انتقلت أمس إلى أوسلو", 19),
]


@pytest.mark.parametrize(("text", "true_count"), MEASURED)
def test_errs_on_the_high_side(text: str, true_count: int) -> None:
    assert true_count <= estimate(text) <= 2.5 * true_count


def test_is_too_low_by_a_third_at_most_for_languages_with_long_words() -> None:
    assert 23 * 2 / 3 <= estimate("Olen asunut Helsingissä viisi vuotta ja rakastan talvea.") <= 23


def test_nothing_costs_nothing() -> None:
    assert estimate("") == 0


@given(st.text(max_size=200), st.text(max_size=20))
def test_more_text_never_costs_less(text: str, more: str) -> None:
    assert estimate(text + more) >= estimate(text)


@given(st.lists(st.text(max_size=300), max_size=20), st.integers(16, 120))
def test_no_chunk_exceeds_the_limit_and_nothing_but_blanks_is_lost(lines: list[str], limit: int) -> None:
    groups = chunks(lines, limit)
    assert all(estimate("\n".join(group)) <= limit for group in groups)
    assert "".join("".join(group) for group in groups).split() == "".join(lines).split() or _letters(
        groups
    ) == _letters([lines])


@given(st.lists(st.text(alphabet="ab c", max_size=20), max_size=20))
def test_lines_that_fit_stay_whole_and_in_order(lines: list[str]) -> None:
    assert [line for group in chunks(lines, 100) for line in group] == lines


def test_fills_a_chunk_before_it_begins_the_next() -> None:
    groups = chunks(["word " * 10] * 9, 35)
    assert [len(group) for group in groups] == [3, 3, 3]


def test_cuts_a_long_line_at_a_blank() -> None:
    [first, *_] = [line for group in chunks(["alpha beta gamma delta " * 40], 50) for line in group]
    assert first.split()[-1] in {"alpha", "beta", "gamma", "delta"}


def test_a_line_of_megabytes_is_no_trouble() -> None:
    groups = chunks(["x" * 2_000_000], 4000)
    assert sum(len(line) for group in groups for line in group) == 2_000_000


def test_refuses_a_limit_in_which_hardly_a_word_fits() -> None:
    with pytest.raises(ValueError, match="at least 16"):
        chunks(["hello"], 3)


@given(st.text(max_size=500), st.integers(8, 60))
def test_a_clipped_text_fits_and_says_that_it_is_clipped(text: str, limit: int) -> None:
    short = clipped(text, limit)
    assert estimate(short) <= limit
    assert short == text or (short.endswith("…") and text.startswith(short[:-1]))


def _letters(groups: list[list[str]]) -> str:
    return "".join("".join("".join(group) for group in groups).split())
