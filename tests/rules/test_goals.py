"""Goals that people state, and goals of the bot that what they say advances."""

from collections.abc import Callable
from datetime import date

import pytest

from mindfleet.conversation.turn import Turn
from mindfleet.rules.goals import advances, goals

Say = Callable[..., Turn]


@pytest.mark.parametrize(
    ("text", "goal", "by"),
    [
        ("I want to run a marathon next month", "run a marathon", date(2024, 6, 30)),
        ("my goal is to write a novel", "write a novel", None),
        ("I'm trying to quit smoking", "quit smoking", None),
        ("I dream of opening a restaurant", "open a restaurant", None),
        ("I'd love to visit Japan", "visit Japan", None),
    ],
)
def test_hears_a_goal(say: Say, text: str, goal: str, by: date | None) -> None:
    assert [(g.text, g.by) for g in goals(say(text))] == [(goal, by)]


@pytest.mark.parametrize(
    "text", ["I want to sleep", "I want you to be happy", "I'd love to hear more", "Do I want to run a marathon?"]
)
def test_hears_no_goal(say: Say, text: str) -> None:
    assert goals(say(text)) == []


def test_nobody_elses_goal_is_the_speakers(say: Say) -> None:
    assert goals(say("My sister Anna wants to run a marathon")) == []


def test_a_goal_of_the_bot_advances_by_a_fact_of_the_kind_it_asks_for(say: Say) -> None:
    hobby, job = say("I play the guitar"), say("I work as a nurse")
    found = advances(
        "get to know the user", ["Learn the user's hobby", "Learn the user's job", "Learn their pets"], [hobby, job]
    )
    assert found.progress == pytest.approx(2 / 3)
    assert found.evidence == [hobby.id, job.id]


def test_a_goal_of_the_bot_advances_by_its_words(say: Say) -> None:
    turn = say("I finally booked the swimming lessons for Saturday")
    found = advances("help with fitness", ["user signs up for swimming lessons"], [turn])
    assert (found.progress, found.evidence) == (0.0, [])
    found = advances("help with fitness", ["swimming lessons booked"], [turn])
    assert (found.progress, found.evidence) == (1.0, [turn.id])


@pytest.mark.parametrize(
    "text", ["Should I book swimming lessons?", "ok", "My friend likes water", "I don't play guitar"]
)
def test_a_goal_of_the_bot_does_not_advance_by(say: Say, text: str) -> None:
    found = advances("help with fitness", ["swimming lessons booked", "Learn the user's hobby"], [say(text)])
    assert (found.progress, found.evidence) == (0.0, [])


def test_what_the_bot_says_advances_nothing(say: Say) -> None:
    assert advances("learn a hobby", [], [say("I play the guitar", role="assistant")]).progress == 0
