"""What a stock producer can ask for, done by a worker of ours."""

from datetime import UTC, datetime, timedelta
from time import time
from typing import Any

import pytest
from arq.jobs import Job, JobStatus

from mindfleet.steering import Steering
from tests.conformance.wires import Bench, func
from tests.conftest import Eventually

pytestmark = pytest.mark.stack


async def describe(ctx: dict[Any, Any], *args: Any, **named: Any) -> dict[str, Any]:
    """What it was called with."""
    return {"id": ctx["job_id"], "try": ctx["job_try"], "args": list(args), "named": named}


async def add(_ctx: dict[Any, Any], first: int, second: int) -> int:
    return first + second


async def _sent(job: Job | None) -> Job:
    assert job is not None
    return job


async def test_a_job_is_done_whoever_writes_it_how(any_bench: Bench) -> None:
    job = await _sent(await any_bench.pool.enqueue_job("add", 1, second=2))

    worker = await any_bench.burst(add)

    assert await job.result(timeout=1) == 3
    assert (worker.jobs_complete, worker.jobs_failed, worker.jobs_retried) == (1, 0, 0)


async def test_arguments_arrive_as_they_were_sent(any_bench: Bench) -> None:
    job = await _sent(await any_bench.pool.enqueue_job("describe", 1, "två", None, deep={"a": [1.5, True]}))

    await any_bench.burst(describe)

    said = await job.result(timeout=1)
    assert (said["args"], said["named"]) == ([1, "två", None], {"deep": {"a": [1.5, True]}})


async def test_a_job_has_the_id_that_its_producer_gave_it(bench: Bench) -> None:
    job = await _sent(await bench.pool.enqueue_job("describe", _job_id="mine"))

    await bench.burst(describe)

    assert (await job.result(timeout=1))["id"] == job.job_id == "mine"


async def test_an_id_is_taken_while_its_job_waits_and_while_its_result_is_kept(bench: Bench) -> None:
    await bench.pool.enqueue_job("describe", _job_id="mine")
    assert await bench.pool.enqueue_job("describe", _job_id="mine") is None

    await bench.burst(describe)

    assert await bench.pool.enqueue_job("describe", _job_id="mine") is None


async def test_an_id_is_free_again_when_no_result_is_kept(bench: Bench) -> None:
    await bench.pool.enqueue_job("describe", _job_id="mine")

    await bench.burst(describe, keep_result=0)

    assert await bench.pool.enqueue_job("describe", _job_id="mine") is not None


async def test_a_worker_takes_jobs_of_its_own_queue_only(bench: Bench) -> None:
    other = await _sent(await bench.pool.enqueue_job("describe", _queue_name="arq:other"))
    mine = await _sent(await bench.pool.enqueue_job("describe"))

    await bench.burst(describe)

    assert await mine.status() is JobStatus.complete
    assert await other.status() is JobStatus.queued
    worker = await bench.burst(describe, queue_name="arq:other")
    assert worker.jobs_complete == 1
    info = await other.result_info()
    assert info
    assert info.queue_name == "arq:other"


@pytest.mark.parametrize("way", ["by", "by timedelta", "until"])
async def test_a_deferred_job_starts_when_it_is_due_and_not_before(bench: Bench, way: str) -> None:
    ways: dict[str, dict[str, Any]] = {
        "by": {"_defer_by": 0.3},
        "by timedelta": {"_defer_by": timedelta(milliseconds=300)},
        "until": {"_defer_until": datetime.now(UTC) + timedelta(milliseconds=300)},
    }
    sent = time()
    job = await _sent(await bench.pool.enqueue_job("describe", **ways[way]))
    assert await job.status() is JobStatus.deferred

    await bench.burst(describe)

    info = await job.result_info()
    assert info
    assert 0.29 <= info.start_time.timestamp() - sent < 1


async def test_jobs_start_in_the_order_in_which_they_are_due(bench: Bench) -> None:
    order: list[str] = []

    async def note(ctx: dict[Any, Any]) -> None:
        order.append(ctx["job_id"])

    for job_id, late in (("third", 1), ("first", 3), ("second", 2)):
        until = datetime.now(UTC) - timedelta(seconds=late)
        await bench.pool.enqueue_job("note", _job_id=job_id, _defer_until=until)

    await bench.burst(func(note, name="note"), max_jobs=1)

    assert order == ["first", "second", "third"]


async def test_a_job_that_expired_fails_and_says_so(bench: Bench, eventually: Eventually) -> None:
    job = await _sent(await bench.pool.enqueue_job("describe", _job_id="late", _expires=0.001))

    async def gone() -> bool:
        return not await bench.pool.exists("arq:job:late")

    await eventually(gone)
    worker = await bench.burst(describe)

    assert worker.jobs_failed == 1
    info = await job.result_info()
    assert info
    assert not info.success
    assert "job expired" in str(info.result)


async def test_an_expiry_that_its_producer_asked_for_holds(bench: Bench, eventually: Eventually) -> None:
    await Steering(bench.pool).pause("queue", "arq:queue")
    await bench.pool.enqueue_job("describe", _job_id="short", _expires=100)
    await bench.pool.enqueue_job("describe", _job_id="long")
    async with bench.working(describe):

        async def filed() -> bool:
            return bool(await bench.pool.exists("mindfleet:job:short", "mindfleet:job:long") == 2)

        await eventually(filed)

    assert 0 < await bench.pool.pttl("arq:job:short") <= 100_000
    assert await bench.pool.pttl("arq:job:long") == -1


@pytest.mark.parametrize(("given", "said"), [(None, 1), (1, 1), (4, 4)])
async def test_a_producer_may_say_which_try_it_is(bench: Bench, given: int | None, said: int) -> None:
    job = await _sent(await bench.pool.enqueue_job("describe", _job_try=given))

    await bench.burst(describe)

    assert (await job.result(timeout=1))["try"] == said


async def test_a_try_beyond_the_last_fails_at_once(bench: Bench) -> None:
    job = await _sent(await bench.pool.enqueue_job("describe", _job_try=6))

    worker = await bench.burst(describe, max_tries=5)

    assert worker.jobs_failed == 1
    info = await job.result_info()
    assert info
    assert "max 5 retries exceeded" in str(info.result)
