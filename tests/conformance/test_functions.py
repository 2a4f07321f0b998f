"""How functions are run: tries, errors, timeouts, results and hooks, as arq documents them."""

import asyncio
from typing import Any

import pytest
from arq import Retry
from arq.jobs import Job, ResultNotFound, SerializationError
from arq.worker import FailedJobs, JobExecutionFailed, RetryJob

from mindfleet import JobFailed
from tests.conformance.wires import Bench, func
from tests.conftest import Eventually

pytestmark = pytest.mark.stack


async def _sent(job: Job | None) -> Job:
    assert job is not None
    return job


async def nothing(_ctx: dict[Any, Any]) -> None:
    """Done at once."""


async def fails(_ctx: dict[Any, Any]) -> None:
    raise TypeError("my type error")


async def sleeps(_ctx: dict[Any, Any]) -> None:
    await asyncio.Event().wait()


async def tries(ctx: dict[Any, Any], *, most: int) -> int:
    if ctx["job_try"] < most:
        raise Retry(defer=0.01)
    tried: int = ctx["job_try"]
    return tried


class Mute:
    """Cannot be shown."""

    def __repr__(self) -> str:
        raise RuntimeError("no words")


async def test_retry_runs_a_job_again_after_its_delay_and_counts_tries(bench: Bench) -> None:
    job = await _sent(await bench.pool.enqueue_job("tries", most=3))

    worker = await bench.burst(tries)

    assert await job.result(timeout=1) == 3
    info = await job.result_info()
    assert info
    assert info.job_try == 3
    assert (worker.jobs_complete, worker.jobs_retried) == (1, 2)


async def test_a_retry_without_end_fails_after_the_last_try(bench: Bench) -> None:
    job = await _sent(await bench.pool.enqueue_job("tries", most=99))

    worker = await bench.burst(func(tries, max_tries=2))

    assert (worker.jobs_failed, worker.jobs_retried) == (1, 2)
    info = await job.result_info()
    assert info
    assert "max 2 retries exceeded" in str(info.result)


async def test_tries_go_on_from_the_one_that_the_producer_said(bench: Bench) -> None:
    job = await _sent(await bench.pool.enqueue_job("tries", _job_try=4, most=99))

    worker = await bench.burst(func(tries, max_tries=5))

    assert worker.jobs_retried == 2  # the fourth and the fifth
    info = await job.result_info()
    assert info
    assert info.job_try == 6


async def test_what_failed_for_good_does_not_hold_its_id_longer_than_its_function_says(bench: Bench) -> None:
    await bench.pool.enqueue_job("tries", _job_id="mine", most=99)

    await bench.burst(func(tries, max_tries=1, keep_result=0))

    assert await bench.pool.enqueue_job("tries", _job_id="mine", most=1) is not None


async def test_a_result_that_is_kept_for_ever_has_no_expiry_even_when_tries_are_used_up(bench: Bench) -> None:
    await bench.pool.enqueue_job("tries", _job_id="mine", most=99)

    await bench.burst(func(tries, max_tries=1, keep_result_forever=True))

    assert await bench.pool.pttl("arq:result:mine") == -1


async def test_retries_can_be_switched_off(bench: Bench) -> None:
    await bench.pool.enqueue_job("tries", most=3)
    worker = bench.worker(tries, burst=True)

    with pytest.raises(FailedJobs, match="1 job failed"):
        await worker.run_check(retry_jobs=False)
    await worker.close()


async def test_a_job_may_ask_for_its_own_next_try_without_delay(bench: Bench) -> None:
    async def once_more(ctx: dict[Any, Any]) -> None:
        if ctx["job_try"] == 1:
            raise RetryJob

    await bench.pool.enqueue_job("once_more")

    worker = await bench.burst(func(once_more, name="once_more"))

    assert (worker.jobs_complete, worker.jobs_retried) == (1, 1)


