"""arq's cron jobs under a worker of ours."""

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from arq import Retry, cron

from mindfleet.runtime.worker import FleetWorker
from tests.conformance.wires import Bench, func
from tests.conftest import Eventually

pytestmark = pytest.mark.stack


class Bell:
    """Counts how often it rang, and on which try."""

    def __init__(self) -> None:
        self.rang: list[int] = []

    async def ring(self, ctx: dict[Any, Any]) -> None:
        self.rang.append(ctx["job_try"])


def _due_in(span: timedelta) -> dict[str, Any]:
    at = datetime.now(UTC) + span
    return {"hour": at.hour, "minute": at.minute, "second": at.second, "microsecond": at.microsecond}


async def test_a_cron_job_runs_when_it_is_due(bench: Bench, eventually: Eventually) -> None:
    bell, due = Bell(), datetime.now(UTC) + timedelta(seconds=0.5)
    at: dict[str, Any] = {"hour": due.hour, "minute": due.minute, "second": due.second, "microsecond": due.microsecond}
    async with bench.working(cron_jobs=[cron(bell.ring, **at)], timezone=UTC):

        async def rang() -> bool:
            return bool(bell.rang)

        await eventually(rang)
    assert datetime.now(UTC) >= due


async def test_of_many_workers_one_runs_it(bench: Bench, eventually: Eventually) -> None:
    bell, at = Bell(), _due_in(timedelta(seconds=2))

    def started() -> Any:
        return bench.working(cron_jobs=[cron(bell.ring, **at)], timezone=UTC)

    async with started() as one, started() as two, started() as three:

        async def rang() -> bool:
            return bool(bell.rang)

        await eventually(rang)
        await _looked_again(one, two, three)
    assert len(bell.rang) == 1


async def test_a_worker_that_is_late_does_not_run_it_once_more(bench: Bench, eventually: Eventually) -> None:
    bell = Bell()
    async with bench.working(cron_jobs=[cron(bell.ring, run_at_startup=True, month=1)]) as worker:

        async def rang() -> bool:
            return worker.jobs_complete == 1

        await eventually(rang)
        [key] = await bench.pool.keys("arq:in-progress:*")
        late = key.decode().removeprefix("arq:in-progress:")
        assert await bench.pool.enqueue_job("cron:Bell.ring", _job_id=late)

        async def dropped() -> bool:
            return not await bench.pool.exists("arq:queue", f"arq:job:{late}")

        await eventually(dropped)
        assert worker.jobs_complete == 1
    assert 0 < await bench.pool.pttl(key) <= 60_000


async def test_an_id_of_the_authors_own_is_free_for_the_next_time(bench: Bench) -> None:
    bell = Bell()
    job = cron(bell.ring, run_at_startup=True, month=1, job_id="mine")
    await bench.burst(cron_jobs=[job])

    assert not await bench.pool.keys("arq:in-progress:*")


async def test_a_retry_of_a_cron_job_waits_as_long_as_it_says(bench: Bench) -> None:
    tried: list[int] = []

    async def again(ctx: dict[Any, Any]) -> None:
        tried.append(ctx["job_try"])
        if len(tried) == 1:
            raise Retry(defer=0.05)

    started = asyncio.get_running_loop().time()
    await bench.burst(cron_jobs=[cron(again, name="again", run_at_startup=True, month=1, max_tries=2)])

    assert tried == [1, 2]
    assert asyncio.get_running_loop().time() - started < 5


async def test_cron_jobs_and_functions_are_found_by_name(bench: Bench) -> None:
    async def called(_ctx: dict[Any, Any]) -> int:
        return 1

    job = await bench.pool.enqueue_job("cron:Bell.ring")
    assert job

    worker = await bench.burst(func(called, name="called"), cron_jobs=[cron(Bell().ring, month=1)])

    assert worker.jobs_complete == 1


async def _looked_again(*workers: FleetWorker) -> None:
    """Each has had the chance to enqueue and run it once more."""
    for worker in workers:
        engine = worker.engine
        assert engine
        for _ in range(3):
            seen = engine.ticked
            engine.stir()
            while engine.ticked == seen:  # noqa: ASYNC110 - the engine tells nobody
                await asyncio.sleep(0.01)
