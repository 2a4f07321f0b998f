"""What a user wants to reach, and how far the bot's goals have come."""

from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

from mindfleet.analysis.findings import GoalStep, Reading
from mindfleet.ports.journal import Bot, Goal
from mindfleet.testing.fleet import InMemoryFleet
from mindfleet.testing.llm import CannedLLM
from tasks.goal_analysis import GoalAnalysis


def interaction(text: str) -> GoalAnalysis:
    return GoalAnalysis(
        bot_name="juniper", user_id="ana", interaction_text=text, sent_at=datetime(2026, 3, 2, tzinfo=UTC)
    )


async def test_a_goal_that_the_user_states_is_kept_with_its_message(fleet: InMemoryFleet) -> None:
    await fleet.run(interaction("my goal is to run a marathon"))

    [goal] = await fleet.goals.of_user("juniper", "ana")
    assert goal.description == "run a marathon"
    assert goal.message_id is not None


async def test_the_same_goal_twice_is_one_goal(fleet: InMemoryFleet) -> None:
    await fleet.run(interaction("my goal is to run a marathon"))
    await fleet.run(interaction("My goal is to run a marathon!"))

    assert len(await fleet.goals.of_user("juniper", "ana")) == 1


async def test_an_interaction_is_evidence_but_no_turn(fleet: InMemoryFleet) -> None:
    await fleet.run(interaction("my goal is to run a marathon"))

    [row] = fleet.conversations.rows("juniper")
    assert row.turn.number is None


async def test_what_the_bot_said_in_an_interaction_is_not_the_users(fleet: InMemoryFleet) -> None:
    await fleet.run(interaction("Ana: hello there\njuniper: my goal is to learn to sail"))
    await fleet.run(interaction("juniper: my goal is to run a marathon"))

    assert await fleet.goals.of_user("juniper", "ana") == []


async def test_the_users_lines_of_an_interaction_are_read(fleet: InMemoryFleet) -> None:
    await fleet.run(interaction("juniper: what do you dream of?\nAna: my goal is to run a marathon"))

    assert [goal.description for goal in await fleet.goals.of_user("juniper", "ana")] == ["run a marathon"]


async def test_progress_names_the_message_that_shows_it(new_fleet: Any) -> None:
    rest = Goal(id=uuid4(), bot_name="juniper", user_id=None, slug="rest", description="Ana rests")
    step = GoalStep(slug="rest", status="in_progress", progress=0.5, message="m1", reasoning="she napped")
    unknown = step.model_copy(update={"slug": "conquer-the-world"})
    fleet = new_fleet(llm=CannedLLM(Reading(progress=[step, unknown])))
    await fleet.bots.put(Bot(name="juniper", goals=(rest,)))

    await fleet.run(interaction("I had a nap on the sofa today"))

    [progress] = await fleet.goals.progress("juniper", "ana")
    assert (progress.goal_id, progress.progress) == (rest.id, 0.5)
