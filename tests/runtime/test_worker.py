"""arq's own worker around our executor: nothing is dropped unseen."""

import asyncio
import json
import pickle
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from typing import Any, ClassVar, Protocol, cast

import pytest
from arq import create_pool
from arq.connections import RedisSettings
from arq.jobs import JobStatus as ArqStatus

from mindfleet import BotJob, Done, GiveUp, JobFailed, JobStatus, Postpone, Queue, Retry, TaskQueue, task
from mindfleet.errors import StoreUnavailable
from mindfleet.ports.parked import ParkedJob
from mindfleet.registry import Registry
from mindfleet.runtime.claims import End, Settled
from mindfleet.runtime.engine import Engine
from mindfleet.runtime.exchange import Terms
from mindfleet.runtime.executor import Executor
from mindfleet.runtime.held import Held
from mindfleet.runtime.outcomes import counts_key
from mindfleet.runtime.parking import Parking
from mindfleet.runtime.pipeline import Fleet
from mindfleet.runtime.worker_settings import QueueSettings, made, stopped, worker_settings
from mindfleet.settings import Settings
from mindfleet.testing.in_memory_parked import InMemoryParked
from mindfleet.wire import ENCODERS, job_deserializer

pytestmark = pytest.mark.stack


class Diary(Protocol):
    async def write(self, line: str) -> None: ...


class Page:
    """Remembers lines, or fails as often as it is told."""

    def __init__(self) -> None:
        self.lines: list[str] = []
        self.errors: list[Exception] = []
        self.reached = asyncio.Event()

    async def write(self, line: str) -> None:
        self.reached.set()
        if self.errors:
            raise self.errors.pop(0)
        self.lines.append(line)


class Note(BotJob):
    positional: ClassVar = ("text",)
    text: str


class Copy(BotJob):
    text: str


QUICK = Retry(attempts=3, first=timedelta(milliseconds=10))


@task(queue=Queue.SENSORY, timeout=timedelta(seconds=5), retry=QUICK)
async def run_note(job: Note, diary: Diary) -> Done:
    """Write a line, and have it copied."""
    await diary.write(job.text)
    return Done(result={"written": job.text}, then=[Copy(bot_name=job.bot_name, text=job.text)])


@task(queue=Queue.SENSORY, timeout=timedelta(seconds=5), retry=QUICK)
async def run_copy(job: Copy, diary: Diary) -> None:
    """Write a line once more."""
    await diary.write(f"copy of {job.text}")


@task(queue=Queue.SENSORY, timeout=timedelta(seconds=60), retry=QUICK)
async def run_brooding(job: BotJob, diary: Diary) -> None:
    """Never end."""
    await diary.write("brooding")
    await asyncio.Event().wait()


class Boast(BotJob):
    pass


class Fit(BotJob):
    pass


@task(queue=Queue.SENSORY, timeout=timedelta(seconds=5), retry=QUICK)
async def run_boast(job: Boast, diary: Diary) -> Done:
    """End with more than can be told."""
    await diary.write("boast")
    return Done(then=[Copy(bot_name=job.bot_name, text="x" * 2_000_000)])


@task(queue=Queue.SENSORY, timeout=timedelta(seconds=5), retry=QUICK)
async def run_fit(job: Fit, diary: Diary) -> None:
    """Cancel itself."""
    await diary.write("fit")
    running = asyncio.current_task()
    assert running
    running.cancel()
    await asyncio.sleep(0)


class Greeting(BotJob):
    text: str


@task(queue=Queue.SENSORY, timeout=timedelta(seconds=5), retry=QUICK, expires=timedelta(hours=1))
async def run_greeting(job: Greeting, diary: Diary) -> None:
    """Say good morning, while it is one."""
    await diary.write(job.text)


TASKS = Registry([run_note, run_copy, run_brooding, run_boast, run_fit, run_greeting])


