"""Shared work: one piece for each key at a time."""

import asyncio
from uuid import uuid4

import pytest

from mindfleet.llm.flights import Flights, despite_cancellation


class Work:
    """Counts how often it begins, and ends when it is told to."""

    def __init__(self) -> None:
        self.begun = 0
        self.ended = 0
        self.cancelled = 0
        self.started = asyncio.Event()
        self.go_on = asyncio.Event()

    async def __call__(self) -> int:
        self.begun += 1
        self.started.set()
        try:
            await self.go_on.wait()
        except asyncio.CancelledError:
            self.cancelled += 1
            await asyncio.sleep(0)  # it takes a moment to clean up
            raise
        finally:
            self.ended += 1
        return self.begun


async def test_callers_share_the_result() -> None:
    flights, work, key = Flights[int](), Work(), uuid4()
    callers = [asyncio.create_task(flights.join(key, work)) for _ in range(3)]
    await asyncio.wait_for(work.started.wait(), 5)
    work.go_on.set()
    assert await asyncio.gather(*callers) == [1, 1, 1]


async def test_callers_share_the_error() -> None:
    async def fail() -> int:
        raise LookupError("nothing")

    flights, key = Flights[int](), uuid4()
    results = await asyncio.gather(*(flights.join(key, fail) for _ in range(3)), return_exceptions=True)
    assert [type(result) for result in results] == [LookupError] * 3


async def test_the_next_caller_after_the_end_begins_anew() -> None:
    flights, work, key = Flights[int](), Work(), uuid4()
    work.go_on.set()
    assert [await flights.join(key, work) for _ in range(2)] == [1, 2]


async def test_work_goes_on_while_somebody_waits_and_ends_when_nobody_does() -> None:
    flights, work, key = Flights[int](), Work(), uuid4()
    first, second = (asyncio.create_task(flights.join(key, work)) for _ in range(2))
    await asyncio.wait_for(work.started.wait(), 5)
    first.cancel()
    with pytest.raises(asyncio.CancelledError):
        await first
    assert not work.cancelled
    second.cancel()
    with pytest.raises(asyncio.CancelledError):
        await second
    assert (work.cancelled, work.ended) == (1, 1)


async def test_a_caller_that_comes_while_work_is_being_stopped_begins_anew() -> None:
    flights, work, key = Flights[int](), Work(), uuid4()
    leaving = asyncio.create_task(flights.join(key, work))
    await asyncio.wait_for(work.started.wait(), 5)
    leaving.cancel()
    await asyncio.sleep(0)  # the cancellation is under way
    work.go_on.set()
    assert await asyncio.wait_for(flights.join(key, work), 5) == 2


async def test_a_short_piece_of_work_ends_despite_cancellation() -> None:
    work = Work()
    caller = asyncio.create_task(despite_cancellation(work()))
    await asyncio.wait_for(work.started.wait(), 5)
    caller.cancel("enough")
    await asyncio.sleep(0)
    work.go_on.set()
    with pytest.raises(asyncio.CancelledError, match="enough"):
        await caller
    assert (work.cancelled, work.ended) == (0, 1)
