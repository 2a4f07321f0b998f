"""Ending a session by hand."""

from datetime import timedelta
from typing import Any

from mindfleet.intake import PATIENCE, message_uuid
from mindfleet.runtime.verdict import Again, Finished
from mindfleet.testing.fleet import InMemoryFleet
from tasks.session_end import SessionEnd


async def test_the_end_waits_for_what_was_sent_before_it(fleet: InMemoryFleet) -> None:
    before = message_uuid("juniper", "dm-ana", "m1")

    verdict = await fleet.run(SessionEnd(bot_name="juniper", channel_id="dm-ana", after=before))

    assert isinstance(verdict, Again)


async def test_the_end_does_not_wait_for_ever(fleet: InMemoryFleet, talk: Any) -> None:
    await talk.says("I moved to Oslo", "and I like it")
    lost = message_uuid("juniper", "dm-ana", "lost")
    a_while_ago = fleet.clock.now() - (PATIENCE + timedelta(seconds=1))

    job = SessionEnd(bot_name="juniper", channel_id="dm-ana", after=lost, asked_at=a_while_ago)

    assert isinstance(await fleet.run(job), Finished)


async def test_ending_twice_is_ending_once(fleet: InMemoryFleet, talk: Any) -> None:
    await talk.says("I moved to Oslo", "and I like it")
    await talk.ends()
    count = len(fleet.verdicts)

    await talk.ends()

    assert len(fleet.verdicts) == count + 1
