"""What every keeper of `Conversations` must tell of what was said."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone
from uuid import UUID

from mindfleet import ids
from mindfleet.conversation.turn import Turn
from mindfleet.ports.conversations import Recorded
from tests.contracts.stores import IDLE, NOON, Stores, a_turn

TASK = "run_summarization"


async def find(stores: Stores, turn: Turn) -> Recorded | None:
    async with stores.conversations.channel(turn.bot_name, turn.channel_id) as log:
        return await log.find(turn.id)


async def record(stores: Stores, turn: Turn, *, evidence_only: bool = False) -> None:
    async with stores.conversations.channel(turn.bot_name, turn.channel_id) as log:
        await log.record(turn, evidence_only=evidence_only)


async def unmatched(stores: Stores, turn: Turn, *, task: str = TASK) -> UUID | None:
    async with stores.conversations.channel(turn.bot_name, turn.channel_id) as log:
        found = await log.unmatched(user_id=turn.user_id, role=turn.role, content=turn.content, task=task)
    return found.id if found else None


async def test_gives_back_what_was_said(stores: Stores, bot: str) -> None:
    turn = replace(a_turn(bot, "hello ✨", timezone="Europe/Oslo"), reply_to="m0")
    await record(stores, turn)

    recorded = await find(stores, turn)
    assert recorded is not None
    assert recorded.turn == turn
    assert not recorded.placed
    assert recorded.recorded_at.tzinfo == UTC
    assert await stores.conversations.by_id([turn.id]) == [turn]


async def test_knows_nothing_of_what_was_never_said(stores: Stores, bot: str) -> None:
    turn = a_turn(bot, "hello")

    assert await find(stores, turn) is None
    assert await stores.conversations.by_id([turn.id]) == []
    assert await stores.conversations.before(turn, limit=5) == []
    assert await stores.conversations.session(bot, "none") is None
    assert await stores.conversations.window("none") is None
    assert await stores.conversations.last_touched("none") is None
    assert await stores.conversations.timezone(bot, "ana") is None
    assert await stores.conversations.participants("none") == {}
    assert await stores.conversations.members(bot, ["dm:ana"]) == {}
    assert await stores.conversations.channels_of(bot, "ana") == []


async def test_recording_twice_keeps_the_first(stores: Stores, bot: str) -> None:
    turn = await stores.say(a_turn(bot, "hello"))
    await record(stores, replace(turn, content="something else"))

    recorded = await find(stores, turn)
    assert recorded is not None
    assert recorded.turn == turn


async def test_times_come_back_in_utc(stores: Stores, bot: str) -> None:
    oslo = timezone(timedelta(hours=1))
    turn = replace(a_turn(bot, "hello"), sent_at=NOON.astimezone(oslo))
    await record(stores, turn)

    (found,) = await stores.conversations.by_id([turn.id])
    assert found.sent_at == NOON


async def test_takes_a_text_with_characters_that_no_database_holds(stores: Stores, bot: str) -> None:
    turn = replace(a_turn(bot, "odd"), content="before\x00\ud800after")
    await record(stores, turn)

    (found,) = await stores.conversations.by_id([turn.id])
    assert found.content.startswith("before")
    assert found.content.endswith("after")


async def test_placed_turns_stand_in_their_session_in_order_of_time(stores: Stores, bot: str) -> None:
    second = await stores.say(a_turn(bot, "second", minute=1))
    first = await stores.say(a_turn(bot, "first", minute=0))
    third = await stores.say(a_turn(bot, "third", minute=2))
    assert first.session_id is not None

    assert await stores.conversations.turns(first.session_id) == [first, second, third]
    assert await stores.conversations.turns(first.session_id, first=2) == [first, third]
    assert await stores.conversations.turns(first.session_id, first=1, last=1) == [second]
    session = await stores.conversations.session(bot, first.session_id)
    assert session is not None
    assert (session.turns, session.started_at, session.last_at) == (3, first.sent_at, third.sent_at)


async def test_what_is_said_at_the_same_time_stays_in_the_order_in_which_it_came(stores: Stores, bot: str) -> None:
    said = [await stores.say(a_turn(bot, f"{place}.")) for place in range(5)]

    assert await stores.conversations.turns(said[0].session_id or "") == said
    assert await stores.conversations.by_id([turn.id for turn in reversed(said)]) == said


async def test_finds_a_session_by_the_bots_own_name_for_it(stores: Stores, bot: str) -> None:
    await stores.say(a_turn(bot, "before the pause"), external_id="s1")
    after = await stores.say(a_turn(bot, "after the pause", minute=90), external_id="s1")

    by_its_name = await stores.conversations.session(bot, "s1")
    assert by_its_name is not None
    assert by_its_name.id == after.session_id
    assert by_its_name == await stores.conversations.session(bot, after.session_id or "")
    assert await stores.conversations.session("another bot", "s1") is None


async def test_lists_the_sessions_of_a_bot_by_their_start(stores: Stores, bot: str) -> None:
    late = await stores.say(a_turn(bot, "after the pause", minute=90))
    other = await stores.say(a_turn(bot, "elsewhere", channel="room", minute=40))
    early = await stores.say(a_turn(bot, "before the pause"))

    assert [session.id for session in await stores.conversations.sessions(bot)] == [
        turn.session_id for turn in (early, other, late)
    ]
    assert await stores.conversations.sessions("another bot") == []


async def test_knows_when_a_session_was_last_touched(stores: Stores, bot: str) -> None:
    turn = await stores.say(a_turn(bot, "hello"))
    first = await stores.conversations.last_touched(turn.session_id or "")
    await stores.say(a_turn(bot, "again", minute=1))
    second = await stores.conversations.last_touched(turn.session_id or "")

    assert first is not None
    assert second is not None
    assert second > first


async def test_remembers_what_was_said_just_before(stores: Stores, bot: str) -> None:
    await stores.say(a_turn(bot, "another session", minute=-60))
    said = [await stores.say(a_turn(bot, f"{place}", minute=place)) for place in range(5)]

    assert await stores.conversations.before(said[4], limit=2) == said[2:4]
    assert await stores.conversations.before(said[1], limit=9) == said[:1]
    assert await stores.conversations.before(said[0], limit=9) == []


async def test_knows_who_took_part_by_their_newest_name_there(stores: Stores, bot: str) -> None:
    room = await stores.say(a_turn(bot, "hi", channel="room", user="u1", name="Annie"))
    await stores.say(a_turn(bot, "hi all", channel="room", user="u1", name="Ana", minute=1))
    await stores.say(a_turn(bot, "hello", channel="room", user="u1", name="An", minute=-1))
    await stores.say(a_turn(bot, "welcome", channel="room", user="u2", role="assistant", minute=2))
    await stores.say(a_turn(bot, "quiet", channel="room", user="u3", name="u3", minute=3))
    await stores.say(a_turn(bot, "a secret", channel="dm", user="u2", name="Secret name", minute=3))

    assert await stores.conversations.participants(room.session_id or "") == {"u1": "Ana", "u2": "u2", "u3": "u3"}
    assert await stores.conversations.members(bot, ["room"]) == {"u1": "Ana", "u2": "u2", "u3": "u3"}
    assert await stores.conversations.members(bot, ["room", "dm", "none"]) == {
        "u1": "Ana",
        "u2": "Secret name",
        "u3": "u3",
    }
    assert await stores.conversations.channels_of(bot, "u2") == ["dm", "room"]
    assert await stores.conversations.channels_of(bot, "u1") == ["room"]


async def test_bots_share_nothing(stores: Stores, bot: str) -> None:
    await stores.say(a_turn(bot, "hello"))

    other = f"other {bot}"
    assert await stores.conversations.channels_of(other, "ana") == []
    assert await stores.conversations.members(other, ["dm:ana"]) == {}
    assert await unmatched(stores, a_turn(other, "hello")) is None


async def test_the_newest_time_zone_that_was_named_holds(stores: Stores, bot: str) -> None:
    await stores.say(a_turn(bot, "c", minute=3))
    await stores.say(a_turn(bot, "b", minute=2, timezone="Asia/Tokyo"))
    await stores.say(a_turn(bot, "a", minute=1, timezone="Europe/Oslo"))

    assert await stores.conversations.timezone(bot, "ana") == "Asia/Tokyo"
    assert await stores.conversations.timezone(bot, "ben") is None


async def test_tells_what_sessions_have_left_to_do(stores: Stores, bot: str) -> None:
    before = datetime.now(UTC) - timedelta(seconds=1)
    open_one = await stores.say(a_turn(bot, "hello"))
    ended = await stores.say(a_turn(bot, "bye", channel="dm:bo", user="bo"))
    done = await stores.say(a_turn(bot, "so long", channel="dm:cy", user="cy"))
    await stores.end(ended)
    await stores.end(done)
    await stores.analyses.window_done(ids.name("window", done.id).hex)
    now = datetime.now(UTC) + timedelta(seconds=1)

    left = await stores.conversations.unfinished(since=before, until=now)
    windows = [(window.session_id, channel_id) for window, channel_id in left.windows if window.bot_name == bot]
    assert windows == [(ended.session_id, "dm:bo")]
    assert {its.id for its in left.ended if its.bot_name == bot} == {ended.session_id, done.session_id}
    assert [its.id for its in left.idle if its.bot_name == bot] == []

    later = await stores.conversations.unfinished(since=before, until=now + IDLE)
    assert [its.id for its in later.idle if its.bot_name == bot] == [open_one.session_id]

    earlier = await stores.conversations.unfinished(since=before - IDLE, until=before)
    assert not {window.bot_name for window, _ in earlier.windows} & {bot}
    assert not {its.bot_name for its in (*earlier.idle, *earlier.ended)} & {bot}
