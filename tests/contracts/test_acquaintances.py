"""What every counter of `Acquaintances` must do."""

from datetime import timedelta

from mindfleet.ports.relationships import Acquaintance
from tests.contracts.stores import NOON, Stores, a_turn

DAY = 24 * 60


async def test_counts_what_the_transcripts_say(stores: Stores, bot: str) -> None:
    await stores.say(a_turn(bot, "hi", name="An"))
    await stores.say(a_turn(bot, "hello", minute=1, role="assistant"))
    await stores.say(a_turn(bot, "back", minute=60, channel="room"))
    await stores.say(a_turn(bot, "late", minute=DAY + 1, name="Ana"))
    await stores.say(a_turn(bot, "somebody else", minute=2, user="ben"))

    assert await stores.acquaintances.of(bot, "ana") == Acquaintance(
        bot_name=bot,
        user_id="ana",
        user_name="Ana",
        user_turns=3,
        bot_turns=1,
        sessions=3,
        days=2,
        first_at=NOON,
        last_at=NOON + timedelta(minutes=DAY + 1),
    )


async def test_strangers_have_no_acquaintance(stores: Stores, bot: str) -> None:
    await stores.say(a_turn(bot, "hi"))

    assert await stores.acquaintances.of(bot, "ben") is None
    assert await stores.acquaintances.of(f"other {bot}", "ana") is None


async def test_evidence_is_no_turn(stores: Stores, bot: str) -> None:
    async with stores.conversations.channel(bot, "dm:ana") as log:
        await log.record(a_turn(bot, "hi"), evidence_only=True)

    assert await stores.acquaintances.of(bot, "ana") is None


async def test_who_never_said_a_name_is_called_by_the_id(stores: Stores, bot: str) -> None:
    await stores.say(a_turn(bot, "hi", user="u1", name="u1"))
    await stores.say(a_turn(bot, "hello", minute=1, user="u1", role="assistant"))

    acquaintance = await stores.acquaintances.of(bot, "u1")
    assert acquaintance is not None
    assert acquaintance.user_name == "u1"
