"""A stock worker that serves the same queue for a while, as when a fleet is replaced worker by worker."""

import asyncio
from collections import Counter
from typing import Any

import pytest
from arq.worker import Worker

from tests.conformance.wires import Bench, func
from tests.conftest import Eventually

pytestmark = pytest.mark.stack


class Shop:
    """Where jobs are done, by whichever worker: `first` keeps its worker busy until `opened`."""

    def __init__(self) -> None:
        self.done: Counter[tuple[str, str]] = Counter()
        self.opened = asyncio.Event()
        self.finished = asyncio.Event()

    def function(self, who: str) -> Any:
        async def work(ctx: dict[Any, Any]) -> str:
            self.done[who, ctx["job_id"]] += 1
            if ctx["job_id"] == "first":
                await self.opened.wait()
            if ctx["job_id"] == "long" and who == "arq's":
                await self.finished.wait()
            return who

        return func(work, name="work")


async def filed_behind_first(bench: Bench, eventually: Eventually, *job_ids: str) -> None:
    """Stock producer's jobs that ours has seen and not started."""
    await bench.pool.enqueue_job("work", _job_id="first")
    await eventually(lambda: _is_running(bench, "first"))
    for job_id in job_ids:
        await bench.pool.enqueue_job("work", _job_id=job_id)
    await eventually(lambda: _are_filed(bench, job_ids))


async def _is_running(bench: Bench, job_id: str) -> bool:
    return bool(await bench.pool.exists("arq:in-progress:" + job_id))


async def _are_filed(bench: Bench, job_ids: tuple[str, ...]) -> bool:
    return all([await bench.pool.zscore("arq:queue", job_id) < 0 for job_id in job_ids])


def arqs_worker(bench: Bench, shop: Shop, **more: Any) -> Worker:
    told: dict[str, Any] = {"handle_signals": False, "poll_delay": 0.05, **bench.wire.both, **more}
    return Worker([shop.function("arq's")], redis_settings=bench.settings, **told)


async def test_what_a_stock_worker_has_done_is_not_done_again(bench: Bench, eventually: Eventually) -> None:
    shop = Shop()
    async with bench.working(shop.function("ours"), max_jobs=1) as ours:
        await filed_behind_first(bench, eventually, "short")
        theirs = arqs_worker(bench, shop, burst=True, max_burst_jobs=1)
        await theirs.async_run()
        await theirs.close()
        shop.opened.set()
        await bench.pool.enqueue_job("work", _job_id="last")

        async def ended() -> bool:
            return ours.jobs_complete == 2

        await eventually(ended)

    assert shop.done == {("ours", "first"): 1, ("arq's", "short"): 1, ("ours", "last"): 1}
    assert {each.result for each in await bench.pool.all_job_results() if each.job_id == "short"} == {"arq's"}
    assert ours.jobs_failed == 0
    assert not await bench.pool.keys("mindfleet:job:*")


async def test_what_a_stock_worker_is_at_is_left_to_it(bench: Bench, eventually: Eventually) -> None:
    shop = Shop()
    async with bench.working(shop.function("ours"), max_jobs=1) as ours:
        await filed_behind_first(bench, eventually, "long")
        theirs = arqs_worker(bench, shop, burst=True, max_burst_jobs=1)
        at_work = asyncio.create_task(theirs.async_run())
        await eventually(lambda: _is_running(bench, "long"))
        shop.opened.set()
        await bench.pool.enqueue_job("work", _job_id="last")

        async def ended() -> bool:
            return ours.jobs_complete == 2

        await eventually(ended)
        shop.finished.set()
        await at_work
        await theirs.close()

    assert shop.done == {("ours", "first"): 1, ("arq's", "long"): 1, ("ours", "last"): 1}
    assert not await bench.pool.zcard("arq:queue")
    assert not await bench.pool.keys("mindfleet:job:*")


async def test_what_a_stock_worker_died_with_is_run_once_its_lock_has_ended(
    bench: Bench, eventually: Eventually
) -> None:
    shop = Shop()
    async with bench.working(shop.function("ours"), max_jobs=1) as ours:
        await filed_behind_first(bench, eventually, "left")
        await bench.pool.psetex("arq:in-progress:left", 700, b"1")  # as arq takes a job; and then it is killed
        shop.opened.set()

        async def ended() -> bool:
            return ours.jobs_complete == 2

        await eventually(ended)

    assert shop.done == {("ours", "first"): 1, ("ours", "left"): 1}
