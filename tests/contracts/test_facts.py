"""What every keeper of `Facts` must do."""

import asyncio
from collections.abc import AsyncGenerator
from datetime import UTC, datetime, timedelta, timezone

import pytest

from mindfleet.adapters.graph.facts import GraphFacts
from mindfleet.knowledge.vocabulary import vocabulary
from mindfleet.ports.facts import USER, Fact, Facts, Slot
from mindfleet.testing.in_memory_facts import InMemoryFacts
from tests.contracts.graphs import APR, EMBEDDED, FEB, JAN, MAR, REAL, Place, fact, graph_at, place_of

WORK = Slot(USER, "WORKS_AT")


@pytest.fixture(params=["fake", EMBEDDED, REAL])
def place(request: pytest.FixtureRequest) -> Place:
    return place_of(request)


@pytest.fixture
async def facts(place: Place) -> AsyncGenerator[Facts]:
    if place is None:
        yield InMemoryFacts()
        return
    async with graph_at(place) as graph:
        yield GraphFacts(graph)


async def put(facts: Facts, bot: str, *new: Fact, slot: Slot = WORK, user_id: str = "u1") -> list[Fact]:
    return await facts.replace(bot, user_id, user_name="Alex", slot=slot, facts=new)


async def test_gives_back_what_it_was_given(facts: Facts, bot: str) -> None:
    google = fact(bot, "Google", valid_from=JAN, valid_to=FEB, said_in=("dm:u1", "lobby|1", "dm:u1\\2"))
    bakery = fact(bot, "a bakery", valid_from=FEB)

    assert await put(facts, bot, bakery, google) == []
    assert await facts.about(bot, ["u1"]) == [google, bakery]


async def test_knows_nothing_of_a_stranger(facts: Facts, bot: str) -> None:
    assert await facts.about(bot, ["nobody"]) == []
    assert await facts.about(bot, []) == []
    assert await put(facts, bot) == []
    assert await facts.forget(bot, "nobody") == 0


async def test_writing_the_same_twice_changes_nothing(facts: Facts, bot: str) -> None:
    both = fact(bot, "Google"), fact(bot, "a bakery", valid_from=FEB)

    await put(facts, bot, *both)
    assert await put(facts, bot, *both) == []
    assert await facts.about(bot, ["u1"]) == list(both)


async def test_a_newer_version_of_a_fact_takes_its_place(facts: Facts, bot: str) -> None:
    await put(facts, bot, fact(bot, "google", said_in=("dm:u1",)))
    newer = fact(bot, "Google", valid_to=MAR, said_in=("dm:u1", "lobby"))

    assert await put(facts, bot, newer) == []
    assert await facts.about(bot, ["u1"]) == [newer]

    open_again = fact(bot, "Google")
    await put(facts, bot, open_again)
    assert await facts.about(bot, ["u1"]) == [open_again]


async def test_what_is_not_among_the_facts_of_the_slot_any_more_is_removed_and_returned(facts: Facts, bot: str) -> None:
    google, bakery, bank = (
        fact(bot, name, valid_from=at) for name, at in (("Google", MAR), ("Bakery", JAN), ("Bank", FEB))
    )
    await put(facts, bot, google, bakery, bank)

    assert await put(facts, bot, bank) == [bakery, google]
    assert await facts.about(bot, ["u1"]) == [bank]
    assert await put(facts, bot) == [bank]
    assert await facts.about(bot, ["u1"]) == []


async def test_a_slot_leaves_all_others_alone(facts: Facts, bot: str) -> None:
    job = fact(bot, "Google")
    role = fact(bot, "engineer", predicate="HAS_ROLE", valid_from=FEB)
    luna = fact(bot, "black", predicate="HAS_APPEARANCE", subject="Luna", valid_from=MAR)
    users = fact(bot, "tall", predicate="HAS_APPEARANCE", valid_from=APR)
    await put(facts, bot, job)
    await put(facts, bot, role, slot=Slot(USER, "HAS_ROLE"))
    await put(facts, bot, luna, slot=Slot("Luna", "HAS_APPEARANCE"))
    await put(facts, bot, users, slot=Slot(USER, "HAS_APPEARANCE"))

    assert await put(facts, bot, slot=Slot(USER, "HAS_APPEARANCE")) == [users]
    assert await facts.about(bot, ["u1"]) == [job, role, luna]


async def test_subjects_are_compared_without_case(facts: Facts, bot: str) -> None:
    luna = fact(bot, "black", predicate="HAS_APPEARANCE", subject="Luna")
    await put(facts, bot, luna, slot=Slot("luna", "HAS_APPEARANCE"))

    assert await put(facts, bot, slot=Slot("LUNA", "HAS_APPEARANCE")) == [luna]


async def test_what_is_said_of_the_same_thing_under_two_names_stays_apart(facts: Facts, bot: str) -> None:
    """A slot is a spelling; that the graph has one node for both must not mix them."""
    band = fact(bot, "a band", predicate="IS_A", subject="The Beatles")
    group = fact(bot, "a group", predicate="IS_A", subject="Beatles", valid_from=FEB)
    await put(facts, bot, band, slot=Slot("The Beatles", "IS_A"))
    await put(facts, bot, group, slot=Slot("Beatles", "IS_A"))

    assert await facts.about(bot, ["u1"]) == [band, group]


async def test_a_predicate_in_any_words_is_kept(facts: Facts, bot: str) -> None:
    words = "was `adopted` from]->() //"
    odd = fact(bot, "the shelter", predicate=words, subject="Luna")
    plain = fact(bot, "Oslo", predicate="was found in", subject="Luna", valid_from=FEB)
    await put(facts, bot, odd, slot=Slot("Luna", words))
    await put(facts, bot, plain, slot=Slot("Luna", "was found in"))

    assert await facts.about(bot, ["u1"]) == [odd, plain]
    assert await put(facts, bot, slot=Slot("Luna", words)) == [odd]
    assert await facts.about(bot, ["u1"]) == [plain]


