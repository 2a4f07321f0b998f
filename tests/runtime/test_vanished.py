"""What is known of a job is gone, because somebody deleted it by hand: those behind it go on."""

import pytest

from tests.runtime.desk import Desk

pytestmark = pytest.mark.stack

PASS_HOLDS = 500
HERE, THERE = "arq:sensory", "arq:action"
GATE = {"gates": ("group:g=1",)}


async def vanish(desk: Desk, job_id: str) -> None:
    assert await desk.redis.delete(f"mindfleet:job:{job_id}") == 1


async def test_a_gate_lets_the_next_one_through(desk: Desk) -> None:
    await desk.open()
    for job_id in ("first", "gone", "next"):
        await desk.put(job_id, **GATE)
    [first] = await desk.claim()

    await vanish(desk, "gone")
    await desk.settle(first)

    assert await desk.started() == ["next"]
    assert await desk.redis.exists("mindfleet:blocked:group:g") == 0


async def test_the_next_of_a_lane_has_its_turn(desk: Desk) -> None:
    await desk.open()
    for job_id in ("first", "gone", "next"):
        await desk.put(job_id, lane="l")
    [first] = await desk.claim()

    await vanish(desk, "gone")
    await desk.settle(first)

    assert await desk.started() == ["next"]


async def test_a_pass_does_not_outlive_it(desk: Desk) -> None:
    await desk.open(HERE, THERE)
    await desk.put("first", **GATE)
    await desk.put("gone", **GATE)
    [first] = await desk.claim()
    await desk.settle(first)
    assert await desk.redis.zrange("mindfleet:passes", 0, -1) == [b"gone"]

    await vanish(desk, "gone")
    desk.now += PASS_HOLDS
    await desk.claim(queue=THERE)

    assert await desk.redis.exists("mindfleet:passes") == 0
