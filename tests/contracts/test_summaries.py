"""What every keeper of `Summaries` must do."""

from dataclasses import replace
from datetime import timedelta
from uuid import uuid4

from mindfleet import ids
from mindfleet.conversation.sessions import Span
from mindfleet.ports.journal import Origin, Summary
from tests.contracts.stores import NOON, Stores


def summary(bot: str, origin: Origin, *, first: int = 1, day: int = 0, channel: str = "dm:ana") -> Summary:
    session = f"{bot} {channel}"
    return Summary(
        id=ids.name("summary", session, first),
        bot_name=bot,
        channel_id=channel,
        session_id=session,
        first_turn=first,
        last_turn=first + 19,
        user_ids=("ana", "ben"),
        visibility="dm",
        content="They spoke of the sea ✨",
        meaningfulness=4,
        emotions=("joy",),
        topics=("sea", "boats"),
        kept=True,
        message_ids=(uuid4(), uuid4()),
        started_at=NOON + timedelta(days=day),
        ended_at=NOON + timedelta(days=day, minutes=20),
        origin=origin,
    )


async def heard(stores: Stores, bot: str, *channels: str, **narrower: object) -> list[Summary]:
    fields = {"visibilities": ["dm", "channel", "public"], **narrower}
    return await stores.summaries.in_channels(bot, channels, **fields)  # type: ignore[arg-type]


async def test_gives_back_the_summary_of_a_span(stores: Stores, bot: str) -> None:
    kept = summary(bot, await stores.origin(bot))
    await stores.summaries.put(kept)

    assert await stores.summaries.of_span(kept.session_id, 1, 20) == kept
    assert await stores.summaries.of_span(kept.session_id, 1, 21) is None
    assert await stores.summaries.of_span("none", 1, 20) is None


async def test_the_first_summary_of_a_span_is_kept(stores: Stores, bot: str) -> None:
    first = summary(bot, await stores.origin(bot))
    await stores.summaries.put(first)
    await stores.summaries.put(replace(first, content="another"))
    await stores.summaries.put(replace(first, id=uuid4(), content="yet another"))

    assert await stores.summaries.of_session(first.session_id) == [first]


async def test_a_session_has_its_summaries_in_order_of_their_spans(stores: Stores, bot: str) -> None:
    origin = await stores.origin(bot)
    spans = [summary(bot, origin, first=first) for first in (1, 21, 101)]
    for span in reversed(spans):
        await stores.summaries.put(span)

    assert await stores.summaries.of_session(spans[0].session_id) == spans
    assert await stores.summaries.of_session("none") == []


async def test_tells_what_of_several_sessions_is_summarised(stores: Stores, bot: str) -> None:
    origin = await stores.origin(bot)
    one, other, third = (summary(bot, origin, channel=channel) for channel in ("dm:ana", "dm:bo", "dm:cy"))
    for each in (other, replace(one, first_turn=21, last_turn=40, id=uuid4()), one, third):
        await stores.summaries.put(each)

    assert await stores.summaries.spans([one.session_id, other.session_id, "none"]) == [
        Span(session_id=one.session_id, first=1, last=20),
        Span(session_id=one.session_id, first=21, last=40),
        Span(session_id=other.session_id, first=1, last=20),
    ]
    assert await stores.summaries.spans([]) == []


async def test_channels_give_their_summaries_the_newest_first(stores: Stores, bot: str) -> None:
    origin = await stores.origin(bot)
    older = summary(bot, origin, day=1)
    newer = summary(bot, origin, day=2, channel="room")
    elsewhere = summary(bot, origin, day=3, channel="elsewhere")
    for one in (newer, elsewhere, older):
        await stores.summaries.put(one)

    assert await heard(stores, bot, "room", "dm:ana") == [newer, older]
    assert await heard(stores, bot, "room", "dm:ana", limit=1) == [newer]
    assert await heard(stores, bot, "dm:ana") == [older]
    assert await heard(stores, bot) == []
    assert await heard(stores, f"other {bot}", "dm:ana") == []
    assert await heard(stores, bot, "room", "dm:ana", until=newer.ended_at) == [newer, older]
    assert await heard(stores, bot, "room", "dm:ana", until=newer.started_at) == [older]


async def test_only_what_may_be_heard_and_is_worth_it_is_given(stores: Stores, bot: str) -> None:
    origin = await stores.origin(bot)
    private = summary(bot, origin, first=1)
    public = replace(summary(bot, origin, first=21, day=1), visibility="public")
    small_talk = replace(summary(bot, origin, first=41, day=2), kept=False, meaningfulness=1)
    for one in (private, public, small_talk):
        await stores.summaries.put(one)

    assert await heard(stores, bot, "dm:ana", visibilities=["channel", "public"]) == [public]
    assert await heard(stores, bot, "dm:ana") == [public, private]
    assert await heard(stores, bot, "dm:ana", kept_only=False) == [small_talk, public, private]
