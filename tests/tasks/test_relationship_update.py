"""How well a bot and a user know each other."""

from typing import Any

from mindfleet.testing.fleet import InMemoryFleet
from tasks.relationship_update import RelationshipUpdate


async def test_familiarity_is_recomputed_and_never_added_up(fleet: InMemoryFleet, talk: Any) -> None:
    await talk.says("hello there", "how is the sea today")
    await talk.replies("Calm.")
    job = RelationshipUpdate(bot_name="juniper", user_id="ana")

    await fleet.run(job)
    first = await fleet.relationships.get("juniper", "ana")
    await fleet.run(job)

    assert await fleet.relationships.get("juniper", "ana") == first
    assert first is not None
    assert (first.acquaintance.user_turns, first.acquaintance.bot_turns) == (2, 1)
    assert 0 < first.familiarity < 0.1


async def test_more_talk_is_more_familiar(fleet: InMemoryFleet, talk: Any) -> None:
    job = RelationshipUpdate(bot_name="juniper", user_id="ana")
    await talk.says("hello there")
    await fleet.run(job)
    before = await fleet.relationships.get("juniper", "ana")

    for number in range(15):
        await talk.says(f"story number {number}")
        await talk.replies("Go on.")
    await fleet.run(job)

    after = await fleet.relationships.get("juniper", "ana")
    assert before
    assert after
    assert before.familiarity < after.familiarity < 1


async def test_strangers_have_no_relationship(fleet: InMemoryFleet) -> None:
    await fleet.run(RelationshipUpdate(bot_name="juniper", user_id="nobody"))

    assert await fleet.relationships.get("juniper", "nobody") is None


async def test_a_bot_that_only_listens_comes_close_to_nobody(fleet: InMemoryFleet, talk: Any) -> None:
    job = RelationshipUpdate(bot_name="juniper", user_id="ana")

    await talk.says(*(f"story number {n}" for n in range(40)))
    await fleet.run(job)

    relationship = await fleet.relationships.get("juniper", "ana")
    assert relationship is not None
    assert relationship.familiarity < 0.05
