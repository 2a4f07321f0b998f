"""Messages as a bot's platform delivers them."""

import asyncio
from datetime import timedelta
from typing import Any

import pytest
from pydantic import ValidationError

from mindfleet.intake import PATIENCE, message_uuid
from mindfleet.runtime.pipeline import GRACE
from mindfleet.runtime.verdict import Again
from mindfleet.testing.fleet import InMemoryFleet
from tasks.knowledge_extraction import KnowledgeExtraction
from tasks.message_intake import MessageIntake, run_message_intake


async def turns(fleet: InMemoryFleet, talk: Any) -> list[str]:
    ids = [message_uuid("juniper", talk.channel_id, f"m{number}") for number in range(1, talk.count + 1)]
    return [turn.content for turn in await fleet.conversations.by_id(ids)]


async def test_a_message_is_recallable_as_soon_as_it_is_taken_in(fleet: InMemoryFleet, talk: Any) -> None:
    await talk.says("the lighthouse keeper waved at us")

    known = await fleet.remembering.recall("juniper", "ana", "who waved? the keeper?", 400, audience="dm")

    assert "lighthouse keeper" in known.context
    assert known.sources == [message_uuid("juniper", "dm-ana", "m1")]


async def test_the_same_message_twice_is_one_record(fleet: InMemoryFleet, talk: Any) -> None:
    message = talk.message("I live in Oslo")

    await fleet.run(message)
    await fleet.run(message)

    assert len(fleet.conversations.rows("juniper")) == 1


async def test_another_text_under_the_same_id_is_an_edit(fleet: InMemoryFleet, talk: Any) -> None:
    await talk.says("I live in Bergen")
    await talk.ends()
    assert [fact.object for fact in await fleet.facts.about("juniper", ["ana"])] == ["Bergen"]

    await fleet.run(talk.message("I live in Oslo", message_id="m1"))

    assert [fact.object for fact in await fleet.facts.about("juniper", ["ana"])] == ["Oslo"]
    assert await turns(fleet, talk) == ["I live in Oslo"]


async def test_nothing_gathers_for_ever_when_an_edit_comes_before_the_analysis(fleet: InMemoryFleet, talk: Any) -> None:
    await talk.says("I live in Bergen")
    await fleet.run(talk.message("I live in Oslo", message_id="m1"))

    await talk.ends()

    assert await fleet.conversations.gathering() == 0
    assert [fact.object for fact in await fleet.facts.about("juniper", ["ana"])] == ["Oslo"]


async def test_an_edit_takes_back_what_the_message_said_before(fleet: InMemoryFleet, talk: Any) -> None:
    await talk.says("I live in Bergen, please keep your answers short, and my goal is to run a marathon")
    await talk.ends()
    assert await fleet.facts.about("juniper", ["ana"])
    assert await fleet.preferences.of("juniper", "ana")
    assert await fleet.goals.of_user("juniper", "ana")

    await fleet.run(talk.message("never mind", message_id="m1"))

    assert await fleet.facts.about("juniper", ["ana"]) == []
    assert await fleet.preferences.of("juniper", "ana") == []
    assert await fleet.goals.of_user("juniper", "ana") == []


async def test_an_analysis_that_an_edit_overtook_teaches_nothing(fleet: InMemoryFleet, talk: Any) -> None:
    await talk.says("I live in Lima")
    await talk.ends()
    message = message_uuid("juniper", "dm-ana", "m1")
    [old] = await fleet.analyses.covering([message])
    await fleet.run(talk.message("I live in Rome", message_id="m1"))

    about_old = {"bot_name": "juniper", "user_id": "ana", "analysis_id": old.id}
    await fleet.run(KnowledgeExtraction.model_validate(about_old))
    await fleet.analyses.put(old)
    await fleet.run(KnowledgeExtraction.model_validate(about_old))

    assert [fact.object for fact in await fleet.facts.about("juniper", ["ana"])] == ["Rome"]


async def test_messages_that_overtake_each_other_take_their_places_in_order(fleet: InMemoryFleet, talk: Any) -> None:
    first, second, third = (talk.message(f"message number {n}") for n in range(3))
    second = second.model_copy(update={"after": first.step})
    third = third.model_copy(update={"after": second.step})

    verdicts = [await fleet.run(message) for message in (third, second, first)]

    assert [isinstance(verdict, Again) for verdict in verdicts] == [True, True, False]
    placed = await fleet.conversations.by_id([first.step, second.step, third.step])
    assert [turn.number for turn in placed] == [1, 2, 3]


async def test_a_message_whose_predecessor_never_comes_is_placed_after_a_while(fleet: InMemoryFleet, talk: Any) -> None:
    orphan = talk.message("hello?").model_copy(update={"after": message_uuid("juniper", "dm-ana", "lost")})
    assert isinstance(await fleet.run(orphan), Again)

    fleet.clock.advance(PATIENCE + timedelta(seconds=1))
    await fleet.run(orphan)

    [turn] = await fleet.conversations.by_id([orphan.step])
    assert turn.number == 1


async def test_a_dm_and_a_channel_are_sessions_of_their_own(fleet: InMemoryFleet, talk: Any) -> None:
    await asyncio.gather(
        fleet.run(talk.message("in private")),
        fleet.run(talk.message("in the channel", channel_id="harbour", visibility="channel")),
    )

    assert sorted(await fleet.conversations.channels_of("juniper", "ana")) == ["dm-ana", "harbour"]


@pytest.mark.parametrize(("given", "role"), [("human", "user"), ("ai", "assistant")])
def test_the_other_names_of_roles_are_taken(talk: Any, given: str, role: str) -> None:
    assert talk.message("hi", role=given).role == role


@pytest.mark.parametrize(
    "wrong", [{"role": "system"}, {"content": ""}, {"visibility": "secret"}, {"timezone": "Mars/Olympus"}]
)
def test_a_message_that_makes_no_sense_is_refused(talk: Any, wrong: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        MessageIntake.model_validate({**talk.message("hi").model_dump(), **wrong})


async def test_nobody_loses_patience_before_a_dead_workers_job_runs_again() -> None:
    """The longest that a job can stay with a worker that hangs; a dead one's is free within seconds."""
    assert run_message_intake.timeout + GRACE + timedelta(seconds=10) < PATIENCE