class Lot(InMemoryParked):
    """Parked jobs in memory; closed at first, if it is told."""

    def __init__(self) -> None:
        super().__init__()
        self.jobs: list[ParkedJob] = []
        self.closed = 0

    async def park(self, job: ParkedJob) -> None:
        if self.closed:
            self.closed -= 1
            raise StoreUnavailable("the park is away")
        self.jobs.append(job)


class Now:
    def now(self) -> datetime:
        return datetime.now(UTC)


@pytest.fixture
def page() -> Page:
    return Page()


@pytest.fixture
def lot() -> Lot:
    return Lot()


@pytest.fixture
async def queue(redis_url: str) -> AsyncGenerator[TaskQueue]:
    async with TaskQueue(redis_url, bot_name="juniper", settings=Settings(), tasks=TASKS) as queue:
        yield queue


@pytest.fixture
async def worker(redis_url: str, queue: TaskQueue, page: Page, lot: Lot) -> AsyncGenerator[None]:
    async with working(redis_url, queue, page, lot):
        yield


@asynccontextmanager
async def working(redis_url: str, queue: TaskQueue, page: Page, lot: Lot) -> AsyncGenerator["asyncio.Task[None]"]:
    @asynccontextmanager
    async def fleet() -> AsyncGenerator[Fleet]:
        yield Fleet(Executor(TASKS, {Diary: page}, enabled=lambda _: True), queue, Parking(lot, Now(), TASKS), Now())

    settings = worker_settings(
        QueueSettings(
            queue=Queue.SENSORY,
            max_jobs=5,
            job_timeout=timedelta(seconds=10),
            keep_result=timedelta(minutes=1),
            drain=timedelta(0),
            worker_id="one",
        ),
        TASKS,
        redis=RedisSettings.from_dsn(redis_url),
        encode=ENCODERS["json"],
        fleet=fleet,
    )
    worker = made(settings, handle_signals=False)
    running = asyncio.create_task(worker.async_run())
    try:
        yield running
    finally:
        await stopped(worker, running, timedelta())


Eventually = Callable[[Callable[[], Any]], Any]


async def test_a_job_is_done_and_its_follow_up_after_it(
    worker: None, queue: TaskQueue, page: Page, eventually: Eventually
) -> None:
    receipt = await queue.enqueue("run_note", text="hello")

    assert await queue.wait(receipt) == {"outcome": "done", "written": "hello"}

    async def copied() -> bool:
        return page.lines == ["hello", "copy of hello"]

    await eventually(copied)


async def test_a_transient_error_is_tried_again(worker: None, queue: TaskQueue, page: Page) -> None:
    page.errors = [ConnectionError("away"), TimeoutError("slow")]

    result = await queue.wait(await queue.enqueue("run_note", text="hello"))

    assert result["outcome"] == "done"
    counts = await cast("Awaitable[dict[bytes, bytes]]", queue.redis.hgetall(counts_key(Queue.SENSORY)))
    assert counts[b"retried"] == b"2"


async def test_coming_too_early_is_no_failure(worker: None, queue: TaskQueue, page: Page) -> None:
    page.errors = [Postpone("not yet", after=timedelta(milliseconds=10))] * 5

    result = await queue.wait(await queue.enqueue("run_note", text="hello"))

    assert result["outcome"] == "done"
    counts = await cast("Awaitable[dict[bytes, bytes]]", queue.redis.hgetall(counts_key(Queue.SENSORY)))
    assert (counts[b"postponed"], counts.get(b"retried")) == (b"5", None)


async def test_attempts_that_are_used_up_are_parked_with_all_that_is_needed(
    worker: None, queue: TaskQueue, page: Page, lot: Lot
) -> None:
    page.errors = [ConnectionError("away")] * 3
    receipt = await queue.enqueue("run_note", text="hello")

    with pytest.raises(JobFailed, match="away"):
        await queue.wait(receipt)

    [parked] = lot.jobs
    assert (parked.job_id, parked.task, parked.attempts) == (receipt, "run_note", 3)
    assert parked.payload["text"] == "hello"
    assert "ConnectionError" in parked.traceback


