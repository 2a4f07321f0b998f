"""What holds for any text at all."""

from datetime import UTC, datetime
from time import monotonic
from uuid import UUID

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mindfleet.conversation.turn import Turn
from mindfleet.knowledge.vocabulary import vocabulary
from mindfleet.rules.digest import digest
from mindfleet.rules.gate import carries_memory
from mindfleet.rules.goals import goals
from mindfleet.rules.statements import statements
from mindfleet.rules.wishes import allowed, wishes

FREE_PREDICATES = {"LISTENS_TO", "TEACHES", "HAS_HABIT", "TRAINS_FOR", "LOST", "EXPECTS"}
"""What the rules say beyond the vocabulary; stored as `RELATED_TO`."""

WORDS = [
    "I", "my", "am", "I'm", "cat", "Luna", "love", "hiking", "and", "work", "at", "Google", "in", "Oslo", "not",
    "never", "if", "you", "said", "she", "is", "a", "nurse", ",", ".", "!", "?", "sister", "Anna", "lives", "moved",
    "to", "from", "last week", "used", "allergic", "peanuts", "want", "run", "marathon", "\u2019s", '"', "(", ")",
    "\n", "\u2014", "don't", "like", "sushi", "because", "when", "we", "have", "two", "dogs", "call me", "no emojis",
    "please",
]  # fmt: skip
SENTENCES = st.lists(st.sampled_from(WORDS), max_size=25).map(" ".join)
ANYTHING = st.one_of(st.text(max_size=200), SENTENCES)


def turn(text: str) -> Turn:
    return Turn(
        id=UUID(int=1),
        bot_name="luna",
        channel_id="dm",
        user_id="ana",
        role="user",
        speaker="Ana",
        content=text,
        sent_at=datetime(2024, 5, 8, 15, tzinfo=UTC),
        visibility="dm",
    )


@given(ANYTHING)
@settings(max_examples=300)
def test_every_fact_stands_on_its_quote(text: str) -> None:
    for fact in statements(turn(text)):
        assert fact.quote in text
        assert fact.object.strip() == fact.object != ""
        assert fact.predicate in vocabulary() or fact.predicate in FREE_PREDICATES
        assert 0 < fact.confidence <= 1


@given(ANYTHING)
@settings(max_examples=300)
def test_the_gate_never_holds_back_what_the_rules_understand(text: str) -> None:
    if statements(turn(text)) or wishes(turn(text)):
        assert carries_memory(turn(text))


@given(ANYTHING)
@settings(max_examples=150)
def test_the_same_text_says_the_same_twice(text: str) -> None:
    assert statements(turn(text)) == statements(turn(text))
    assert digest([turn(text)]) == digest([turn(text)])


@given(ANYTHING)
@settings(max_examples=150)
def test_wishes_and_goals_keep_to_their_forms(text: str) -> None:
    assert all(allowed(wish.key, wish.value) and wish.quote in text for wish in wishes(turn(text)))
    assert all(goal.quote in text for goal in goals(turn(text)))


@pytest.mark.parametrize(
    "part", ["\n", "   ", '"a ', "x", "my ", ", ", "Anna, my cat, ", "and I ", "....", "I love a, ", "' "]
)
def test_a_long_message_of_anything_is_read_in_no_time(part: str) -> None:
    """What takes a moment here took minutes with a pattern that goes back and forth."""
    long = turn((part * 20_000)[:20_000])
    begun = monotonic()
    statements(long)
    wishes(long)
    carries_memory(long)
    assert monotonic() - begun < 5
