"""What every keeper of `Conversations` must do for who holds a channel."""

import asyncio
from dataclasses import replace
from datetime import timedelta
from uuid import UUID

import pytest

from mindfleet.conversation.sessions import Cutting, Step, Window, end, place
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


async def give(stores: Stores, turn: Turn, *, task: str = TASK, job_id: str = "job", position: int = 0) -> None:
    async with stores.conversations.channel(turn.bot_name, turn.channel_id) as log:
        await log.give(turn.id, task, f"{turn.bot_name} {job_id}", position)


async def given(stores: Stores, turn: Turn, *, job_id: str = "job", position: int = 0) -> UUID | None:
    async with stores.conversations.channel(turn.bot_name, turn.channel_id) as log:
        found = await log.given(TASK, f"{turn.bot_name} {job_id}", position)
    return found.id if found else None


async def test_a_body_that_fails_leaves_nothing_behind(stores: Stores, bot: str) -> None:
    kept = await stores.say(a_turn(bot, "kept"))

    async def fail() -> None:
        async with stores.conversations.channel(bot, kept.channel_id) as log:
            lost = a_turn(bot, "lost", minute=1)
            await log.record(lost)
            await log.amend(replace(kept, content="changed"))
            await log.apply(place(lost, await log.state(lost.sent_at), Cutting(idle=IDLE)))
            raise LookupError("half way")

    with pytest.raises(LookupError, match="half way"):
        await fail()
    assert await find(stores, a_turn(bot, "lost", minute=1)) is None
    assert await stores.conversations.turns(kept.session_id or "") == [kept]


async def test_who_comes_at_the_same_time_waits(stores: Stores, bot: str) -> None:
    said = await asyncio.gather(*(stores.say(a_turn(bot, f"{place}", minute=place / 60)) for place in range(20)))

    assert len({turn.session_id for turn in said}) == 1
    assert sorted(turn.number or 0 for turn in said) == list(range(1, 21))


async def test_channels_do_not_wait_for_each_other(stores: Stores, bot: str) -> None:
    async with asyncio.timeout(10), stores.conversations.channel(bot, "one"):
        await asyncio.create_task(stores.say(a_turn(bot, "hello", channel="another")))


async def test_its_state_are_the_open_sessions_and_those_around_a_time(stores: Stores, bot: str) -> None:
    long_ended = await stores.say(a_turn(bot, "long ago"))
    ended = await stores.say(a_turn(bot, "a while ago", minute=100))
    still_open = await stores.say(a_turn(bot, "now", minute=200))
    await stores.say(a_turn(bot, "elsewhere", minute=120, channel="elsewhere"))

    async with stores.conversations.channel(bot, "dm:ana") as log:
        around = await log.state(NOON + timedelta(minutes=125))
        later = await log.state(NOON + timedelta(days=1))
    assert list(around.sessions) == [ended.session_id, still_open.session_id]
    assert list(later.sessions) == [still_open.session_id]
    assert [window.session_id for window in later.windows.values()] == [still_open.session_id]
    assert around.sessions[ended.session_id or ""].ended
    assert long_ended.session_id not in around.sessions


async def test_a_window_holds_the_turns_that_were_put_into_it(stores: Stores, bot: str) -> None:
    asked = await stores.say(a_turn(bot, "a question"))
    answered = await stores.say(a_turn(bot, "a reply", minute=0.5, role="assistant"))
    async with stores.conversations.channel(bot, "dm:ana") as log:
        (window,) = (await log.state(NOON)).windows.values()

    assert await stores.conversations.window_turns(window.id) == [asked, answered]
    assert window.last_at == answered.sent_at
    assert await stores.conversations.window(window.id) == window


async def test_a_closed_window_stays_closed(stores: Stores, bot: str) -> None:
    await stores.say(a_turn(bot, "a question"))
    async with stores.conversations.channel(bot, "dm:ana") as log:
        (window,) = (await log.state(NOON)).windows.values()
        await log.apply(Step(closed=(replace(window, closed=True),)))
        await log.apply(Step(moved=(replace(window, last_at=NOON + timedelta(seconds=9)),)))
        assert (await log.state(NOON)).windows == {}

    kept = await stores.conversations.window(window.id)
    assert kept is not None
    assert kept.closed
    assert kept.last_at == NOON + timedelta(seconds=9)


async def test_gathers_until_a_window_is_done(stores: Stores, bot: str) -> None:
    before = await stores.conversations.gathering()
    await stores.say(a_turn(bot, "a question"))
    async with stores.conversations.channel(bot, "dm:ana") as log:
        (window,) = (await log.state(NOON)).windows.values()
    assert await stores.conversations.gathering() == before + 1

    await stores.analyses.window_done(window.id)
    assert await stores.conversations.gathering() == before


