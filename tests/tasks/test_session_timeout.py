"""Sessions end when nothing is said any more."""

from datetime import timedelta
from typing import Any

from mindfleet.runtime.verdict import Again, Finished
from mindfleet.testing.fleet import InMemoryFleet
from tasks.session_timeout import SessionTimeout


async def timer(fleet: InMemoryFleet) -> SessionTimeout:
    [job] = {follow_up.job for follow_up in fleet.later if isinstance(follow_up.job, SessionTimeout)}
    return job


async def test_a_session_ends_half_an_hour_after_its_last_message(fleet: InMemoryFleet, talk: Any) -> None:
    await talk.says("hello there", "is anybody home")
    job = await timer(fleet)

    fleet.clock.advance(timedelta(minutes=31))

    assert isinstance(await fleet.run(job), Finished)
    session = await fleet.conversations.session("juniper", job.session_id)
    assert session is not None
    assert session.ended


async def test_a_session_that_goes_on_is_looked_at_again_when_it_would_be_over(fleet: InMemoryFleet, talk: Any) -> None:
    await talk.says("hello there")
    job = await timer(fleet)
    fleet.clock.advance(timedelta(minutes=20))
    await talk.says("still here")
    fleet.clock.advance(timedelta(minutes=11))

    verdict = await fleet.run(job)

    assert isinstance(verdict, Again)
    assert verdict.after == timedelta(minutes=19)


async def test_a_timer_of_a_session_that_has_ended_does_nothing(fleet: InMemoryFleet, talk: Any) -> None:
    await talk.says("hello there")
    job = await timer(fleet)
    await talk.ends()
    fleet.clock.advance(timedelta(minutes=31))

    assert isinstance(await fleet.run(job), Finished)
