"""What is recalled, for whom, and where it may be said."""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest

from mindfleet.intake import message_uuid
from mindfleet.ports.journal import Bot, Goal, GoalProgress, Origin
from mindfleet.registry import Registry
from mindfleet.testing.fleet import InMemoryFleet
from mindfleet.tokens import estimate
from tasks.message_intake import MessageIntake
from tasks.session_end import SessionEnd
from tasks.triggers import triggered

START = datetime(2026, 3, 2, 18, tzinfo=UTC)


@pytest.fixture
def fleet() -> InMemoryFleet:
    fleet = InMemoryFleet(Registry.load(["tasks"]), triggers=triggered)
    fleet.clock.advance(timedelta(days=30))
    return fleet


async def say(
    fleet: InMemoryFleet, user: str, content: str, *, channel: str | None = None, minute: float = 0, **more: Any
) -> Any:
    channel = channel or f"dm-{user}"
    visibility = "dm" if channel.startswith("dm-") else "channel"
    fields = {
        "bot_name": "juniper",
        "user_id": user,
        "user_name": user.capitalize(),
        "channel_id": channel,
        "message_id": f"{user}-{minute}",
        "role": "user",
        "content": content,
        "sent_at": START + timedelta(minutes=minute),
        "visibility": visibility,
    }
    await fleet.run(MessageIntake.model_validate({**fields, **more}))
    return message_uuid("juniper", channel, f"{user}-{minute}")


async def end(fleet: InMemoryFleet, *channels: str) -> None:
    for channel in channels:
        await fleet.run(SessionEnd(bot_name="juniper", channel_id=channel))


async def context(fleet: InMemoryFleet, user: str, query: str, audience: Any = "dm", **more: Any) -> str:
    known = await fleet.remembering.recall("juniper", user, query, 800, audience=audience, **more)
    return known.context


async def test_a_question_finds_the_turn_that_answers_it_first(fleet: InMemoryFleet) -> None:
    await say(fleet, "ana", "the weather was dreadful on the ferry", minute=0)
    wanted = await say(fleet, "ana", "grandma taught me to bake cardamom buns", minute=1)
    await say(fleet, "ana", "my bike has a flat tyre again", minute=2)

    known = await fleet.remembering.recall("juniper", "ana", "who taught Ana to bake buns?", 800, audience="dm")

    assert known.sources[0] == wanted


async def test_a_fact_is_recalled_with_the_message_that_states_it(fleet: InMemoryFleet) -> None:
    source = await say(fleet, "ana", "I work at Google as an engineer")
    await end(fleet, "dm-ana")

    known = await fleet.remembering.recall("juniper", "ana", "where does Ana work?", 800, audience="dm")

    assert "Ana works at Google" in known.context
    assert source in known.sources


async def test_what_was_corrected_is_not_recalled_as_a_fact(fleet: InMemoryFleet) -> None:
    await say(fleet, "ana", "I live in Bergen", minute=0)
    await say(fleet, "ana", "I moved to Oslo", minute=60)
    await end(fleet, "dm-ana")

    text = await context(fleet, "ana", "where does Ana live?")

    assert "Ana lives in Oslo" in text
    assert "Ana lives in Bergen" not in text


async def test_the_past_can_be_asked_for(fleet: InMemoryFleet) -> None:
    await say(fleet, "ana", "I live in Bergen", minute=0)
    await say(fleet, "ana", "I moved to Oslo", minute=60)
    await end(fleet, "dm-ana")

    text = await context(fleet, "ana", "where does Ana live?", as_of=START + timedelta(minutes=30))

    assert "Bergen" in text
    assert "Oslo" not in text


async def test_a_wish_of_later_is_not_known_before(fleet: InMemoryFleet) -> None:
    await say(fleet, "ana", "hello there, lovely evening", minute=0)
    await say(fleet, "ana", "please call me Annie", minute=60)
    await end(fleet, "dm-ana")

    assert "Annie" in await context(fleet, "ana", "evening")
    assert "Annie" not in await context(fleet, "ana", "evening", as_of=START + timedelta(minutes=30))


@pytest.mark.parametrize("audience", ["channel", "public"])
async def test_a_secret_told_in_a_dm_stays_there(fleet: InMemoryFleet, audience: str) -> None:
    await say(fleet, "ana", "I am secretly in love with the baker, please call me Annie", minute=0)
    await say(fleet, "ana", "my sister Tuva lives in Alta and I want to learn the accordion", minute=1)
    await say(fleet, "ana", "hello everyone here in the harbour", channel="harbour", minute=2)
    await end(fleet, "dm-ana", "harbour")

    profile = await fleet.remembering.profile("juniper", "ana", audience=audience)  # type: ignore[arg-type]
    texts = [await context(fleet, "ana", query, audience) for query in ("baker", "Tuva", "accordion", "Annie", "love")]

    everything = " ".join([*texts, repr(profile)])
    assert not any(secret in everything for secret in ("baker", "Tuva", "Alta", "accordion", "Annie"))


