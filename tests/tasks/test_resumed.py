"""What conversations left to do is found and finished, once, and only when nobody else is going to."""

from datetime import timedelta

import pytest

from mindfleet.conversation.sessions import Cutting
from mindfleet.job import FollowUp
from mindfleet.ports.ledger import Ended
from mindfleet.runtime.stages import Stages
from mindfleet.testing.fleet import InMemoryFleet
from mindfleet.testing.in_memory_ledger import InMemoryLedger
from tasks.session_end import SessionEnd
from tasks.triggers import resumed
from tests.contracts.test_ledger import queued
from tests.tasks.conftest import NewFleet, Talk


class Left:
    """A fleet whose process died with what followed in its hands, and what finds that."""

    def __init__(self, fleet: InMemoryFleet) -> None:
        self.fleet = fleet
        self.ledger = InMemoryLedger()
        self.enqueued: dict[str, FollowUp] = {}

    def id_of(self, follow_up: FollowUp) -> str:
        return f"{self.fleet.tasks.of(follow_up.job).name}:{follow_up.job.key()}"

    async def enqueue(self, follow_up: FollowUp) -> bool:
        is_new = self.id_of(follow_up) not in self.enqueued
        self.enqueued[self.id_of(follow_up)] = follow_up
        return is_new

    async def resume(self) -> int:
        return await Stages(
            conversations=self.fleet.conversations,
            summaries=self.fleet.summaries,
            ledger=self.ledger,
            clock=self.fleet.clock,
            cutting=Cutting(),
            follow=resumed,
            id_of=self.id_of,
            enqueue=self.enqueue,
        ).resume()

    async def tasks(self) -> list[str]:
        """The tasks of what was resumed, which then run."""
        await self.resume()
        names = sorted(job_id.split(":")[0] for job_id in self.enqueued)
        for follow_up in self.enqueued.values():
            await self.fleet.run(follow_up.job)
        self.enqueued.clear()
        return names

    async def note(self, job_id: str, outcome: str | None) -> None:
        """Have the ledger say how the job stands."""
        await self.ledger.write([queued(job_id, at=1)])
        if outcome:
            await self.ledger.write([Ended(2, job_id, outcome)])


@pytest.fixture
async def left(new_fleet: NewFleet) -> Left:
    """Ana told something and went; the end of her session was noted, and its follow-ups were lost."""
    fleet = new_fleet()
    talk = Talk(fleet)
    await talk.says("my sister Mia lives in Oslo", "she works as a nurse there")
    await fleet.cut_off(SessionEnd(bot_name="juniper", channel_id=talk.channel_id), job_id="the end")
    fleet.later.clear()
    fleet.clock.advance(timedelta(minutes=5))
    return Left(fleet)


async def test_an_ended_session_is_analysed_and_summarised_after_all(left: Left) -> None:
    assert await left.tasks() == ["run_summarization", "run_window_analysis"]

    (session,) = await left.fleet.conversations.sessions("juniper")
    assert await left.fleet.summaries.of_session(session.id)
    assert await left.fleet.facts.about("juniper", ["ana"])
    assert await left.resume() == 0


async def test_nothing_is_resumed_that_the_ledger_or_redis_has(left: Left) -> None:
    assert await left.resume() == 2
    window, summary = sorted(left.enqueued, reverse=True)
    assert await left.resume() == 0  # Redis has them

    left.enqueued.clear()
    await left.note(window, None)
    await left.note(summary, None)
    assert await left.resume() == 0


@pytest.mark.parametrize("outcome", ["parked", "cancelled", "failed", "expired"])
async def test_what_had_its_chance_is_not_resumed(left: Left, outcome: str) -> None:
    await left.resume()
    for job_id in tuple(left.enqueued):
        await left.note(job_id, outcome)
    left.enqueued.clear()

    assert await left.resume() == 0


async def test_a_summary_that_was_not_worth_writing_is_not_resumed_and_a_window_that_was_opened_again_is(
    left: Left,
) -> None:
    await left.resume()
    for job_id in tuple(left.enqueued):
        await left.note(job_id, "done")
    left.enqueued.clear()

    assert await left.tasks() == ["run_window_analysis"]


async def test_a_session_whose_timer_was_lost_ends(new_fleet: NewFleet) -> None:
    fleet = new_fleet()
    left = Left(fleet)
    await Talk(fleet).says("I moved to Oslo", "and I like it")
    fleet.later.clear()
    fleet.clock.advance(timedelta(minutes=20))
    assert await left.resume() == 0

    fleet.clock.advance(timedelta(minutes=20))
    assert await left.tasks() == ["run_session_timeout"]
    (session,) = await fleet.conversations.sessions("juniper")
    assert session.ended
    assert await left.resume() == 0


async def test_what_was_said_just_now_or_long_ago_is_left_alone(left: Left) -> None:
    left.fleet.clock.advance(-timedelta(minutes=4, seconds=30))
    assert await left.resume() == 0

    left.fleet.clock.advance(timedelta(days=3))
    assert await left.resume() == 0
