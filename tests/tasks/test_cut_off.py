"""A worker that dies between writing and enqueueing: the next run of the job triggers what its last run could not."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from mindfleet.conversation.sessions import Cutting
from mindfleet.testing.fleet import InMemoryFleet
from tasks.knowledge_extraction import KnowledgeExtraction
from tasks.session_end import SessionEnd
from tasks.session_timeout import SessionTimeout
from tasks.summarization import Summarization

END = SessionEnd(bot_name="juniper", channel_id="dm-ana")

LATER = timedelta(hours=2)


async def learnt(fleet: InMemoryFleet) -> tuple[list[str], int]:
    """Where ana lives, and how many summaries there are."""
    facts = await fleet.facts.about("juniper", ["ana"])
    sessions = await fleet.conversations.sessions("juniper")
    return [fact.object for fact in facts], sum([len(await fleet.summaries.of_session(s.id)) for s in sessions])


async def test_the_message_that_ends_a_session_still_has_it_analysed_and_summarised(
    fleet: InMemoryFleet, talk: Any
) -> None:
    await talk.says("I live in Oslo", "and I like it")
    next_day = talk.message("good morning")
    next_day = next_day.model_copy(update={"sent_at": next_day.sent_at + LATER})

    await fleet.cut_off(next_day, job_id="intake")
    assert await learnt(fleet) == ([], 0)
    await fleet.run(next_day, job_id="intake")

    assert await learnt(fleet) == (["Oslo"], 1)


async def test_the_end_of_a_session_still_has_it_analysed_and_summarised(fleet: InMemoryFleet, talk: Any) -> None:
    await talk.says("I live in Oslo", "and I like it")

    await fleet.cut_off(END, job_id="end")
    await fleet.run(END, job_id="end")

    assert await learnt(fleet) == (["Oslo"], 1)


async def test_the_timer_of_a_session_still_has_it_analysed_and_summarised(fleet: InMemoryFleet, talk: Any) -> None:
    await talk.says("I live in Oslo", "and I like it")
    [timer] = {follow_up.job for follow_up in fleet.later if isinstance(follow_up.job, SessionTimeout)}
    fleet.clock.advance(timedelta(minutes=31))

    await fleet.cut_off(timer, job_id="timer")
    await fleet.run(timer, job_id="timer")

    assert await learnt(fleet) == (["Oslo"], 1)


async def test_an_edit_is_still_analysed(fleet: InMemoryFleet, talk: Any) -> None:
    await talk.says("I live in Bergen")
    await talk.ends()
    edit = talk.message("I live in Oslo", message_id="m1")

    await fleet.cut_off(edit, job_id="edit")
    await fleet.run(edit, job_id="edit")

    assert (await learnt(fleet))[0] == ["Oslo"]


async def test_what_the_seeds_calls_hand_over_still_ends_the_session_before_it(
    new_fleet: Callable[..., InMemoryFleet],
) -> None:
    fleet = new_fleet(cutting=Cutting(idle=timedelta(minutes=30)))
    start = fleet.clock.now()
    said = [{"role": "user", "content": text} for text in ("I live in Oslo", "and I like it")]
    first = {"bot_name": "juniper", "user_id": "ana", "session_id": "s1", "sent_at": start, "messages": said}
    await fleet.run(Summarization.model_validate(first))
    again = KnowledgeExtraction.model_validate(
        {"bot_name": "juniper", "user_id": "ana", "message": "good morning", "sent_at": start + LATER}
    )

    await fleet.cut_off(again, job_id="extraction")
    await fleet.run(again, job_id="extraction")

    assert (await learnt(fleet))[0] == ["Oslo"]


@pytest.mark.parametrize("times", [2, 3])
async def test_an_id_that_ends_every_session_ends_each_of_them_once(
    fleet: InMemoryFleet, talk: Any, times: int
) -> None:
    for _ in range(times):
        await talk.says("I live in Oslo", "and I like it")
        await fleet.run(END, job_id="the same every day")

    assert [name for name, _ in fleet.verdicts].count("run_summarization") == times
