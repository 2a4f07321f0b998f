"""However a job ends, it is judged: what nobody can tell, what nobody can judge, what somebody wanted meanwhile."""

import asyncio
import logging
import sys
from collections.abc import AsyncGenerator, Awaitable
from datetime import timedelta
from typing import Any, cast

import pytest

from mindfleet import BotJob, Done, JobFailed, JobStatus, Queue, Retry, task
from mindfleet.registry import Registry
from mindfleet.runtime.beside import beside
from mindfleet.runtime.fence import still_ours
from mindfleet.runtime.outcomes import counts_key
from mindfleet.runtime.pipeline import MOST_FAILURES
from mindfleet.steering import Steering
from tests.conftest import Eventually
from tests.runtime.crew import Crew, crew
from tests.runtime.floor import QUEUE, Floor, is_so

pytestmark = pytest.mark.stack

LONGEST_SCRIPT = 50_000
"""µs for which Redis may serve nobody else."""

FOR_EVER = Retry(attempts=10**6, first=timedelta(milliseconds=1))


class Book:
    """What tasks read and write."""

    def __init__(self) -> None:
        self.lines: list[str] = []
        self.result: dict[str, Any] = {}
        self.reached = asyncio.Event()
        self.go_on = asyncio.Event()


class Told(BotJob):
    pass


class Asked(BotJob):
    pass


class Mood(BotJob):
    number: int

    def key(self) -> str:
        return "mood"


@task(queue=Queue.SENSORY, timeout=timedelta(seconds=10), retry=FOR_EVER)
async def run_told(job: Told, book: Book) -> Done:
    """End with what the book says."""
    book.lines.append("told")
    return Done(result=book.result)


@task(queue=Queue.SENSORY, timeout=timedelta(seconds=10), retry=FOR_EVER)
async def run_asked(job: Asked, book: Book) -> None:
    """Ask whether it may go on, when it is told to; then have an effect."""
    book.reached.set()
    await book.go_on.wait()
    await still_ours()
    book.lines.append("effect")


@task(queue=Queue.SENSORY, timeout=timedelta(seconds=10), retry=FOR_EVER, supersede=True)
async def run_mood(job: Mood, book: Book) -> None:
    """Brood, unless it is the second."""
    book.lines.append(f"mood {job.number}")
    book.reached.set()
    if job.number == 1:
        await asyncio.Event().wait()


class Left(BotJob):
    pass


@task(queue=Queue.SENSORY, timeout=timedelta(seconds=10), retry=FOR_EVER)
async def run_left(job: Left, book: Book) -> None:
    """Do what a command line does when it does not like its arguments."""
    book.lines.append("left")
    sys.exit("2 arguments too many")


class Quoting(BotJob):
    pass


@task(queue=Queue.SENSORY, timeout=timedelta(seconds=10), retry=Retry(attempts=2, first=timedelta(milliseconds=1)))
async def run_quoting(job: Quoting, book: Book) -> None:
    """Fail with what a model said, half of a character that is."""
    book.lines.append("quoting")
    raise ConnectionError("it said \ud83d")


TASKS = Registry([run_quoting, run_told, run_asked, run_mood, run_left])


@pytest.fixture
def book() -> Book:
    return Book()


@pytest.fixture
async def at_work(redis_url: str, book: Book) -> AsyncGenerator[Crew]:
    async with crew(redis_url, TASKS, {Book: book}) as at_work:
        yield at_work


async def counts(at_work: Crew) -> dict[str, int]:
    told = await cast("Awaitable[dict[bytes, bytes]]", at_work.queue.redis.hgetall(counts_key(Queue.SENSORY)))
    return {outcome.decode(): int(count) for outcome, count in told.items()}


@pytest.mark.parametrize(
    "result", [{"it": object()}, {"it": {1, object()}}, {"outcome": b"\xff\xfe"}, {"it": "\ud83d"}]
)
async def test_a_result_that_cannot_be_told_parks_its_job(at_work: Crew, book: Book, result: dict[str, Any]) -> None:
    book.result = result

    with pytest.raises(JobFailed):
        await at_work.queue.wait(await at_work.queue.enqueue("run_told"), timeout=10)

    assert book.lines == ["told"]
    assert len(await at_work.parked.all()) == 1
    assert await counts(at_work) == {"parked": 1}


async def test_an_error_that_no_server_can_be_sent_ends_its_job_only(at_work: Crew, book: Book) -> None:
    with pytest.raises(JobFailed, match=r"it said \\ud83d"):
        await at_work.queue.wait(await at_work.queue.enqueue("run_quoting"), timeout=10)

    assert book.lines == ["quoting"] * 2
    [parked] = await at_work.parked.all()
    assert (parked.error, parked.message) == ("ConnectionError", r"it said \ud83d")
    parked.traceback.encode()


