"""A message that teaches nothing costs no model call; one that might is never held back."""

from collections.abc import Callable

import pytest

from mindfleet.conversation.turn import Turn
from mindfleet.rules.gate import carries_memory

Say = Callable[..., Turn]

EMPTY = [
    "Hi!", "hey there :)", "Good morning!", "thanks a lot", "ok", "Sounds great!", "lol", "\U0001f602\U0001f602", "???",
    "...", "How are you?", "What's the weather like?", "can you tell me a joke", "Good night, see you tomorrow!",
    "Wow, congrats!", "> I live in Rome", "Fwd: my cat is black", "https://example.org/my-cat", "yes",
    "I'm good, thanks!", "Do you like sushi?",
]  # fmt: skip
TELLING = [
    "I'm allergic to nuts", "My cat died yesterday", "I'm vegan, what can I eat?", "Thanks! I work at Google now.",
    "im a nurse", "Moved to Oslo last month", "Can you recommend a restaurant? I'm vegan.", "We broke up",
    "call me Max", "Please keep your answers short",
]  # fmt: skip


@pytest.mark.parametrize("text", EMPTY)
def test_holds_back(say: Say, text: str) -> None:
    assert not carries_memory(say(text))


@pytest.mark.parametrize("text", TELLING)
def test_lets_through(say: Say, text: str) -> None:
    assert carries_memory(say(text))


def test_holds_back_replies_of_the_bot(say: Say) -> None:
    assert not carries_memory(say("I'm allergic to nuts", role="assistant"))


def test_holds_back_an_echo_of_what_was_just_shown(say: Say) -> None:
    recalled = "Ana said: I'm allergic to nuts and shellfish."
    assert not carries_memory(say("I'm allergic to nuts and shellfish"), recent=[recalled])
    assert carries_memory(say("I'm allergic to nuts and shellfish"), recent=["What are you allergic to?"])


def test_a_short_answer_is_no_echo(say: Say) -> None:
    assert carries_memory(say("My sister"), recent=["Was it my sister or my brother?"])
