"""What many callers ask for at the same time becomes few runs of the model."""

import asyncio
from collections.abc import Sequence
from threading import Event

import pytest

from mindfleet.adapters.embeddings.lane import Lane

PATIENCE = 10
"""Seconds; no test comes near."""


class Doubling:
    """Work that notes what it was given, and waits while its gate is closed."""

    def __init__(self) -> None:
        self.runs: list[list[int]] = []
        self.gate = Event()
        self.gate.set()
        self.started = Event()

    def __call__(self, items: Sequence[int]) -> list[int]:
        self.runs.append(list(items))
        self.started.set()
        assert self.gate.wait(PATIENCE)
        if 13 in items:
            raise ValueError("thirteen")
        return [2 * item for item in items]


async def behind_a_closed_gate(
    work: Doubling, lane: Lane[int, int], *asked: list[int]
) -> list[asyncio.Task[list[int]]]:
    """One caller is served, the others wait behind it."""
    work.gate.clear()
    first = asyncio.create_task(lane.do([0]))
    assert await asyncio.to_thread(work.started.wait, PATIENCE)
    others = [asyncio.create_task(lane.do(items)) for items in asked]
    await asyncio.sleep(0)  # let each place its order
    return [first, *others]


async def test_gives_each_caller_what_it_asked_for() -> None:
    lane = Lane(Doubling(), at_once=3, name="test")
    assert list(await asyncio.gather(lane.do([1, 2]), lane.do([]), lane.do([3]))) == [[2, 4], [], [6]]
    lane.close()


async def test_serves_those_who_wait_in_one_run() -> None:
    work = Doubling()
    lane = Lane(work, at_once=4, name="test")
    tasks = await behind_a_closed_gate(work, lane, [1], [2, 3], [4])
    work.gate.set()
    assert await asyncio.gather(*tasks) == [[0], [2], [4, 6], [8]]
    assert work.runs == [[0], [1, 2, 3, 4]]
    lane.close()


async def test_never_takes_more_at_once_than_it_may() -> None:
    work = Doubling()
    lane = Lane(work, at_once=2, name="test")
    tasks = await behind_a_closed_gate(work, lane, [1, 2, 3], [4], [5])
    work.gate.set()
    assert await asyncio.gather(*tasks) == [[0], [2, 4, 6], [8], [10]]
    assert max(map(len, work.runs)) == 2
    lane.close()


async def test_a_failure_reaches_only_the_one_who_caused_it() -> None:
    work = Doubling()
    lane = Lane(work, at_once=4, name="test")
    tasks = await behind_a_closed_gate(work, lane, [13], [1])
    work.gate.set()
    first, unlucky, innocent = await asyncio.gather(*tasks, return_exceptions=True)
    assert (first, innocent) == ([0], [2])
    assert isinstance(unlucky, ValueError)
    lane.close()


async def test_nothing_is_done_for_a_caller_who_left() -> None:
    work = Doubling()
    lane = Lane(work, at_once=4, name="test")
    first, left, stays = await behind_a_closed_gate(work, lane, [1], [2])
    left.cancel()
    with pytest.raises(asyncio.CancelledError):
        await left
    work.gate.set()
    assert list(await asyncio.gather(first, stays)) == [[0], [4]]
    assert work.runs == [[0], [2]]
    lane.close()


def test_serves_several_event_loops() -> None:
    lane = Lane(Doubling(), at_once=4, name="test")
    assert [asyncio.run(lane.do([n])) for n in (1, 2)] == [[2], [4]]
    lane.close()