async def test_a_window_that_is_opened_again_gathers_again(stores: Stores, bot: str) -> None:
    turn = await stores.say(a_turn(bot, "a question"))
    window = Window(
        id=f"edit {bot}",
        bot_name=bot,
        user_id="ana",
        session_id=turn.session_id or "",
        opened_at=NOON,
        last_at=NOON,
        closed=True,
    )
    before = await stores.conversations.gathering()
    async with stores.conversations.channel(bot, "dm:ana") as log:
        await log.apply(Step(turn=turn, window_id=window.id, opened=(window,), closed=(window,)))
    await stores.analyses.window_done(window.id)
    assert await stores.conversations.gathering() == before

    async with stores.conversations.channel(bot, "dm:ana") as log:
        await log.apply(Step(turn=turn, window_id=window.id, opened=(window,), closed=(window,)))
    assert await stores.conversations.gathering() == before + 1
    assert await stores.conversations.window_turns(window.id) == [turn]


async def test_matches_a_text_with_the_first_turn_that_says_it(stores: Stores, bot: str) -> None:
    first = await stores.say(a_turn(bot, "yes"))
    second = await stores.say(a_turn(bot, "yes", minute=1))

    assert await unmatched(stores, first) == first.id
    await give(stores, first)
    assert await unmatched(stores, first) == second.id
    await give(stores, second, position=1)
    assert await unmatched(stores, first) is None
    assert await unmatched(stores, first, task="another_task") == first.id


async def test_matches_only_the_same_user_role_and_channel(stores: Stores, bot: str) -> None:
    said = await stores.say(a_turn(bot, "yes"))

    assert await unmatched(stores, replace(said, user_id="ben")) is None
    assert await unmatched(stores, replace(said, role="assistant")) is None
    assert await unmatched(stores, replace(said, content="Yes")) is None
    assert await unmatched(stores, replace(said, channel_id="elsewhere")) == said.id


async def test_matches_nothing_in_an_ended_session(stores: Stores, bot: str) -> None:
    said = await stores.say(a_turn(bot, "yes"))
    await stores.end(said)

    assert await unmatched(stores, said) is None


async def test_a_job_that_runs_again_is_given_the_same_turns(stores: Stores, bot: str) -> None:
    first = await stores.say(a_turn(bot, "one"))
    second = await stores.say(a_turn(bot, "two", minute=1))
    await give(stores, first, position=0)
    await give(stores, second, position=1)
    await give(stores, second, position=0)

    assert [await given(stores, first, position=place) for place in range(3)] == [first.id, second.id, None]
    assert await given(stores, first, job_id="another job") is None


async def test_evidence_has_no_place_among_the_turns(stores: Stores, bot: str) -> None:
    turn = await stores.say(a_turn(bot, "hello"))
    evidence = a_turn(bot, "I want to run a marathon", minute=1)
    await record(stores, evidence, evidence_only=True)
    async with stores.conversations.channel(bot, "dm:ana") as log:
        numbered = replace(evidence, session_id=turn.session_id, number=2)
        await log.apply(Step(turn=numbered))
    later = await stores.say(a_turn(bot, "later", minute=2))

    assert await stores.conversations.turns(turn.session_id or "") == [turn, later]
    assert await stores.conversations.before(later, limit=5) == [turn]
    (kept,) = await stores.conversations.by_id([evidence.id])
    assert kept.number is None


async def test_an_edit_replaces_the_text_and_keeps_the_place(stores: Stores, bot: str) -> None:
    said = await stores.say(a_turn(bot, "I live in Bergen"))
    async with stores.conversations.channel(bot, "dm:ana") as log:
        await log.amend(replace(said, content="I live in Oslo"))

    assert await stores.conversations.turns(said.session_id or "") == [replace(said, content="I live in Oslo")]


async def test_a_turn_waits_until_it_is_placed(stores: Stores, bot: str) -> None:
    previous, later, latest = (a_turn(bot, text, minute=place) for place, text in enumerate("abc"))
    async with stores.conversations.channel(bot, "dm:ana") as log:
        for turn in (latest, later):
            await log.record(turn)
            await log.wait_for(turn.id, previous.id)
        assert list(await log.waiting_for(previous.id)) == [later, latest]
        assert list(await log.waiting_for(later.id)) == []

    await stores.say(later)
    async with stores.conversations.channel(bot, "dm:ana") as log:
        assert list(await log.waiting_for(previous.id)) == [latest]


async def test_the_steps_of_a_job_are_kept_for_its_next_run(stores: Stores, bot: str) -> None:
    said = await stores.say(a_turn(bot, "hello"))
    job = f"{bot} end"
    async with stores.conversations.channel(bot, said.channel_id) as log:
        channel = await log.state(said.sent_at)
        step = end(channel.sessions[said.session_id or ""], channel)
        await log.note(job, [replace(step, turn=said)])

    async with stores.conversations.channel(bot, said.channel_id) as log:
        assert list(await log.noted(job)) == [step]
        assert list(await log.noted(f"{bot} another")) == []


async def test_a_job_that_starts_anew_under_its_id_notes_anew(stores: Stores, bot: str) -> None:
    turn = a_turn(bot, "hello")
    async with stores.conversations.channel(bot, turn.channel_id) as log:
        await log.note(f"{bot} job", [Step(edited=True), Step()])
        await log.note(f"{bot} job", [Step()])

        assert list(await log.noted(f"{bot} job")) == [Step()]
