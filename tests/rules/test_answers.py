"""A short answer is understood with the question before it, and only then."""

from collections.abc import Callable
from datetime import timedelta

import pytest

from mindfleet.conversation.turn import Turn
from mindfleet.rules.statements import statements

Say = Callable[..., Turn]

ANSWERS = [
    ("What's your name?", "Max", ["user HAS_NAME Max"]),
    ("Nice! Where do you live?", "In Oslo", ["user LIVES_IN Oslo"]),
    ("How old are you?", "34", ["user HAS_AGE 34"]),
    ("What do you do for a living?", "a nurse", ["user HAS_ROLE nurse"]),
    ("Do you have any pets?", "Yes, a cat named Luna", ["user HAS_PET Luna", "Luna IS_A cat"]),
    ("Any allergies?", "peanuts and cats", ["user ALLERGIC_TO peanuts", "user ALLERGIC_TO cats"]),
    ("What are your hobbies?", "chess and hiking", ["user HAS_HOBBY chess", "user HAS_HOBBY hiking"]),
    ("What languages do you speak?", "French and Dutch", ["user SPEAKS French", "user SPEAKS Dutch"]),
]
NO_ANSWERS = [
    ("Where do you live?", "guess!"),
    ("Do you have any pets?", "no"),
    ("Any allergies?", "none"),
    ("What's your name?", "why do you ask"),
    ("I live in Rome.", "Oslo"),
    ("Where do you live? I love Rome.", "Oslo"),
    ("How was your day?", "Oslo"),
]


def spoken(say: Say, question: str, answer: str) -> tuple[Turn, Turn]:
    asked = say(question, role="assistant", speaker="Luna", user_id="ana")
    return asked, say(answer, at=asked.sent_at + timedelta(seconds=30))


@pytest.mark.parametrize(("question", "answer", "facts"), ANSWERS)
def test_understands_an_answer(say: Say, question: str, answer: str, facts: list[str]) -> None:
    asked, answered = spoken(say, question, answer)
    found = statements(answered, context=[asked])
    assert [f"{s.subject} {s.predicate} {s.object}" for s in found] == facts
    assert all(s.quote == answer for s in found)


@pytest.mark.parametrize(("question", "answer"), NO_ANSWERS)
def test_makes_nothing_up_from(say: Say, question: str, answer: str) -> None:
    asked, answered = spoken(say, question, answer)
    assert statements(answered, context=[asked]) == []


def test_an_answer_without_its_question_says_nothing(say: Say) -> None:
    assert statements(say("In Oslo")) == []


def test_nobody_answers_their_own_question(say: Say) -> None:
    asked = say("Where do you live?")
    assert statements(say("In Oslo", at=asked.sent_at + timedelta(seconds=30)), context=[asked]) == []