async def test_what_cannot_be_helped_is_parked_at_once(worker: None, queue: TaskQueue, page: Page, lot: Lot) -> None:
    page.errors = [GiveUp("no such thing")]

    with pytest.raises(JobFailed, match="no such thing"):
        await queue.wait(await queue.enqueue("run_note", text="hello"))

    assert lot.jobs[0].error == "GiveUp"


async def test_while_the_park_is_away_a_dead_job_stays_in_redis(
    worker: None, queue: TaskQueue, page: Page, lot: Lot, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("mindfleet.runtime.pipeline.PARK_AGAIN", timedelta(milliseconds=20))
    lot.closed = 2
    page.errors = [GiveUp("no")] * 3

    with pytest.raises(JobFailed):
        await queue.wait(await queue.enqueue("run_note", text="hello"))

    assert len(lot.jobs) == 1


async def test_a_pickled_job_is_parked_unread_with_the_line_to_add(
    worker: None, queue: TaskQueue, lot: Lot, redis_url: str, eventually: Eventually
) -> None:
    stock = await create_pool(RedisSettings.from_dsn(redis_url))
    job = await stock.enqueue_job("run_note", text="hello", bot_name="juniper", _queue_name="arq:sensory")
    await stock.aclose()
    assert job

    async def parked() -> bool:
        return len(lot.jobs) == 1

    await eventually(parked)
    assert lot.jobs[0].job_id == job.job_id
    assert "job_serializer" in lot.jobs[0].message
    assert pickle.dumps(None)[:1] == b"\x80"


@pytest.mark.parametrize(
    ("name", "arguments", "keywords", "says"),
    [
        ("run_nothing", (), {}, "run_nothing"),
        ("run_note", ("hello",), {}, "keyword"),
        ("run_note", (), {"text": "hello"}, "bot_name"),
        ("run_note", (), {"text": "hello", "bot_name": "juniper", "_v": 2}, "update the workers"),
    ],
)
async def test_a_job_of_a_stock_producer_that_does_not_fit_is_parked(
    worker: None,
    lot: Lot,
    redis_url: str,
    eventually: Eventually,
    name: str,
    arguments: tuple[str, ...],
    keywords: dict[str, Any],
    says: str,
) -> None:
    stock = await create_pool(RedisSettings.from_dsn(redis_url), job_serializer=ENCODERS["json"])
    await stock.enqueue_job(name, *arguments, _queue_name="arq:sensory", **keywords)
    await stock.aclose()

    async def parked() -> bool:
        return len(lot.jobs) == 1

    await eventually(parked)
    assert says in lot.jobs[0].message


@pytest.mark.parametrize("encoding", ["json", "msgpack"])
async def test_a_job_of_a_stock_producer_is_done(
    worker: None, page: Page, redis_url: str, eventually: Eventually, encoding: Any
) -> None:
    stock = await create_pool(RedisSettings.from_dsn(redis_url), job_serializer=ENCODERS[encoding])
    await stock.enqueue_job("run_note", text="hello", bot_name="juniper", _queue_name="arq:sensory")
    await stock.aclose()

    async def written() -> bool:
        return "hello" in page.lines

    await eventually(written)


async def test_what_a_stock_producer_sends_expires_as_its_task_says(
    worker: None, page: Page, queue: TaskQueue, redis_url: str
) -> None:
    stock, now = (
        await create_pool(RedisSettings.from_dsn(redis_url), job_serializer=ENCODERS["json"]),
        datetime.now(UTC),
    )
    for job_id, due in (("late", now - timedelta(hours=2)), ("in time", now - timedelta(minutes=30))):
        about: dict[str, Any] = {"text": job_id, "bot_name": "juniper", "_queue_name": "arq:sensory", "_job_id": job_id}
        await stock.enqueue_job("run_greeting", _defer_until=due, _expires=timedelta(days=1), **about)
    await stock.aclose()

    await queue.wait("in time")
    with pytest.raises(JobFailed, match="Expired"):
        await queue.wait("late")
    assert page.lines == ["in time"]


async def test_a_stock_job_whose_id_postgresql_cannot_keep_is_done_once_and_not_put_there(
    worker: None, page: Page, redis_url: str, eventually: Eventually
) -> None:
    """It would come back from there under another id, and run twice."""
    stock = await create_pool(RedisSettings.from_dsn(redis_url), job_serializer=ENCODERS["json"])
    for job_id in ("plain", "with\0NUL"):
        await stock.enqueue_job("run_note", text=job_id, bot_name="juniper", _queue_name="arq:sensory", _job_id=job_id)

    async def are_written() -> bool:
        return {"plain", "with\0NUL"} <= set(page.lines)

    await eventually(are_written)
    told = {fields.get(b"id") for _, fields in await stock.xrange("mindfleet:ledger")}
    await stock.aclose()
    assert b"plain" in told
    assert b"with\0NUL" not in told


async def test_a_running_job_can_be_cancelled(worker: None, queue: TaskQueue, page: Page) -> None:
    receipt = await queue.enqueue("run_brooding")
    await asyncio.wait_for(page.reached.wait(), 10)

    assert await queue.job(receipt).cancel()

    with pytest.raises(JobFailed, match="Cancelled"):
        await queue.wait(receipt)
    assert await queue.job(receipt).status() is JobStatus.FAILED


async def test_what_follows_and_cannot_be_told_parks_the_job_that_it_follows(
    worker: None, queue: TaskQueue, page: Page, lot: Lot
) -> None:
    with pytest.raises(JobFailed, match="the limit is"):
        await queue.wait(await queue.enqueue("run_boast"))

    assert page.lines == ["boast"]
    assert [job.error for job in lot.jobs] == ["InvalidJob"]


async def test_a_task_that_cancels_itself_has_failed(worker: None, queue: TaskQueue, page: Page, lot: Lot) -> None:
    with pytest.raises(JobFailed, match="cancelled from within"):
        await queue.wait(await queue.enqueue("run_fit"))

    assert page.lines == ["fit"] * 3


@pytest.mark.parametrize(
    "odd", [{"k": ["a", "list"]}, {"k": {"bot_name": "b", "text": "hello"}, "et": "noon", "f": "x"}]
)
async def test_an_envelope_of_the_wrong_shape_is_parked(
    worker: None, queue: TaskQueue, lot: Lot, eventually: Eventually, odd: dict[str, Any]
) -> None:
    envelope = {"t": None, "f": "run_note", "a": [], "et": 1, **odd}
    await queue.redis.set("arq:job:odd", json.dumps(envelope))
    await queue.redis.zadd("arq:sensory", {"odd": 1})

    async def parked() -> bool:
        return len(lot.jobs) == 1

    await eventually(parked)


@pytest.mark.parametrize("score", ["-inf", -1e300, -1e15, 0, 0.5])
async def test_a_due_time_that_is_none_harms_nobody(
    worker: None, queue: TaskQueue, page: Page, eventually: Eventually, score: float
) -> None:
    envelope: dict[str, Any] = {
        "t": None,
        "f": "run_note",
        "a": [],
        "k": {"bot_name": "juniper", "text": "odd"},
        "et": 1,
    }
    await queue.redis.set("arq:job:odd", json.dumps(envelope))
    await queue.redis.zadd("arq:sensory", {"odd": score})

    async def is_done() -> bool:
        return "copy of odd" in page.lines

    await eventually(is_done)
    assert (await queue.wait(await queue.enqueue("run_note", text="hello")))["outcome"] == "done"


async def test_an_id_that_is_no_text_harms_nobody(
    worker: None, queue: TaskQueue, page: Page, eventually: Eventually
) -> None:
    await queue.redis.zadd("arq:sensory", {b"\xff\xfe": 1})

    async def thrown_out() -> bool:
        return not await queue.redis.zcard("arq:sensory")

    await eventually(thrown_out)
    assert (await queue.wait(await queue.enqueue("run_note", text="hello")))["outcome"] == "done"


async def test_whoever_takes_no_more_jobs_claims_none_with_either_hand(queue: TaskQueue) -> None:
    seen: list[str] = []
    takes = True

    async def run(held: Held) -> Settled:
        seen.append(held.claim.job_id)
        return End(outcome="done")

    terms = Terms(queue=Queue.SENSORY.value, worker="w", slots=4)
    engine = Engine(queue.redis, run, terms, may_claim=lambda: takes)
    first = await queue.enqueue("run_note", text="first")
    await engine.turn()
    await engine.rest()
    takes = False
    await queue.enqueue("run_note", text="late")

    await engine.turn()

    assert (seen, engine.room, engine.is_idle) == ([first], 0, True)


@pytest.mark.parametrize("defer", [None, 3600])
async def test_a_stock_producer_can_abort_a_job(
    worker: None, page: Page, redis_url: str, eventually: Eventually, defer: float | None
) -> None:
    stock = await create_pool(
        RedisSettings.from_dsn(redis_url), job_serializer=ENCODERS["json"], job_deserializer=job_deserializer
    )
    job = await stock.enqueue_job("run_brooding", bot_name="juniper", _queue_name="arq:sensory", _defer_by=defer)
    assert job
    if not defer:
        await asyncio.wait_for(page.reached.wait(), 10)

    assert await job.abort(timeout=10)

    assert await job.status() is ArqStatus.complete
    await stock.aclose()


async def test_a_deferred_job_can_be_cancelled(worker: None, queue: TaskQueue, page: Page) -> None:
    receipt = await queue.enqueue("run_note", text="hello", _defer_by=3600)

    assert await queue.job(receipt).cancel()

    with pytest.raises(JobFailed, match="Cancelled"):
        await queue.wait(receipt)
    assert page.lines == []


async def test_there_is_nothing_to_cancel_of_a_job_that_is_done(worker: None, queue: TaskQueue) -> None:
    receipt = await queue.enqueue("run_note", text="hello")
    await queue.wait(receipt)

    assert not await queue.job(receipt).cancel()


async def test_a_job_that_a_shutdown_interrupts_runs_again_and_loses_no_attempt(
    redis_url: str, queue: TaskQueue, page: Page, lot: Lot, eventually: Eventually
) -> None:
    async with working(redis_url, queue, page, lot):
        receipt = await queue.enqueue("run_brooding")
        await asyncio.wait_for(page.reached.wait(), 10)

    assert await queue.job(receipt).status() is JobStatus.QUEUED
    assert not await queue.redis.exists(f"mindfleet:failures:{receipt}")


async def test_nothing_is_left_of_a_job_but_its_result(
    redis_url: str, queue: TaskQueue, page: Page, lot: Lot, eventually: Eventually
) -> None:
    async with working(redis_url, queue, page, lot):
        page.errors = [ConnectionError("away")]
        receipt = await queue.enqueue("run_note", text="hello")
        await queue.wait(receipt)

        async def quiet() -> bool:
            return page.lines[-1:] == ["copy of hello"] and not await queue.redis.zcard("arq:sensory")

        await eventually(quiet)
        left = {key.decode() for key in await queue.redis.keys()}

    stays = ("arq:result:", "task:", "mindfleet:share:", "mindfleet:pace:", "mindfleet:fleet:", "mindfleet:idle:")
    other = {key for key in left if not key.startswith(stays)}
    for_ever = {"mindfleet:counts:sensory", "mindfleet:seq", "mindfleet:epoch", "mindfleet:ledger", "mindfleet:results"}
    assert other == for_ever | {"arq:sensory:health-check"}
    assert json.loads(await queue.redis.get(f"arq:result:{receipt}"))["s"] is True
