"""Facts out of messages: who, what, since when."""

from datetime import UTC, datetime
from typing import Any

import pytest
from pydantic import ValidationError

from mindfleet.analysis.findings import Reading, StatedFact
from mindfleet.conversation.sessions import Cutting
from mindfleet.testing.fleet import InMemoryFleet
from mindfleet.testing.llm import CannedLLM
from tasks.knowledge_extraction import KnowledgeExtraction
from tasks.preference_extraction import PreferenceExtraction
from tests.tasks.conftest import Talk


def extraction(message: str, **more: object) -> KnowledgeExtraction:
    fields = {"bot_name": "juniper", "user_id": "ana", "message": message, "sent_at": datetime(2026, 3, 2, tzinfo=UTC)}
    return KnowledgeExtraction.model_validate({**fields, **more})


async def triples(fleet: InMemoryFleet, *, now: bool = True) -> set[tuple[str, str, str]]:
    facts = await fleet.facts.about("juniper", ["ana"], as_of=fleet.clock.now() if now else None)
    return {(fact.subject, fact.predicate, fact.object) for fact in facts}


async def test_the_seeds_example_gives_an_employer_and_a_role(fleet: InMemoryFleet) -> None:
    await fleet.run(extraction("I work at Google as an engineer"))

    assert await triples(fleet) == {("user", "WORKS_AT", "Google"), ("user", "HAS_ROLE", "engineer")}


async def test_what_is_said_of_the_cat_is_about_the_cat(fleet: InMemoryFleet) -> None:
    await fleet.run(extraction("my cat Luna is black"))

    assert ("Luna", "HAS_APPEARANCE", "black") in await triples(fleet)
    assert not any(subject == "user" and thing == "black" for subject, _, thing in await triples(fleet))


async def test_a_correction_closes_the_old_fact_and_keeps_it(fleet: InMemoryFleet) -> None:
    await fleet.run(extraction("I live in Bergen"))
    await fleet.run(extraction("I moved to Oslo", sent_at=datetime(2026, 3, 5, tzinfo=UTC)))

    assert await triples(fleet) == {("user", "LIVES_IN", "Oslo")}
    bergen, oslo = await fleet.facts.about("juniper", ["ana"])
    assert (bergen.object, bergen.valid_to) == ("Bergen", oslo.valid_from)


async def test_the_order_in_which_jobs_run_does_not_matter(fleet: InMemoryFleet) -> None:
    await fleet.run(extraction("I moved to Oslo", sent_at=datetime(2026, 3, 5, tzinfo=UTC)))
    await fleet.run(extraction("I live in Bergen"))

    assert await triples(fleet) == {("user", "LIVES_IN", "Oslo")}


async def test_running_the_job_twice_changes_nothing(fleet: InMemoryFleet) -> None:
    job = extraction("I live in Oslo")

    await fleet.run(job, job_id="one")
    before = await fleet.facts.about("juniper", ["ana"])
    await fleet.run(job, job_id="one")

    assert await fleet.facts.about("juniper", ["ana"]) == before
    assert len(fleet.conversations.rows("juniper")) == 1


async def test_a_message_that_goes_to_several_tasks_is_one_row_and_one_call(new_fleet: Any) -> None:
    model = CannedLLM(Reading())
    fleet = new_fleet(llm=model)
    text = "I live in Oslo, and please keep your answers short"

    await fleet.run(extraction(text))
    await fleet.run(PreferenceExtraction(bot_name="juniper", user_id="ana", message=text))

    assert len(fleet.conversations.rows("juniper")) == 1
    assert len(model.asks) == 1


async def test_a_text_that_was_also_a_message_is_the_same_row(new_fleet: Any) -> None:
    fleet = new_fleet(cutting=Cutting())
    await Talk(fleet, "some channel").says("I live in Oslo")

    await fleet.run(extraction("I live in Oslo"))

    assert len(fleet.conversations.rows("juniper")) == 1
    assert await triples(fleet) == {("user", "LIVES_IN", "Oslo")}


async def test_saying_the_same_again_is_another_row_that_backs_the_same_fact(fleet: InMemoryFleet) -> None:
    await fleet.run(extraction("I live in Oslo"))
    await fleet.run(extraction("I live in Oslo"))

    [fact] = await fleet.facts.about("juniper", ["ana"])
    assert len(fact.evidence) == 2


async def test_anything_that_no_predicate_says_is_related_to(new_fleet: Any) -> None:
    model = CannedLLM(
        Reading(
            facts=[
                StatedFact(
                    subject="user", predicate="haunted by", object="lighthouse", confidence=0.9, message="m1", quote=""
                )
            ]
        )
    )
    fleet = new_fleet(llm=model)

    await fleet.run(extraction("that lighthouse still haunts me"))

    assert await triples(fleet) == {("user", "HAUNTED_BY", "lighthouse")}


async def test_users_do_not_share_facts(fleet: InMemoryFleet) -> None:
    await fleet.run(extraction("I live in Oslo"))

    assert await fleet.facts.about("juniper", ["ben"]) == []
    assert await fleet.facts.about("another bot", ["ana"]) == []


@pytest.mark.parametrize("message", [None, ""])
def test_a_call_without_a_text_is_refused(message: str | None) -> None:
    with pytest.raises(ValidationError):
        KnowledgeExtraction.model_validate({"bot_name": "juniper", "user_id": "ana", "message": message})
