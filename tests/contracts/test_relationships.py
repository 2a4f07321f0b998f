"""What every keeper of `Relationships` must do."""

import asyncio
from collections.abc import AsyncGenerator
from dataclasses import replace

import pytest

from mindfleet.adapters.graph.relationships import GraphRelationships
from mindfleet.ports.relationships import Acquaintance, Relationship, Relationships
from mindfleet.testing.in_memory_relationships import InMemoryRelationships
from tests.contracts.graphs import EMBEDDED, FEB, JAN, MAR, REAL, Place, graph_at, place_of


@pytest.fixture(params=["fake", EMBEDDED, REAL])
def place(request: pytest.FixtureRequest) -> Place:
    return place_of(request)


@pytest.fixture
async def relationships(place: Place) -> AsyncGenerator[Relationships]:
    if place is None:
        yield InMemoryRelationships()
        return
    async with graph_at(place) as graph:
        yield GraphRelationships(graph)


def knows(bot: str, user_id: str = "u1", *, turns: int = 12, familiarity: float = 0.1 + 0.2) -> Relationship:
    acquaintance = Acquaintance(
        bot_name=bot,
        user_id=user_id,
        user_name="Alex",
        user_turns=turns,
        bot_turns=7,
        sessions=3,
        days=2,
        first_at=JAN,
        last_at=FEB,
    )
    return Relationship(acquaintance=acquaintance, familiarity=familiarity)


async def test_gives_back_what_it_was_given(relationships: Relationships, bot: str) -> None:
    await relationships.put(knows(bot))

    assert await relationships.get(bot, "u1") == knows(bot)


async def test_strangers_have_no_relationship(relationships: Relationships, bot: str) -> None:
    assert await relationships.get(bot, "u1") is None


async def test_numbers_are_set_and_never_counted_up(relationships: Relationships, bot: str) -> None:
    for _ in range(3):
        await relationships.put(knows(bot))
    assert await relationships.get(bot, "u1") == knows(bot)

    less = knows(bot, turns=4, familiarity=0.0)
    renamed = replace(less, acquaintance=replace(less.acquaintance, user_name="Sasha", last_at=MAR))
    await relationships.put(renamed)
    assert await relationships.get(bot, "u1") == renamed


async def test_every_bot_knows_its_users_in_its_own_way(relationships: Relationships, bot: str) -> None:
    others = [knows(bot, "u2", turns=1), knows(f"{bot}|u1", "u2", turns=2), knows(bot, "u1|u2", turns=3)]
    for other in others:
        await relationships.put(other)

    assert await relationships.get(bot, "u1") is None
    for other in others:
        assert await relationships.get(other.acquaintance.bot_name, other.acquaintance.user_id) == other


async def test_two_writers_of_one_relationship_make_one(relationships: Relationships, bot: str) -> None:
    await asyncio.gather(*(relationships.put(knows(bot)) for _ in range(6)))

    assert await relationships.get(bot, "u1") == knows(bot)


async def test_a_bot_gets_to_know_many_users_at_once(relationships: Relationships, bot: str) -> None:
    users = [f"u{n}" for n in range(10)]

    await asyncio.gather(*(relationships.put(knows(bot, user_id)) for user_id in users))

    assert [await relationships.get(bot, user_id) for user_id in users] == [knows(bot, user_id) for user_id in users]
