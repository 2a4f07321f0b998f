"""What is gathered in a window is read by one call, and feeds everything."""

import itertools
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest

from mindfleet.analysis.findings import GoalStep, Reading, StatedFact, StatedGoal, StatedPreference
from mindfleet.conversation.sessions import Cutting
from mindfleet.errors import ModelUnavailable
from mindfleet.ports.journal import Bot, Goal
from mindfleet.runtime.verdict import Again, Skipped
from mindfleet.testing.llm import CannedLLM
from tasks.summarization import SummaryAnswer
from tasks.window_analysis import WindowAnalysis
from tests.tasks.conftest import START, Talk

SUMMARY = SummaryAnswer(summary="They talked.", meaningfulness=1)


def fact(message: str, quote: str, predicate: str, thing: str) -> StatedFact:
    return StatedFact(subject="user", predicate=predicate, object=thing, confidence=0.9, message=message, quote=quote)


async def test_one_call_reads_all_that_was_said_in_a_window(new_fleet: Any) -> None:
    model = CannedLLM(Reading(), SUMMARY)
    talk = Talk(new_fleet(llm=model, cutting=Cutting(window=timedelta(minutes=5), longest_wait=timedelta(minutes=9))))

    await talk.says("I live in Oslo now", "my cat Luna is black", "I work at the harbour as a crane driver")
    await talk.ends()

    [ask] = [ask for ask in model.asks if ask.schema is Reading]
    assert all(f"[m{n}]" in ask.values["messages"] for n in (1, 2, 3))


async def test_small_talk_costs_no_call(new_fleet: Any) -> None:
    model = CannedLLM()
    talk = Talk(new_fleet(llm=model))

    await talk.says("hi!", "lol", "good night")
    await talk.fleet.run_later()

    assert model.asks == []


async def test_the_answer_feeds_facts_preferences_goals_and_relationship(new_fleet: Any) -> None:
    goal = Goal(id=uuid4(), bot_name="juniper", user_id=None, slug="rest", description="x")
    model = CannedLLM(
        Reading(
            facts=[fact("m1", "I live in Oslo", "LIVES_IN", "Oslo")],
            preferences=[StatedPreference(key="verbosity", value="short", message="m1")],
            goals=[StatedGoal(goal="run a marathon", message="m1")],
            progress=[GoalStep(slug="rest", status="completed", progress=1, message="m1", reasoning="said so")],
        )
    )
    fleet = new_fleet(llm=model)
    await fleet.bots.put(Bot(name="juniper", goals=(goal,)))
    talk = Talk(fleet)

    await talk.says("I live in Oslo and want to run a marathon, keep it short please")
    await talk.ends()

    assert [f.object for f in await fleet.facts.about("juniper", ["ana"])] == ["Oslo"]
    assert [(p.key, p.value) for p in await fleet.preferences.of("juniper", "ana")] == [("verbosity", "short")]
    assert [g.description for g in await fleet.goals.of_user("juniper", "ana")] == ["run a marathon"]
    assert [p.status for p in await fleet.goals.progress("juniper", "ana")] == ["completed"]
    relationship = await fleet.relationships.get("juniper", "ana")
    assert relationship.acquaintance.user_turns == 1


async def test_what_the_model_makes_up_is_not_learnt(new_fleet: Any) -> None:
    model = CannedLLM(
        Reading(facts=[fact("m1", "I live in Oslo", "LIVES_IN", "Paris"), fact("m9", "x", "LIVES_IN", "Oslo")])
    )
    talk = Talk(new_fleet(llm=model))

    await talk.says("I live in Oslo these days")
    await talk.ends()

    assert await talk.fleet.facts.about("juniper", ["ana"]) == []


