"""What every keeper of `Assertions` must do."""

import asyncio
from dataclasses import replace
from datetime import timedelta
from uuid import UUID

import pytest

from mindfleet import ids
from mindfleet.conversation.turn import Turn
from mindfleet.ports.facts import USER, Assertion, Slot
from mindfleet.ports.journal import Origin
from tests.contracts.stores import NOON, Stores, a_turn

CITY = Slot(USER, "LIVES_IN")


def assertion(turn: Turn, origin: Origin, what: str, *, subject: str = USER) -> Assertion:
    return Assertion(
        id=ids.name("assertion", turn.id, subject.casefold(), what.casefold()),
        bot_name=turn.bot_name,
        user_id=turn.user_id,
        subject=subject,
        predicate="LIVES_IN",
        object=what,
        holds=True,
        since=None,
        until=NOON + timedelta(days=9),
        confidence=0.1 + 0.2,
        quote=turn.content,
        message_id=turn.id,
        said_at=turn.sent_at,
        channel_id=turn.channel_id,
        visibility=turn.visibility,
        provider=origin.provider,
        answer_key=origin.answer_key,
    )


async def replace_all(stores: Stores, bot: str, message_ids: list[UUID], *assertions: Assertion) -> set[Slot]:
    async with stores.assertions.of_user(bot, "ana") as held:
        return await held.replace(message_ids, assertions)


async def in_slot(stores: Stores, bot: str, slot: Slot = CITY, *, user: str = "ana") -> list[Assertion]:
    async with stores.assertions.of_user(bot, user) as held:
        return await held.in_slot(slot)


async def test_gives_back_what_was_asserted_in_the_order_in_which_it_was_said(stores: Stores, bot: str) -> None:
    origin = await stores.origin(bot)
    first, second = [await stores.say(a_turn(bot, text, minute=n)) for n, text in enumerate(["Bergen", "Oslo"])]
    bergen, oslo = assertion(first, origin, "Bergen"), replace(assertion(second, origin, "Oslo"), holds=False)

    assert await replace_all(stores, bot, [first.id, second.id], oslo, bergen) == {CITY}
    assert await in_slot(stores, bot) == [bergen, oslo]
    assert await in_slot(stores, bot, user="ben") == []
    assert await in_slot(stores, bot, Slot(USER, "WORKS_AT")) == []


async def test_subjects_are_compared_without_case(stores: Stores, bot: str) -> None:
    origin = await stores.origin(bot)
    turn = await stores.say(a_turn(bot, "Łuna lives in Oslo"))
    oslo = assertion(turn, origin, "Oslo", subject="Łuna")
    await replace_all(stores, bot, [turn.id], oslo)

    assert await in_slot(stores, bot, Slot("łUNA", "LIVES_IN")) == [oslo]


async def test_an_edited_message_asserts_what_it_says_now(stores: Stores, bot: str) -> None:
    origin = await stores.origin(bot)
    edited, untouched = [await stores.say(a_turn(bot, text, minute=n)) for n, text in enumerate(["Bergen", "Rome"])]
    rome = assertion(untouched, origin, "Rome")
    await replace_all(stores, bot, [edited.id, untouched.id], assertion(edited, origin, "Bergen"), rome)

    luna = assertion(edited, origin, "Oslo", subject="Luna")
    assert await replace_all(stores, bot, [edited.id], luna) == {CITY, Slot("Luna", "LIVES_IN")}
    assert await in_slot(stores, bot) == [rome]
    assert await replace_all(stores, bot, [edited.id]) == {Slot("Luna", "LIVES_IN")}
    assert await in_slot(stores, bot, Slot("Luna", "LIVES_IN")) == []


async def test_replacing_with_the_same_changes_nothing(stores: Stores, bot: str) -> None:
    origin = await stores.origin(bot)
    turn = await stores.say(a_turn(bot, "Bergen"))
    bergen = assertion(turn, origin, "Bergen")

    for _ in range(2):
        assert await replace_all(stores, bot, [turn.id], bergen, bergen) == {CITY}
    assert await in_slot(stores, bot) == [bergen]


async def test_a_body_that_fails_leaves_everything_as_it_was(stores: Stores, bot: str) -> None:
    origin = await stores.origin(bot)
    turn = await stores.say(a_turn(bot, "Bergen"))
    bergen = assertion(turn, origin, "Bergen")
    await replace_all(stores, bot, [turn.id], bergen)

    async def fail() -> None:
        async with stores.assertions.of_user(bot, "ana") as held:
            await held.replace([turn.id], [])
            raise LookupError("half way")

    with pytest.raises(LookupError, match="half way"):
        await fail()
    assert await in_slot(stores, bot) == [bergen]


async def test_one_holds_a_user_at_a_time(stores: Stores, bot: str) -> None:
    inside: list[str] = []

    async def enter(user: str) -> None:
        async with stores.assertions.of_user(bot, user) as held:
            assert user not in inside
            inside.append(user)
            await held.in_slot(CITY)
            inside.remove(user)

    async with asyncio.timeout(20):
        await asyncio.gather(*(enter(user) for _ in range(10) for user in ("ana", "ben")))


async def test_only_what_was_said_where_it_may_be_heard_is_heard(stores: Stores, bot: str) -> None:
    origin = await stores.origin(bot)
    here = await stores.say(replace(a_turn(bot, "Bergen", channel="harbour"), visibility="channel"))
    elsewhere = await stores.say(a_turn(bot, "Oslo", minute=1))
    said = assertion(here, origin, "Bergen")
    await replace_all(stores, bot, [], said, assertion(elsewhere, origin, "Oslo"))

    async def heard(*users: str, channels: list[str]) -> list[Assertion]:
        return await stores.assertions.heard(bot, users, channels=channels, visibilities=("channel", "public"))

    assert await heard("ana", "ben", channels=["harbour", "dm:ana"]) == [said]
    assert await heard("ana", channels=["dm:ana"]) == []
    assert await heard("ben", channels=["harbour"]) == []