async def test_not_even_a_date_that_was_told_in_private_is_heard_elsewhere(fleet: InMemoryFleet) -> None:
    await say(fleet, "ana", "I have lived in Oslo since 2019", minute=0)
    await say(fleet, "ana", "I live in Oslo", channel="harbour", minute=1)
    await say(fleet, "ana", "I moved to Alta", minute=90)
    await end(fleet, "dm-ana", "harbour")

    in_private = await fleet.remembering.facts("juniper", "ana", audience="dm")
    [in_public] = await fleet.remembering.facts("juniper", "ana", audience="channel")

    assert {fact.object for fact in in_private} == {"Oslo", "Alta"}
    assert (in_public.object, in_public.valid_from, in_public.valid_to) == ("Oslo", START + timedelta(minutes=1), None)
    assert [evidence.channel_id for evidence in in_public.evidence] == ["harbour"]
    assert "2019" not in await context(fleet, "ana", "where does Ana live?", "channel")
    assert "lives in Oslo" in await context(fleet, "ana", "where does Ana live?", "channel")


async def test_progress_that_was_shown_in_private_is_not_told_elsewhere(fleet: InMemoryFleet) -> None:
    rest = Goal(id=uuid4(), bot_name="juniper", user_id=None, slug="rest", description="Ana rests")
    await fleet.bots.put(Bot(name="juniper", goals=(rest,)))
    shown = await say(fleet, "ana", "I took a nap on the sofa today", minute=0)
    origin = Origin(provider="canned", answer_key=uuid4())
    step = GoalProgress(
        goal_id=rest.id,
        user_id="ana",
        message_id=shown,
        status="completed",
        progress=1.0,
        reasoning="she took a nap",
        said_at=START,
        origin=origin,
    )
    await fleet.goals.advance([step])

    [in_private] = await fleet.remembering.goals("juniper", "ana", audience="dm")
    [in_public] = await fleet.remembering.goals("juniper", "ana", audience="public")

    assert in_private.evidence == (step,)
    assert (in_public.evidence, in_public.status) == ((), "open")


async def test_a_secret_is_recalled_where_it_was_told(fleet: InMemoryFleet) -> None:
    await say(fleet, "ana", "I am secretly in love with the baker")

    assert "baker" in await context(fleet, "ana", "who is Ana in love with?")


async def test_nobody_hears_what_was_said_in_another_users_dm(fleet: InMemoryFleet) -> None:
    await say(fleet, "ana", "I am secretly in love with the baker", minute=0)
    await say(fleet, "ben", "hello there, nice to meet you", minute=1)
    await end(fleet, "dm-ana", "dm-ben")

    assert "baker" not in await context(fleet, "ben", "who is in love with the baker?")


async def test_everybody_in_a_channel_hears_what_was_said_there(fleet: InMemoryFleet) -> None:
    await say(fleet, "ana", "I play the trombone in a band", channel="harbour", minute=0)
    await say(fleet, "ben", "lovely!", channel="harbour", minute=1)
    await end(fleet, "harbour")

    assert "trombone" in await context(fleet, "ben", "what does Ana play?", "channel")
    assert await context(fleet, "cleo", "what does Ana play?", "channel") == ""


async def test_bots_do_not_share_memories(fleet: InMemoryFleet) -> None:
    await say(fleet, "ana", "I am secretly in love with the baker")

    known = await fleet.remembering.recall("another bot", "ana", "the baker?", 800, audience="dm")

    assert (known.context, known.sources) == ("", [])


@pytest.mark.parametrize("budget", [0, 10, 40, 120, 400])
async def test_the_block_keeps_its_budget(fleet: InMemoryFleet, budget: int) -> None:
    for minute in range(20):
        await say(fleet, "ana", f"on day {minute} the lighthouse blinked {minute} times at the sea", minute=minute)
    await end(fleet, "dm-ana")

    known = await fleet.remembering.recall("juniper", "ana", "the lighthouse?", budget, audience="dm")

    assert estimate(known.context) <= budget
    assert known.tokens == estimate(known.context)


async def test_nothing_known_is_an_empty_block(fleet: InMemoryFleet) -> None:
    assert await context(fleet, "nobody", "anything?") == ""


async def test_a_profile_tells_what_is_known(fleet: InMemoryFleet) -> None:
    await say(fleet, "ana", "I work at Google as an engineer. Please keep your answers short.")
    await end(fleet, "dm-ana")

    profile = await fleet.remembering.profile("juniper", "ana", audience="dm")

    assert profile.name == "Ana"
    assert {fact.object for fact in profile.facts} == {"Google", "engineer"}
    assert [wish.value for wish in profile.preferences] == ["short"]
    assert profile.relationship is not None
    assert profile.relationship_in_words == "have just met"
