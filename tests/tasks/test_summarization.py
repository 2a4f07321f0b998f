"""A piece of a session as one long-term memory."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from mindfleet.analysis.findings import Reading
from mindfleet.conversation.sessions import Cutting
from mindfleet.runtime.verdict import Dead
from mindfleet.testing.fleet import InMemoryFleet
from mindfleet.testing.llm import CannedLLM
from tasks.reflection import ReflectionAnswer
from tasks.summarization import Summarization, SummaryAnswer
from tests.tasks.conftest import Talk

GOOD = SummaryAnswer(summary="Ana moved to Oslo.", meaningfulness=4, emotions=["joy"], topics=["moving"])
DULL = SummaryAnswer(summary="Small talk.", meaningfulness=2)


def fleet_with(new_fleet: Any, *answers: Any, **options: Any) -> InMemoryFleet:
    made: InMemoryFleet = new_fleet(llm=CannedLLM(*answers, ReflectionAnswer(), Reading()), **options)
    return made


async def summaries(fleet: InMemoryFleet, *, kept_only: bool = False) -> list[Any]:
    return await fleet.summaries.in_channels(
        "juniper", ["dm-ana", "dm:ana"], visibilities=("dm", "channel", "public"), kept_only=kept_only
    )


async def test_a_session_is_summarised_when_it_ends(new_fleet: Any) -> None:
    talk = Talk(fleet := fleet_with(new_fleet, GOOD))

    await talk.says("I moved to Oslo", "it is wonderful")
    await talk.ends()

    [summary] = await summaries(fleet)
    assert (summary.content, summary.kept, summary.first_turn, summary.last_turn) == ("Ana moved to Oslo.", True, 1, 2)
    assert summary.user_ids == ("ana",)


async def test_a_summary_that_means_little_is_not_remembered(new_fleet: Any) -> None:
    talk = Talk(fleet := fleet_with(new_fleet, DULL))

    await talk.says("hi", "bye")
    await talk.ends()

    assert await summaries(fleet, kept_only=True) == []
    assert len(await summaries(fleet)) == 1


async def test_a_long_session_is_summarised_while_it_goes_on(new_fleet: Any) -> None:
    talk = Talk(fleet := fleet_with(new_fleet, GOOD, cutting=Cutting(span=3)))

    await talk.says("one", "two", "three", "four")

    assert [(s.first_turn, s.last_turn) for s in await summaries(fleet)] == [(1, 3)]


async def test_messages_of_the_payload_are_recorded_and_summarised(new_fleet: Any) -> None:
    fleet = fleet_with(new_fleet, GOOD)
    job = Summarization.model_validate(
        {
            "user_id": "ana",
            "bot_name": "juniper",
            "session_id": "their-session",
            "messages": [{"role": "human", "content": "I moved"}, {"role": "ai", "content": "Where to?"}],
        }
    )

    await fleet.run(job, job_id="one")
    await fleet.run(job, job_id="one")

    assert [row.turn.content for row in fleet.conversations.rows("juniper")] == ["I moved", "Where to?"]
    assert len(await summaries(fleet)) == 1
    session = await fleet.conversations.session("juniper", "their-session")
    assert session is not None


async def test_what_a_producer_leaves_out_of_messages_is_filled_in_order() -> None:
    job = Summarization.model_validate(
        {
            "user_id": "ana",
            "bot_name": "juniper",
            "session_id": "s",
            "sent_at": datetime(2026, 3, 2, tzinfo=UTC),
            "messages": [{"role": "user", "content": "one"}, {"role": "user", "content": "two"}],
        }
    )

    assert job.messages
    first, second = (said.sent_at for said in job.messages)
    assert first
    assert second
    assert timedelta() < second - first < timedelta(seconds=1)


async def test_a_session_that_nobody_knows_is_a_dead_job(new_fleet: Any) -> None:
    fleet = fleet_with(new_fleet, GOOD)

    verdict = await fleet.run(Summarization(bot_name="juniper", user_id="ana", session_id="nowhere"))

    assert isinstance(verdict, Dead)
    assert "hand its messages over" in str(verdict.because)


async def test_a_transcript_that_is_too_long_is_summarised_in_parts(
    new_fleet: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tasks.summarization.TOKENS_AT_ONCE", 120)
    talk = Talk(fleet := fleet_with(new_fleet, GOOD))

    await talk.says(*(f"this is sentence number {n} of a rather long story about a lighthouse" for n in range(12)))
    await talk.ends()

    assert isinstance(fleet.llm, CannedLLM)
    asked = [ask.values["messages"] for ask in fleet.llm.asks if ask.schema is SummaryAnswer]
    assert len(asked) > 2
    assert asked[-1].startswith("Part 1: ")
    assert fleet.progress.heard[-1][:2] == (len(asked) - 1, len(asked) - 1)
    [summary] = await summaries(fleet)
    assert summary.last_turn == 12


async def test_a_summary_of_private_words_is_private(new_fleet: Any) -> None:
    talk = Talk(fleet := fleet_with(new_fleet, GOOD))

    await talk.says("in the open", visibility="public")
    await talk.says("in private", visibility="dm")
    await talk.ends()

    assert [summary.visibility for summary in await summaries(fleet)] == ["dm"]


async def test_offline_a_session_with_something_in_it_is_kept(fleet: InMemoryFleet, talk: Any) -> None:
    await talk.says(
        "I got the job at the museum, I am so happy!",
        "I start on Monday and I am a little nervous",
        "my sister Anna and I celebrated with cake at the harbour",
    )
    await talk.ends()

    [summary] = await summaries(fleet, kept_only=True)
    assert summary.origin.provider == "offline-rules"
    assert "museum" in summary.content
