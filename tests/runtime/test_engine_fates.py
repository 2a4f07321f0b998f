"""What becomes of jobs of the fleet that kill their workers, come too late, or were never to be stopped."""

import asyncio
from collections.abc import AsyncGenerator, Awaitable
from datetime import timedelta
from functools import partial
from typing import cast

import pytest

from mindfleet import GiveUp, JobFailed, Queue, TaskQueue
from mindfleet.runtime.outcomes import counts_key
from mindfleet.settings import Settings
from tests.conftest import Eventually
from tests.runtime.test_worker import TASKS, Lot, Page, working

pytestmark = pytest.mark.stack


@pytest.fixture
async def queue(redis_url: str) -> AsyncGenerator[TaskQueue]:
    async with TaskQueue(redis_url, bot_name="juniper", settings=Settings(), tasks=TASKS) as queue:
        yield queue


async def counts(queue: TaskQueue) -> dict[bytes, bytes]:
    return await cast("Awaitable[dict[bytes, bytes]]", queue.redis.hgetall(counts_key(Queue.SENSORY)))


async def _killed(queue: TaskQueue, job_id: str, deaths: int) -> None:
    """So many workers died under it."""
    await cast("Awaitable[int]", queue.redis.hset(f"mindfleet:job:{job_id}", "deaths", str(deaths)))


async def test_a_job_that_killed_five_workers_is_parked_and_not_run(queue: TaskQueue, redis_url: str) -> None:
    page, lot = Page(), Lot()
    receipt = await queue.enqueue("run_note", text="poison")
    await _killed(queue, receipt, 5)

    async with working(redis_url, queue, page, lot):
        with pytest.raises(JobFailed, match="5 workers died under it"):
            await queue.wait(receipt)

    assert page.lines == []
    assert [job.error for job in lot.jobs] == ["Poisonous"]


async def test_a_job_under_which_four_workers_died_is_run_and_the_log_says_so(
    queue: TaskQueue, redis_url: str, caplog: pytest.LogCaptureFixture
) -> None:
    page = Page()
    receipt = await queue.enqueue("run_note", text="unlucky")
    await _killed(queue, receipt, 4)

    async with working(redis_url, queue, page, Lot()):
        assert (await queue.wait(receipt))["outcome"] == "done"
    [said] = [record for record in caplog.records if "run again" in record.getMessage()]
    assert "4 workers" in said.getMessage()
    assert (vars(said)["task"], vars(said)["job_id"], said.levelname) == ("run_note", receipt, "WARNING")