async def test_an_answer_is_paid_for_once_however_often_the_job_runs(new_fleet: Any) -> None:
    model = CannedLLM(Reading(facts=[fact("m1", "I live in Oslo", "LIVES_IN", "Oslo")]))
    fleet = new_fleet(llm=model, cutting=Cutting(window=timedelta()))
    await Talk(fleet).says("I live in Oslo these days")
    [window_id] = {row.window_id for row in fleet.conversations.rows("juniper")}
    before = await fleet.facts.about("juniper", ["ana"])

    await fleet.run(WindowAnalysis(bot_name="juniper", window_id=window_id, closed=True))

    assert len(model.asks) == 1
    assert await fleet.facts.about("juniper", ["ana"]) == before


async def test_a_model_that_is_away_is_not_nothing_found(new_fleet: Any, talk: Any) -> None:
    model = CannedLLM()
    model.script(Reading, ModelUnavailable("overloaded"), Reading(facts=[fact("m1", "in Oslo", "LIVES_IN", "Oslo")]))
    fleet = new_fleet(llm=model, cutting=Cutting(window=timedelta()))
    talk = Talk(fleet)

    await talk.says("I live in Oslo these days")

    [(_, verdict)] = [each for each in fleet.verdicts if each[0] == "run_window_analysis"]
    assert isinstance(verdict, Again)
    assert await fleet.conversations.gathering() == 1


async def test_a_live_window_is_read_when_its_pause_is_over(new_fleet: Any) -> None:
    fleet = new_fleet()
    talk = Talk(fleet)
    fleet.clock.advance(START + timedelta(minutes=1) - fleet.clock.now())

    await talk.says("I live in Oslo")
    assert await fleet.facts.about("juniper", ["ana"]) == []

    fleet.clock.advance(timedelta(minutes=2))
    await fleet.run_later()

    assert [f.object for f in await fleet.facts.about("juniper", ["ana"])] == ["Oslo"]


async def test_without_facts_everything_else_is_still_read(new_fleet: Any) -> None:
    fleet = new_fleet(off=frozenset({"runtime_fact_extraction"}))
    talk = Talk(fleet)

    await talk.says("I live in Oslo, and please keep your answers short")
    await talk.ends()

    [(_, verdict)] = [each for each in fleet.verdicts if each[0] == "run_knowledge_extraction"]
    assert isinstance(verdict, Skipped)
    assert await fleet.facts.about("juniper", ["ana"]) == []
    assert [wish.value for wish in await fleet.preferences.of("juniper", "ana")] == ["short"]
    assert await fleet.conversations.gathering() == 0


async def test_repeating_what_the_bot_said_costs_no_call(new_fleet: Any) -> None:
    model = CannedLLM()
    fleet = new_fleet(llm=model, cutting=Cutting(window=timedelta(minutes=5)))
    talk = Talk(fleet)

    await talk.replies("You live in Oslo with your cat Luna")
    await talk.says("You live in Oslo with your cat Luna")
    await fleet.run_later()

    assert model.asks == []


async def test_time_words_count_in_the_users_own_zone(new_fleet: Any) -> None:
    model = CannedLLM(Reading())
    fleet = new_fleet(llm=model, cutting=Cutting(window=timedelta()))
    talk = Talk(fleet)

    late = START.replace(hour=23)
    await talk.says("I am flying to Rome tomorrow", sent_at=late, timezone="Asia/Tokyo")

    assert model.asks[0].values["date"] == "Tuesday, 03 March 2026"


@pytest.mark.parametrize("speed", ["one by one", "all at once"])
async def test_a_replay_is_cut_alike_at_any_speed(new_fleet: Any, speed: str) -> None:
    fleet = new_fleet()
    talk = Talk(fleet)
    messages = [talk.message(f"I live in City{n} today", sent_at=START + timedelta(seconds=40 * n)) for n in range(20)]
    for earlier, later in itertools.pairwise(messages):
        object.__setattr__(later, "after", earlier.step)

    for message in messages if speed == "one by one" else reversed(messages):
        await fleet.run(message)
    await talk.ends()

    windows = {row.window_id for row in fleet.conversations.rows("juniper")}
    assert len(windows) == 3
