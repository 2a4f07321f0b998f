"""A job that kills its worker is found out; those that ran beside it are done."""

import asyncio
import sys
from collections.abc import AsyncGenerator, Awaitable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import cast

import pytest
from redis.asyncio import Redis

from mindfleet import JobFailed, TaskQueue
from mindfleet.runtime.claims import Claim
from mindfleet.runtime.neighbours import CAREFUL, CLOSED, OPEN, Neighbours, neighbours
from mindfleet.settings import Settings
from tests.runtime.desk import Desk
from tests.runtime.poisoned import TASKS

pytestmark = pytest.mark.stack

ROOT = Path(__file__).resolve().parents[2]
INNOCENT = 10


@asynccontextmanager
async def _kept_alive(redis_url: str, deaths: list[int]) -> AsyncGenerator[None]:
    """A worker process; whenever it dies another takes its place, and how it died is noted."""

    async def keep() -> None:
        while True:
            process = await asyncio.create_subprocess_exec(
                sys.executable, "-m", "tests.runtime.poisoned", redis_url, cwd=ROOT
            )
            try:
                deaths.append(await process.wait())
            finally:
                if process.returncode is None:
                    process.kill()
                    await process.wait()

    keeping = asyncio.create_task(keep())
    try:
        yield
    finally:
        keeping.cancel()
        await asyncio.gather(keeping, return_exceptions=True)


async def test_a_job_that_kills_its_workers_is_parked_and_those_beside_it_are_done(
    redis: Redis, redis_url: str
) -> None:
    """Once more together, and then the one that kills dies without those that ran beside it."""
    deaths: list[int] = []
    async with TaskQueue(redis_url, bot_name="juniper", settings=Settings(), tasks=TASKS) as queue:
        errands = [await queue.enqueue("run_errand", seconds=0.8) for _ in range(INNOCENT)]
        pill = await queue.enqueue("run_pill")
        for job in (pill, *errands):  # two workers have died under all of them
            await cast("Awaitable[int]", redis.hset(f"mindfleet:job:{job}", "deaths", "2"))
        async with _kept_alive(redis_url, deaths):
            with pytest.raises(JobFailed, match="5 workers died under it"):
                await queue.wait(pill, timeout=50)
            ends = [await queue.wait(errand, timeout=30) for errand in errands]

    assert ends == [{"outcome": "done"}] * INNOCENT
    assert deaths == [-9] * 3


async def _cut_off(desk: Desk, times: int, *job_ids: str) -> None:
    """They were claimed so often, and whoever claimed them died."""
    for job_id in job_ids:
        await desk.put(job_id)
    for _ in range(times):
        while len(await desk.claim()) < len(job_ids):
            desk.now += 1000
        await desk.outlast_leases()


async def _until_claimed(desk: Desk, number: int, company: int = OPEN) -> list[Claim]:
    claims: list[Claim] = []
    for _ in range(200):
        claims += await desk.claim(company=company)
        if len(claims) >= number:
            break
        desk.now += 100
    return claims


async def test_jobs_that_were_cut_off_twice_start_again_at_once_and_together(desk: Desk) -> None:
    await _cut_off(desk, 2, "a", "b")

    assert [claim.job_id for claim in await desk.claim()] == ["a", "b"]


async def test_jobs_that_were_cut_off_three_times_come_back_one_by_one(desk: Desk) -> None:
    await _cut_off(desk, 3, "a", "b", "c")

    assert await desk.claim() == []  # they wait a while
    began = desk.now
    [first] = await _until_claimed(desk, 1)
    assert 1000 <= desk.now - began <= 2100
    assert first.deaths == 3
    desk.now += 3000
    assert await desk.claim(company=CLOSED) == []
    await desk.settle(first)
    [second] = await _until_claimed(desk, 1)
    assert second.job_id != first.job_id


async def test_whoever_runs_apart_runs_beside_new_jobs_only(desk: Desk) -> None:
    await _cut_off(desk, 3, "apart")
    await desk.put("new")
    [new] = await desk.claim(company=CLOSED)
    assert new.job_id == "new"
    await desk.outlast_leases()  # so that it was cut off once
    await desk.claim(0)
    desk.now += 2000

    assert [claim.job_id for claim in await desk.claim(company=CLOSED)] == []
    desk.now += 1000
    assert [claim.job_id for claim in await desk.claim(company=CAREFUL)] == ["new"]
    [apart] = await _until_claimed(desk, 1)
    assert (apart.job_id, apart.deaths) == ("apart", 3)


async def test_a_lane_waits_for_its_head_that_stands_aside(desk: Desk) -> None:
    await desk.put("head", lane="l")
    for _ in range(3):
        assert [claim.job_id for claim in await desk.claim()] == ["head"]
        await desk.outlast_leases()
    await desk.put("behind", lane="l")

    assert await desk.claim() == []
    assert [claim.job_id for claim in await _until_claimed(desk, 1)] == ["head"]


async def test_a_gate_is_open_to_the_next_when_one_that_it_let_through_stands_aside(desk: Desk) -> None:
    await desk.put("apart", gates=("g=1",))
    for _ in range(3):
        assert len(await _until_claimed(desk, 1)) == 1
        await desk.outlast_leases()
    await desk.claim(0)
    await desk.put("first", gates=("g=1",))
    [first] = await desk.claim(company=CLOSED)
    desk.now += 2000
    await desk.put("behind", gates=("g=1",))
    assert await desk.claim() == []  # both wait at the gate
    await desk.settle(first)

    assert [claim.job_id for claim in await _until_claimed(desk, 1, CLOSED)] == ["behind"]


def test_a_process_with_one_that_was_cut_off_takes_none_apart_and_one_with_that_takes_new_ones_only() -> None:
    here = Neighbours()
    assert _asked(here) == OPEN
    here.joined("once", 1)
    assert _asked(here) == CAREFUL
    here.joined("often", 3)
    assert _asked(here) == CLOSED
    here.left("often")
    here.left("once")
    assert _asked(here) == OPEN


def _asked(here: Neighbours) -> int:
    with here.asking() as company:
        return company


def test_of_two_claims_at_once_one_may_bring_a_job_that_runs_apart() -> None:
    here = Neighbours()
    with here.asking() as first, here.asking() as second:
        assert (first, second) == (OPEN, CAREFUL)
    with here.asking() as third:
        assert third == OPEN


def test_the_queues_of_a_cell_share_their_neighbours() -> None:
    one, other, same = neighbours("cell"), neighbours("another"), neighbours("cell")
    assert one is same
    assert one is not other
