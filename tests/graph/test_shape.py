"""What a person sees who looks into the graph."""

from collections.abc import AsyncGenerator
from uuid import uuid4

import pytest

from mindfleet.adapters.graph.connection import Graph
from mindfleet.adapters.graph.facts import GraphFacts
from mindfleet.adapters.graph.relationships import GraphRelationships
from mindfleet.ports.facts import USER, Fact, Slot
from mindfleet.ports.relationships import Acquaintance, Relationship
from tests.contracts.graphs import EMBEDDED, FEB, JAN, REAL, Place, fact, graph_at, place_of


@pytest.fixture(params=[EMBEDDED, REAL])
def place(request: pytest.FixtureRequest) -> Place:
    return place_of(request)


@pytest.fixture
async def graph(place: Place) -> AsyncGenerator[Graph]:
    async with graph_at(place) as opened:
        yield opened


@pytest.fixture
def bot() -> str:
    return f"nova-{uuid4()}"


async def put(graph: Graph, one: Fact) -> None:
    slot = Slot(one.subject, one.predicate)
    await GraphFacts(graph).replace(one.bot_name, one.user_id, user_name="Alex", slot=slot, facts=[one])


async def triples(graph: Graph, bot: str) -> set[tuple[str, str, str]]:
    rows = await graph.read(
        "MATCH (s)-[r]->(o:Entity) WHERE o.bot_name = $bot RETURN labels(s) + s.name AS s, type(r) AS r, o.name AS o",
        bot=bot,
    )
    return {(":".join(row["s"]), row["r"], row["o"]) for row in rows}


async def nodes(graph: Graph, bot: str) -> set[str]:
    rows = await graph.read("MATCH (n) WHERE n.bot_name = $bot RETURN n.name AS name", bot=bot)
    return {row["name"] for row in rows}


async def test_i_work_at_google_as_an_engineer(graph: Graph, bot: str) -> None:
    await put(graph, fact(bot, "Google"))
    await put(graph, fact(bot, "Engineer", predicate="HAS_ROLE"))

    assert await triples(graph, bot) == {("User:Alex", "WORKS_AT", "Google"), ("User:Alex", "HAS_ROLE", "Engineer")}


async def test_my_cat_luna_is_black(graph: Graph, bot: str) -> None:
    await put(graph, fact(bot, "Luna", predicate="HAS_PET"))
    await put(graph, fact(bot, "black", predicate="HAS_APPEARANCE", subject="luna"))

    assert await triples(graph, bot) == {("User:Alex", "HAS_PET", "Luna"), ("Entity:Luna", "HAS_APPEARANCE", "black")}


async def test_what_no_member_says_is_a_relation_with_the_words_as_a_property(graph: Graph, bot: str) -> None:
    words = "X]->() DETACH DELETE s //"
    await put(graph, fact(bot, "Oslo", predicate=words))
    [row] = await graph.read("MATCH ()-[r]->(o:Entity) WHERE o.bot_name = $bot RETURN r.predicate AS words", bot=bot)

    assert await triples(graph, bot) == {("User:Alex", "RELATED_TO", "Oslo")}
    assert row["words"] == words


async def test_a_thing_under_two_spellings_is_one_node(graph: Graph, bot: str) -> None:
    await put(graph, fact(bot, "beatles", predicate="LIKES"))
    await put(graph, fact(bot, "The Beatles", predicate="FAN_OF"))

    assert await nodes(graph, bot) == {"Alex", "The Beatles"}


async def test_a_thing_that_nothing_is_said_of_any_more_is_gone(graph: Graph, bot: str) -> None:
    await put(graph, fact(bot, "Luna", predicate="HAS_PET"))
    await put(graph, fact(bot, "black", predicate="HAS_APPEARANCE", subject="Luna"))
    facts = GraphFacts(graph)

    await facts.replace(bot, "u1", user_name="Alex", slot=Slot("Luna", "HAS_APPEARANCE"), facts=[])
    assert await nodes(graph, bot) == {"Alex", "Luna"}

    await facts.replace(bot, "u1", user_name="Alex", slot=Slot(USER, "HAS_PET"), facts=[])
    assert await nodes(graph, bot) == {"Alex"}


async def test_a_user_who_is_forgotten_leaves_nothing(graph: Graph, bot: str) -> None:
    await put(graph, fact(bot, "Luna", predicate="HAS_PET"))
    await put(graph, fact(bot, "black", predicate="HAS_APPEARANCE", subject="Luna"))
    relationships = GraphRelationships(graph)
    await relationships.put(Relationship(acquaintance=acquaintance(bot), familiarity=0.5))

    await GraphFacts(graph).forget(bot, "u1")

    assert await nodes(graph, bot) == set()
    assert await relationships.get(bot, "u1") is None


async def test_two_bots_that_know_the_same_user_know_two_people(graph: Graph, bot: str) -> None:
    other = f"{bot}-2"
    await put(graph, fact(bot, "Google"))
    await put(graph, fact(other, "Google"))
    rows = await graph.read(
        "MATCH (o:Entity {name: 'Google'}) WHERE o.bot_name IN $bots RETURN o.key AS key", bots=[bot, other]
    )

    assert len({row["key"] for row in rows}) == 2


def acquaintance(bot: str) -> Acquaintance:
    return Acquaintance(
        bot_name=bot,
        user_id="u1",
        user_name="Alex",
        user_turns=1,
        bot_turns=1,
        sessions=1,
        days=1,
        first_at=JAN,
        last_at=FEB,
    )
