"""The hash of an unfinished job says what its last attempt ended with."""

import pytest

from mindfleet.runtime.claims import Again
from mindfleet.runtime.failure import brief
from tests.runtime.desk import Desk

pytestmark = pytest.mark.stack


async def why(desk: Desk) -> str | None:
    told = await desk.redis.hget("mindfleet:job:a", "why")  # type: ignore[misc]
    return told.decode() if told is not None else None


def again(line: str) -> Again:
    return Again(outcome="retried", delay=5000, failed=True, hold=300_000, why=line)


async def test_it_is_kept_while_the_job_waits_and_runs_again_until_the_next_one(desk: Desk) -> None:
    await desk.put("a")
    [first] = await desk.claim()
    assert await why(desk) is None

    await desk.settle(first, again("ModelUnavailable: nobody is there"))
    assert await why(desk) == "ModelUnavailable: nobody is there"
    desk.now += 5000
    [second] = await desk.claim()
    assert await why(desk) == "ModelUnavailable: nobody is there"

    await desk.settle(second, again("TimedOut: too long"))
    assert await why(desk) == "TimedOut: too long"
    desk.now += 5000
    [third] = await desk.claim()
    await desk.settle(third)
    assert await why(desk) is None


@pytest.mark.parametrize("message", ["half \ud800 of one", "two\nlines", "\0", "x" * 100_000])
async def test_whatever_an_error_says_is_kept_as_a_short_line(desk: Desk, message: str) -> None:
    await desk.put("a")
    [claim] = await desk.claim()

    assert await desk.settle(claim, again(brief("KeyError", message)))

    told = await why(desk)
    assert told is not None
    assert told == brief("KeyError", message)
    assert len(told.splitlines()) == 1
    assert len(told) <= 300


async def test_what_only_puts_a_job_off_hides_no_error_of_it(desk: Desk) -> None:
    on_hold = Again(outcome="postponed", delay=5000, failed=False, hold=300_000, why="OnHold: not now")
    dying = Again(outcome="postponed", delay=5000, failed=False, hold=300_000, why="GiveUp: no", dying="GiveUp")
    await desk.put("a")
    seen: list[str | None] = []
    for verdict in (on_hold, again("TimedOut: too long"), on_hold, dying, on_hold):
        [claim] = await desk.claim()
        await desk.settle(claim, verdict)
        seen.append(await why(desk))
        desk.now += 5000

    assert seen == ["OnHold: not now", "TimedOut: too long", "TimedOut: too long", "GiveUp: no", "GiveUp: no"]