async def test_an_error_is_the_result(any_bench: Bench) -> None:
    job = await _sent(await any_bench.pool.enqueue_job("fails"))

    worker = await any_bench.burst(fails)

    assert worker.jobs_failed == 1
    with pytest.raises(Exception, match="my type error") as caught:
        await job.result(timeout=1)
    assert isinstance(caught.value, TypeError) == (any_bench.wire.name == "pickle")


async def test_run_check_tells_of_every_job_that_failed(pickled: Bench) -> None:
    await pickled.pool.enqueue_job("fails")
    await pickled.pool.enqueue_job("missing")
    worker = pickled.worker(fails, burst=True)

    with pytest.raises(FailedJobs, match="2 jobs failed") as caught:
        await worker.run_check()
    await worker.close()

    assert caught.value.count == 2
    results = [result.result for result in caught.value.job_results]
    assert JobExecutionFailed("function 'missing' not found") in results


async def test_run_check_says_how_many_were_done(bench: Bench) -> None:
    await bench.pool.enqueue_job("nothing")
    worker = bench.worker(nothing, burst=True)

    assert await worker.run_check() == 1
    await worker.close()


async def test_a_job_that_takes_too_long_fails(bench: Bench) -> None:
    job = await _sent(await bench.pool.enqueue_job("sleeps"))

    worker = await bench.burst(func(sleeps, timeout=0.05))

    assert (worker.jobs_failed, worker.jobs_retried) == (1, 0)
    info = await job.result_info()
    assert info
    assert "TimeoutError" in str(info.result)


async def test_a_worker_without_a_time_limit_runs_its_jobs(bench: Bench) -> None:
    await bench.pool.enqueue_job("nothing")

    worker = await bench.burst(nothing, job_timeout=None)

    assert worker.jobs_complete == 1


async def test_wrong_arguments_fail_the_job(bench: Bench) -> None:
    job = await _sent(await bench.pool.enqueue_job("nothing", 1, what="?"))

    worker = await bench.burst(nothing)

    assert worker.jobs_failed == 1
    info = await job.result_info()
    assert info
    assert "TypeError" in str(info.result)


async def test_a_result_that_cannot_be_shown_fails_the_job(bench: Bench) -> None:
    async def mute(_ctx: dict[Any, Any]) -> Mute:
        return Mute()

    job = await _sent(await bench.pool.enqueue_job("mute"))

    worker = await bench.burst(func(mute, name="mute"))

    assert (worker.jobs_complete, worker.jobs_failed) == (0, 1)
    info = await job.result_info()
    assert info
    assert "no words" in str(info.result)


async def test_an_error_whose_details_cannot_be_told_fails_the_job(bench: Bench) -> None:
    class Shy(Exception):
        def extra(self) -> Any:
            raise RuntimeError("no details")

    async def shy(_ctx: dict[Any, Any]) -> None:
        raise Shy

    job = await _sent(await bench.pool.enqueue_job("shy"))

    worker = await bench.burst(func(shy, name="shy"))

    assert worker.jobs_failed == 1
    info = await job.result_info()
    assert info
    assert not info.success


async def test_a_result_that_cannot_be_written_ends_the_job_and_says_so(any_bench: Bench) -> None:
    async def gives_a_coroutine(_ctx: dict[Any, Any]) -> Any:
        return lambda: None

    job = await _sent(await any_bench.pool.enqueue_job("gives"))

    await any_bench.burst(func(gives_a_coroutine, name="gives"))

    with pytest.raises(SerializationError, match="unable to serialize result"):
        await job.result(timeout=1)
    assert not await any_bench.pool.exists("arq:job:" + job.job_id)