async def test_every_member_of_the_vocabulary_is_kept(facts: Facts, bot: str) -> None:
    days = [JAN + timedelta(days=n) for n in range(len(vocabulary().predicates))]
    all_kinds = [
        fact(bot, "x", predicate=name, subject=subject, valid_from=day)
        for name, day in zip(vocabulary().predicates, days, strict=True)
        for subject in ("Luna",)
    ]
    for one in all_kinds:
        await put(facts, bot, one, slot=Slot(one.subject, one.predicate))

    assert await facts.about(bot, ["u1"]) == all_kinds


async def test_a_thing_may_be_the_object_of_itself_and_of_two_subjects(facts: Facts, bot: str) -> None:
    mirror = fact(bot, "Luna", predicate="LIKES", subject="Luna")
    pet = fact(bot, "Luna", predicate="HAS_PET", valid_from=FEB)
    await put(facts, bot, mirror, slot=Slot("Luna", "LIKES"))
    await put(facts, bot, pet, slot=Slot(USER, "HAS_PET"))

    assert await put(facts, bot, slot=Slot(USER, "HAS_PET")) == [pet]
    assert await facts.about(bot, ["u1"]) == [mirror]


@pytest.mark.parametrize(
    ("at", "true"),
    [
        (JAN - timedelta(microseconds=1), []),
        (JAN, ["Google"]),
        (FEB - timedelta(microseconds=1), ["Google"]),
        (FEB, ["Bakery"]),
        (FEB.astimezone(timezone(timedelta(hours=-9))), ["Bakery"]),
        (datetime(9999, 12, 31, tzinfo=UTC), ["Bakery"]),
    ],
)
async def test_as_of_an_instant_only_what_was_true_then(facts: Facts, bot: str, at: datetime, true: list[str]) -> None:
    await put(facts, bot, fact(bot, "Google", valid_to=FEB), fact(bot, "Bakery", valid_from=FEB))
    await put(facts, bot, fact(bot, "never", predicate="LIKES", valid_to=JAN), slot=Slot(USER, "LIKES"))

    assert [found.object for found in await facts.about(bot, ["u1"], as_of=at)] == true


async def test_several_users_at_once_each_fact_once(facts: Facts, bot: str) -> None:
    mine, yours = fact(bot, "Google"), fact(bot, "Google", user_id="u2", valid_from=FEB)
    await put(facts, bot, mine)
    await put(facts, bot, yours, user_id="u2")

    assert await facts.about(bot, ["u1", "u2", "u1"]) == [mine, yours]


async def test_users_and_bots_are_kept_apart(facts: Facts, bot: str) -> None:
    other_bot = f"{bot}|u1"
    mine = fact(bot, "Google", user_id="u1|x")
    yours = fact(other_bot, "Google", user_id="x")
    await put(facts, bot, mine, user_id="u1|x")
    await put(facts, other_bot, yours, user_id="x")

    assert await facts.about(bot, ["u1|x"]) == [mine]
    assert await facts.about(other_bot, ["x"]) == [yours]
    assert await facts.forget(bot, "u1|x") == 1
    assert await facts.about(other_bot, ["x"]) == [yours]


async def test_forgets_a_user_and_nobody_else(facts: Facts, bot: str) -> None:
    other = fact(bot, "Google", user_id="u2")
    await put(facts, bot, other, user_id="u2")
    await put(facts, bot, fact(bot, "Google"), fact(bot, "Bakery", valid_to=FEB))
    await put(facts, bot, fact(bot, "black", predicate="IS_A", subject="Luna"), slot=Slot("Luna", "IS_A"))

    assert await facts.forget(bot, "u1") == 3
    assert await facts.about(bot, ["u1", "u2"]) == [other]
    assert await facts.forget(bot, "u1") == 0


async def test_two_writers_of_one_user_lose_nothing(facts: Facts, bot: str) -> None:
    slots = {"WORKS_AT": "Google", "LIKES": "Google", "USES": "Google", "FAN_OF": "Google"}
    said = [fact(bot, what, predicate=predicate) for predicate, what in slots.items()]

    async def write(one: Fact) -> None:
        await put(facts, bot, one, slot=Slot(USER, one.predicate))

    await asyncio.gather(*(write(one) for one in said * 3))

    assert sorted(await facts.about(bot, ["u1"]), key=lambda f: f.predicate) == sorted(said, key=lambda f: f.predicate)


async def test_two_writers_of_one_slot_leave_the_facts_of_one_of_them(facts: Facts, bot: str) -> None:
    one, other = (
        [fact(bot, "Google"), fact(bot, "Bakery", valid_from=FEB)],
        [fact(bot, "Bank"), fact(bot, "Zoo", valid_from=FEB)],
    )

    await asyncio.gather(put(facts, bot, *one), put(facts, bot, *other))

    assert await facts.about(bot, ["u1"]) in (one, other)


async def test_one_takes_away_what_another_hangs_something_on(facts: Facts, bot: str) -> None:
    """The last edge of an entity goes while a new one comes: the entity must be there for it."""
    likes, uses = fact(bot, "Google", predicate="LIKES"), fact(bot, "Google", predicate="USES")
    for _ in range(5):
        await put(facts, bot, likes, slot=Slot(USER, "LIKES"))
        await asyncio.gather(put(facts, bot, slot=Slot(USER, "LIKES")), put(facts, bot, uses, slot=Slot(USER, "USES")))
        assert await facts.about(bot, ["u1"]) == [uses]
        await put(facts, bot, slot=Slot(USER, "USES"))
