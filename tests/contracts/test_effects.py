"""What every keeper of `Effects` must do."""

from datetime import timedelta
from uuid import UUID, uuid4

import pytest

from mindfleet.errors import LeaseLost
from mindfleet.ports.effects import Effect, Effects
from tests.contracts.stores import Stores


async def intend(stores: Stores, key: UUID, *, fence: int = 1, text: str = "hello ✨") -> Effect:
    return await stores.effects.intend(key=key, job_id="job", kind="post", payload={"text": text}, fence=fence)


async def standing(stores: Stores, key: UUID, *, fence: int = 9) -> Effect:
    return await intend(stores, key, fence=fence)


async def test_the_first_to_intend_it_finds_nothing_on_record(stores: Stores) -> None:
    key = uuid4()

    assert await intend(stores, key) == Effect(
        key=key, job_id="job", kind="post", payload={"text": "hello ✨"}, state="intent", tries=1, provider_id=None
    )


async def test_the_next_start_finds_what_was_intended_before(stores: Stores) -> None:
    key = uuid4()
    await intend(stores, key)
    found = await intend(stores, key, fence=2, text="something else")

    assert (found.state, found.tries, found.payload) == ("intent", 2, {"text": "hello ✨"})


async def test_what_was_sent_stays_sent_and_what_is_done_stays_done(stores: Stores) -> None:
    key = uuid4()
    await intend(stores, key)
    await stores.effects.sent(key, "m1", fence=1)
    assert (await intend(stores, key)).state == "sent"

    await stores.effects.done(key, fence=1)
    await stores.effects.sent(key, "m1", fence=1)
    found = await intend(stores, key)
    assert (found.state, found.provider_id, found.payload) == ("done", "m1", {})


@pytest.mark.parametrize("change", ["intend", "sent", "done", "unknown", "withdraw"])
async def test_an_earlier_start_gets_no_further(stores: Stores, change: str) -> None:
    key = uuid4()
    await intend(stores, key, fence=1)
    await intend(stores, key, fence=2)

    with pytest.raises(LeaseLost):
        await _late(stores.effects, key, change)
    found = await standing(stores, key)
    assert (found.state, found.tries, found.provider_id) == ("intent", 3, None)


async def _late(effects: Effects, key: UUID, change: str) -> None:
    match change:
        case "intend":
            await effects.intend(key=key, job_id="job", kind="post", payload={}, fence=1)
        case "sent":
            await effects.sent(key, "m1", fence=1)
        case "done":
            await effects.done(key, fence=1)
        case "unknown":
            await effects.unknown(key, fence=1)
        case _:
            await effects.withdraw(key, fence=1)


async def test_what_was_not_sent_after_all_was_never_intended(stores: Stores) -> None:
    key = uuid4()
    await intend(stores, key)
    await stores.effects.withdraw(key, fence=1)

    assert key not in {effect.key for effect in await stores.effects.open(limit=1000)}
    again = await intend(stores, key, text="new")
    assert (again.payload, again.tries, again.state) == ({"text": "new"}, 1, "intent")


async def test_no_earlier_start_takes_up_what_a_later_one_withdrew(stores: Stores) -> None:
    key = uuid4()
    await intend(stores, key, fence=2)
    await stores.effects.withdraw(key, fence=2)

    with pytest.raises(LeaseLost):
        await intend(stores, key, fence=1)


async def test_what_was_sent_cannot_be_withdrawn(stores: Stores) -> None:
    key = uuid4()
    await intend(stores, key)
    await stores.effects.sent(key, "m1", fence=1)

    with pytest.raises(LeaseLost):
        await stores.effects.withdraw(key, fence=1)
    with pytest.raises(LeaseLost):
        await stores.effects.unknown(key, fence=1)
    assert (await standing(stores, key)).state == "sent"


async def test_a_person_settles_what_is_unknown(stores: Stores) -> None:
    was_sent, was_not = uuid4(), uuid4()
    for key in (was_sent, was_not):
        await intend(stores, key)
        await stores.effects.unknown(key, fence=1)
        assert key in {effect.key for effect in await stores.effects.open(limit=1000)}

    assert await stores.effects.resolve(was_sent, "m1")
    assert await stores.effects.resolve(was_not, None)

    found = await standing(stores, was_sent)
    assert (found.state, found.provider_id) == ("sent", "m1")
    assert (await standing(stores, was_not)).tries == 1
    assert not await stores.effects.resolve(was_sent, None)
    assert not await stores.effects.resolve(uuid4(), "m2")


async def test_lists_what_is_not_done_for_a_while(stores: Stores) -> None:
    key, finished = uuid4(), uuid4()
    await intend(stores, key)
    await intend(stores, finished)
    await stores.effects.done(finished, fence=1)

    now = {effect.key for effect in await stores.effects.open(limit=1000)}
    assert key in now
    assert finished not in now
    assert key not in {effect.key for effect in await stores.effects.open(older_than=timedelta(hours=1), limit=1000)}


async def test_forgets_what_was_done_and_nothing_else(stores: Stores) -> None:
    key, finished = uuid4(), uuid4()
    await intend(stores, key)
    await intend(stores, finished)
    await stores.effects.done(finished, fence=1)

    assert await stores.effects.purge(timedelta(hours=1)) == 0
    assert await stores.effects.purge(timedelta()) >= 1

    assert (await standing(stores, key)).tries == 2
    assert (await standing(stores, finished)).tries == 1


async def test_those_that_nobody_knows_of_can_be_asked_for_alone(stores: Stores) -> None:
    unknown, intended = uuid4(), uuid4()
    await intend(stores, unknown)
    await intend(stores, intended)
    await stores.effects.unknown(unknown, fence=1)

    found = {effect.key: effect for effect in await stores.effects.open(state="unknown", limit=1000)}
    assert found[unknown].changed_at is not None
    assert intended not in found
    assert {unknown, intended} <= {effect.key for effect in await stores.effects.open(limit=1000)}


async def test_one_is_found_by_its_key_in_whatever_state(stores: Stores) -> None:
    key = uuid4()
    assert await stores.effects.one(key) is None
    await intend(stores, key)
    await stores.effects.sent(key, "m1", fence=1)
    await stores.effects.done(key, fence=1)

    found = await stores.effects.one(key)
    assert found
    assert (found.state, found.provider_id, found.job_id) == ("done", "m1", "job")


async def test_keys_that_begin_alike_are_found_in_their_order(stores: Stores) -> None:
    start, ends = uuid4().hex[:15], ("0" * 16, "8" + "0" * 15, "f" * 16)
    keys = [UUID(start + digit + end) for digit in "7ef" for end in ends]
    for key in reversed(keys):
        await intend(stores, key)

    assert list(await stores.effects.between(UUID(start + "e" + "0" * 16), UUID(start + "e" + "f" * 16))) == keys[3:6]