@pytest.mark.parametrize(
    ("of_worker", "of_function", "lives"),
    [
        ({}, {}, (3_500_000, 3_600_000)),
        ({"keep_result": 5}, {}, (1, 5000)),
        ({"keep_result": 5}, {"keep_result": 60}, (50_000, 60_000)),
        ({"keep_result": 0}, {}, (-2, -2)),
        ({"keep_result": 0}, {"keep_result": 60}, (50_000, 60_000)),
        ({"keep_result_forever": True}, {}, (-1, -1)),
        ({"keep_result_forever": True}, {"keep_result_forever": False}, (3_500_000, 3_600_000)),
        ({}, {"keep_result_forever": True}, (-1, -1)),
    ],
)
@pytest.mark.parametrize("function", [nothing, fails])
async def test_a_result_is_kept_as_long_as_is_said(
    bench: Bench, function: Any, of_worker: dict[str, Any], of_function: dict[str, Any], lives: tuple[int, int]
) -> None:
    await bench.pool.enqueue_job("it", _job_id="mine")

    await bench.burst(func(function, name="it", **of_function), **of_worker)

    assert lives[0] <= await bench.pool.pttl("arq:result:mine") <= lives[1]


async def test_without_a_result_nobody_waits_for_one(bench: Bench) -> None:
    job = await _sent(await bench.pool.enqueue_job("nothing"))

    await bench.burst(nothing, keep_result=0)

    with pytest.raises(ResultNotFound):
        await job.result(timeout=1)


async def test_hooks_are_called_in_their_order_with_the_context(bench: Bench) -> None:
    heard: list[str] = []

    def hook(name: str) -> Any:
        async def hear(ctx: dict[Any, Any]) -> None:
            kept = await bench.pool.exists("arq:result:mine")
            heard.append(f"{name} {ctx.get('job_id', '-')} {kept}")

        return hear

    async def work(_ctx: dict[Any, Any]) -> None:
        heard.append("work")

    names = ("on_startup", "on_job_start", "on_job_end", "after_job_end", "on_shutdown")
    await bench.pool.enqueue_job("work", _job_id="mine")

    await bench.burst(func(work, name="work"), **{name: hook(name) for name in names})

    assert heard == [
        "on_startup - 0",
        "on_job_start mine 0",
        "work",
        "on_job_end mine 0",
        "after_job_end mine 1",
        "on_shutdown - 1",
    ]


@pytest.mark.parametrize("which", ["on_job_start", "on_job_end", "after_job_end"])
@pytest.mark.parametrize("way", ["raises", "is no coroutine"])
async def test_a_hook_that_fails_ends_neither_its_job_nor_the_worker(bench: Bench, which: str, way: str) -> None:
    async def raises(_ctx: dict[Any, Any]) -> None:
        raise RuntimeError("a hook")

    job = await _sent(await bench.pool.enqueue_job("nothing"))

    hook = raises if way == "raises" else lambda _ctx: None
    worker = await bench.burst(nothing, **{which: hook})

    assert worker.jobs_complete == 1
    assert await job.result(timeout=1) is None


@pytest.mark.parametrize("end", [SystemExit("enough"), KeyboardInterrupt("enough")])
async def test_neither_a_function_nor_a_hook_ends_the_worker_by_leaving(bench: Bench, end: BaseException) -> None:
    async def leaves(_ctx: dict[Any, Any]) -> None:
        raise end

    async def goes_on(_ctx: dict[Any, Any]) -> int:
        return 1

    first = await bench.pool.enqueue_job("leaves")
    second = await bench.pool.enqueue_job("goes_on")
    assert first
    assert second

    worker = await bench.burst(
        func(leaves, name="leaves"), func(goes_on, name="goes_on"), on_job_start=leaves, on_job_end=leaves
    )

    assert (worker.jobs_complete, worker.jobs_failed) == (1, 1)
    with pytest.raises(JobFailed, match="enough"):
        await first.result(timeout=1)
    assert await second.result(timeout=1) == 1