async def test_a_job_that_nobody_could_judge_so_often_is_parked_unrun(at_work: Crew, book: Book) -> None:
    receipt = await at_work.queue.enqueue("run_told", _defer_by=0.5)
    await cast("Awaitable[int]", at_work.queue.redis.hset(f"mindfleet:job:{receipt}", "fails", str(MOST_FAILURES)))

    with pytest.raises(JobFailed, match=f"has failed {MOST_FAILURES} times"):
        await at_work.queue.wait(receipt, timeout=10)

    assert book.lines == []
    [parked] = await at_work.parked.all()
    assert parked.attempts == MOST_FAILURES + 1


async def test_a_task_that_wants_to_end_its_process_ends_its_job_only(at_work: Crew, book: Book) -> None:
    with pytest.raises(JobFailed, match="2 arguments too many"):
        await at_work.queue.wait(await at_work.queue.enqueue("run_left"), timeout=10)

    await at_work.queue.wait(await at_work.queue.enqueue("run_told"), timeout=10)
    assert book.lines == ["left", "told"]
    assert await counts(at_work) == {"parked": 1, "done": 1}


async def test_what_was_cancelled_while_nobody_heard_has_no_effect_and_ends(at_work: Crew, book: Book) -> None:
    receipt = await at_work.queue.enqueue("run_asked")
    await asyncio.wait_for(book.reached.wait(), 10)
    redis = at_work.queue.redis
    await cast("Awaitable[int]", redis.hset(f"mindfleet:job:{receipt}", "cancel", "cancelled"))  # and nothing is said
    book.go_on.set()

    with pytest.raises(JobFailed, match="Cancelled"):
        await at_work.queue.wait(receipt, timeout=10)

    assert book.lines == []
    assert await counts(at_work) == {"cancelled": 1}


async def test_one_that_a_newer_one_replaces_while_it_runs_is_told_apart_from_a_cancelled_one(
    at_work: Crew, book: Book
) -> None:
    first = await at_work.queue.enqueue("run_mood", number=1)
    await asyncio.wait_for(book.reached.wait(), 10)
    second = await at_work.queue.enqueue("run_mood", number=2)

    with pytest.raises(JobFailed, match="Superseded"):
        await at_work.queue.wait(first, timeout=10)
    await at_work.queue.wait(second, timeout=10)

    assert book.lines == ["mood 1", "mood 2"]
    assert await counts(at_work) == {"superseded": 1, "done": 1}
    assert at_work.worker.jobs_complete == 2


async def test_a_duplicate_id_takes_the_place_of_no_job_that_runs(at_work: Crew, book: Book) -> None:
    first = await at_work.queue.enqueue("run_mood", number=1, _job_id="mine")
    await asyncio.wait_for(book.reached.wait(), 10)

    again = await at_work.queue.enqueue("run_mood", number=3, _job_id="mine")

    assert not again.queued
    assert await at_work.queue.job(first).status() is JobStatus.RUNNING
    assert not await cast("Awaitable[bool]", at_work.queue.redis.hexists("mindfleet:job:mine", "cancel"))


async def test_work_that_was_to_go_on_for_ever_and_ended_says_so(caplog: pytest.LogCaptureFixture) -> None:
    async def ends() -> None:
        raise RuntimeError("the keeper of leases")

    with caplog.at_level(logging.CRITICAL):
        async with beside(ends()):
            await asyncio.sleep(0)
            await asyncio.sleep(0)

    assert "restart this worker" in caplog.text
    assert "the keeper of leases" in caplog.text


async def test_a_thousand_jobs_before_a_full_gate_keep_nobody_else_waiting(
    floor: Floor, eventually: Eventually
) -> None:
    worker = await floor.worker(max_jobs=2)
    await floor.put("holder", gates=("group:full=1",))
    await eventually(is_so(lambda: worker.ids == ["holder"]))
    await floor.redis.config_set("slowlog-log-slower-than", 0)
    await Steering(floor.redis).pause("queue", QUEUE)
    for hundred in range(20):
        await floor.put(*(f"held-{hundred}-{number}" for number in range(100)), gates=("group:full=1",), priority=9)
    await floor.put("free", priority=1)
    await floor.redis.slowlog_reset()
    await Steering(floor.redis).resume("queue", QUEUE)

    await eventually(is_so(lambda: worker.ids == ["holder", "free"]))

    claims = await floor.redis.slowlog_get(1000)
    await floor.redis.config_set("slowlog-log-slower-than", 10_000)
    assert max(int(claim["duration"]) for claim in claims) < LONGEST_SCRIPT


async def test_a_worker_that_ends_does_not_wait_for_a_deaf_job_for_ever(floor: Floor, eventually: Eventually) -> None:
    async def deaf(_: object) -> None:
        while not worker.let_go.is_set():
            try:
                await worker.let_go.wait()
            except asyncio.CancelledError:
                continue

    worker = await floor.worker(deaf)
    await floor.put("letter")
    await eventually(is_so(lambda: worker.ids == ["letter"]))
    engine = worker.arq.engine
    assert engine

    async with asyncio.timeout(5):
        await engine.hand_back(patience=0.2)

    assert [held.claim.job_id for held in engine.held.values()] == ["letter"]
    worker.let_go.set()