@pytest.fixture
def parks_again_soon(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("mindfleet.runtime.pipeline.PARK_AGAIN", timedelta(milliseconds=300))


async def _is_postponed(queue: TaskQueue, job_id: str) -> bool:
    """It is in Redis, and neither runs nor has ended."""
    state = await cast("Awaitable[bytes]", queue.redis.hget(f"mindfleet:job:{job_id}", "state"))
    is_there = await queue.redis.exists(f"arq:job:{job_id}") and await queue.redis.zscore("arq:sensory", job_id)
    return bool(is_there and state == b"held" and not await queue.redis.exists(f"arq:result:{job_id}"))


@pytest.mark.usefixtures("parks_again_soon")
async def test_while_the_park_is_away_a_job_that_killed_its_workers_stays_in_redis_and_is_not_run(
    queue: TaskQueue, redis_url: str, eventually: Eventually
) -> None:
    page, lot = Page(), Lot()
    lot.closed = 3
    receipt = await queue.enqueue("run_note", text="poison")
    await _killed(queue, receipt, 5)

    async with working(redis_url, queue, page, lot):
        await eventually(partial(_is_postponed, queue, receipt))
        with pytest.raises(JobFailed, match="5 workers died under it"):
            await queue.wait(receipt)

    assert page.lines == []
    assert lot.closed == 0
    assert [job.error for job in lot.jobs] == ["Poisonous"]


@pytest.mark.usefixtures("parks_again_soon")
@pytest.mark.parametrize(
    ("error", "attempts"), [(GiveUp("it cannot be helped"), 1), (ConnectionError("again and again"), 3)]
)
async def test_while_the_park_is_away_a_job_that_failed_for_good_stays_in_redis_and_is_not_run_again(
    queue: TaskQueue, redis_url: str, eventually: Eventually, error: Exception, attempts: int
) -> None:
    page, lot = Page(), Lot()
    page.errors = [error] * attempts
    lot.closed = 3
    receipt = await queue.enqueue("run_note", text="no")

    async with working(redis_url, queue, page, lot):

        async def is_refused() -> bool:
            return lot.closed < 3 and await _is_postponed(queue, receipt)

        await eventually(is_refused)
        with pytest.raises(JobFailed, match=str(error)):
            await queue.wait(receipt)

    [parked] = lot.jobs
    assert (parked.job_id, parked.error, parked.message) == (receipt, type(error).__name__, str(error))
    assert "in write" in parked.traceback
    assert parked.attempts == attempts
    assert page.lines == []  # it would have succeeded by now, had it been run again
    assert (await counts(queue))[b"parked"] == b"1"


@pytest.mark.usefixtures("parks_again_soon")
async def test_a_job_that_failed_for_good_and_waits_for_the_park_is_parked_though_its_deadline_passes(
    queue: TaskQueue, redis_url: str
) -> None:
    page, lot = Page(), Lot()
    page.errors = [GiveUp("it cannot be helped")]
    lot.closed = 3
    receipt = await queue.enqueue("run_note", text="no", _expires=0.5)

    async with working(redis_url, queue, page, lot):
        with pytest.raises(JobFailed, match="it cannot be helped"):
            await queue.wait(receipt)

    assert [job.error for job in lot.jobs] == ["GiveUp"]


@pytest.mark.usefixtures("parks_again_soon")
async def test_what_could_not_be_run_is_judged_anew_when_the_park_is_away(
    queue: TaskQueue, redis_url: str, eventually: Eventually
) -> None:
    """By then there may be a worker that can."""
    lot = Lot()
    lot.closed = 10**6
    receipt = await queue.enqueue("run_note", text="hello")
    envelope = await cast("Awaitable[bytes]", queue.redis.get(f"arq:job:{receipt}"))
    await queue.redis.set(f"arq:job:{receipt}", envelope.replace(b"run_note", b"run_nova"))

    async with working(redis_url, queue, Page(), lot):
        await eventually(partial(_is_postponed, queue, receipt))
        await queue.redis.set(f"arq:job:{receipt}", envelope)
        assert (await queue.wait(receipt))["outcome"] == "done"


async def test_a_job_that_comes_too_late_is_dropped_and_counted(
    queue: TaskQueue, redis_url: str, eventually: Eventually
) -> None:
    page, lot = Page(), Lot()
    receipt = await queue.enqueue("run_note", text="good morning", _expires=0.01)
    await asyncio.sleep(0.05)

    async with working(redis_url, queue, page, lot):
        with pytest.raises(JobFailed, match="Expired"):
            await queue.wait(receipt)

        async def counted() -> bool:
            return (await counts(queue)).get(b"expired") == b"1"

        await eventually(counted)
    assert page.lines == []
    assert lot.jobs == []


async def test_a_task_that_only_looks_as_if_it_was_stopped_has_failed(
    queue: TaskQueue, redis_url: str, page: Page, lot: Lot
) -> None:
    page.errors = [cast("Exception", asyncio.CancelledError())] * 3
    receipt = await queue.enqueue("run_note", text="hello")

    async with working(redis_url, queue, page, lot):
        with pytest.raises(JobFailed, match="was cancelled"):
            await queue.wait(receipt)

    assert [job.error for job in lot.jobs] == ["CutShort"]
    assert (await counts(queue))[b"retried"] == b"2"


@pytest.fixture
def page() -> Page:
    return Page()


@pytest.fixture
def lot() -> Lot:
    return Lot()