async def test_what_a_startup_hook_puts_into_the_context_is_there_for_jobs(bench: Bench) -> None:
    async def opens(ctx: dict[Any, Any]) -> None:
        ctx["opened"] = "here"

    async def reads(ctx: dict[Any, Any]) -> Any:
        return [ctx["opened"], ctx["given"], ctx["redis"] is not None]

    job = await _sent(await bench.pool.enqueue_job("reads"))

    await bench.burst(func(reads, name="reads"), on_startup=opens, ctx={"given": 1})

    assert await job.result(timeout=1) == ["here", 1, True]


async def test_a_burst_may_be_limited(bench: Bench) -> None:
    for _ in range(5):
        await bench.pool.enqueue_job("nothing")

    worker = await bench.burst(nothing, max_burst_jobs=2)

    assert worker.jobs_complete == 2
    assert len(await bench.pool.queued_jobs()) == 3


@pytest.mark.parametrize("max_jobs", [1, 2, 10])
async def test_a_limited_burst_runs_exactly_as_many_jobs_as_are_allowed(bench: Bench, max_jobs: int) -> None:
    started: list[str] = []

    async def takes_a_moment(ctx: dict[Any, Any]) -> None:
        started.append(ctx["job_id"])
        await ctx["redis"].ping()

    for _ in range(12):
        await bench.pool.enqueue_job("takes")

    worker = await bench.burst(func(takes_a_moment, name="takes"), max_burst_jobs=7, max_jobs=max_jobs)

    assert (len(started), worker.jobs_complete) == (7, 7)


async def test_a_burst_waits_for_what_is_deferred(bench: Bench) -> None:
    await bench.pool.enqueue_job("nothing", _defer_by=0.2)

    assert (await bench.burst(nothing)).jobs_complete == 1


async def test_never_more_than_max_jobs_run_at_once(bench: Bench) -> None:
    running = most = 0

    async def counts(_ctx: dict[Any, Any]) -> None:
        nonlocal running, most
        running += 1
        most = max(most, running)
        await asyncio.sleep(0.01)
        running -= 1

    for _ in range(12):
        await bench.pool.enqueue_job("counts")

    await bench.burst(func(counts, name="counts"), max_jobs=3)

    assert most == 3


async def test_a_job_keeps_its_slot_until_its_last_hook_has_ended(bench: Bench) -> None:
    busy = most = 0

    async def enters(_ctx: dict[Any, Any]) -> None:
        nonlocal busy, most
        busy += 1
        most = max(most, busy)

    async def leaves(ctx: dict[Any, Any]) -> None:
        nonlocal busy
        for _ in range(20):
            await ctx["redis"].ping()
        busy -= 1

    for _ in range(6):
        await bench.pool.enqueue_job("nothing")

    await bench.burst(nothing, max_jobs=2, on_job_start=enters, after_job_end=leaves)

    assert (busy, most) == (0, 2)


async def test_a_burst_runs_what_a_last_hook_enqueues(bench: Bench) -> None:
    async def enqueues(ctx: dict[Any, Any]) -> None:
        if ctx["job_id"] == "first":
            await ctx["redis"].enqueue_job("nothing")

    await bench.pool.enqueue_job("nothing", _job_id="first")

    worker = await bench.burst(nothing, after_job_end=enqueues)

    assert worker.jobs_complete == 2


async def test_a_job_that_is_cut_off_has_lost_no_try_even_if_it_has_only_one(
    bench: Bench, eventually: Eventually
) -> None:
    started: list[int] = []

    async def one_chance(ctx: dict[Any, Any]) -> str:
        started.append(ctx["job_try"])
        if len(started) == 1:
            await asyncio.Event().wait()
        return "done"

    job = await _sent(await bench.pool.enqueue_job("one_chance"))
    function = func(one_chance, name="one_chance", max_tries=1)

    async def began() -> bool:
        return bool(started)

    async with bench.working(function):
        await eventually(began)
    await bench.burst(function)

    assert await job.result(timeout=1) == "done"
    assert started == [1, 1]
