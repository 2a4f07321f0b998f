"""Who is told of a job that failed for good; whatever a hook does, the job is parked and the worker lives."""

import asyncio
import logging
import sys
from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from mindfleet import BotJob, Queue, Retry, task
from mindfleet.errors import SettingsInvalid, StoreUnavailable
from mindfleet.ports.parked import OnParked, ParkedJob
from mindfleet.registry import Registry
from mindfleet.runtime.parking import AT_ONCE, PATIENCE, Parking, hooks_named
from mindfleet.testing.in_memory_parked import InMemoryParked

Eventually = Callable[[Callable[[], Awaitable[bool]]], Awaitable[None]]

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
JOB = ParkedJob(
    job_id="letter-1",
    task="run_letter",
    queue="arq:action",
    payload={"bot_name": "wren"},
    error="TimedOut",
    message="too slow",
    traceback="",
    attempts=3,
    enqueued_at=None,
    parked_at=NOON,
)
of_the_task: list[str] = []


async def note_letter(job: ParkedJob) -> None:
    of_the_task.append(job.job_id)


class Letter(BotJob):
    pass


class Postcard(BotJob):
    pass


@task(queue=Queue.ACTION, timeout=timedelta(seconds=5), retry=Retry(attempts=1), on_parked=note_letter)
async def run_letter(job: Letter) -> None:
    """Send it."""


@task(queue=Queue.ACTION, timeout=timedelta(seconds=5), retry=Retry(attempts=1))
async def run_postcard(job: Postcard) -> None:
    """Send it."""


TASKS = Registry([run_letter, run_postcard])


class At:
    """A clock that stands."""

    def __init__(self, moment: datetime) -> None:
        self.moment = moment

    def now(self) -> datetime:
        return self.moment


class Told:
    """A hook that remembers."""

    def __init__(self) -> None:
        self.of: list[str] = []

    async def __call__(self, job: ParkedJob) -> None:
        self.of.append(job.job_id)


@pytest.fixture
def parked() -> InMemoryParked:
    of_the_task.clear()
    return InMemoryParked()


def parking(parked: InMemoryParked, *hooks: OnParked, at: datetime = NOON, keep: timedelta = timedelta()) -> Parking:
    return Parking(parked, At(at), TASKS, hooks=hooks, keep=keep, limit=timedelta(seconds=0.2))


async def untold(parked: InMemoryParked) -> list[str]:
    return [job.job_id for job in await parked.untold(datetime.max.replace(tzinfo=UTC))]


async def test_tells_the_tasks_own_hook_and_those_of_all_tasks(parked: InMemoryParked) -> None:
    everyones = Told()
    lot = parking(parked, everyones)
    await lot.park(JOB)
    await lot.park(replace(JOB, job_id="postcard-1", task="run_postcard"))
    await lot.park(replace(JOB, job_id="odd-1", task="run_what"))
    await lot.close()

    assert everyones.of == ["letter-1", "postcard-1", "odd-1"]
    assert of_the_task == ["letter-1"]
    assert await untold(parked) == []


async def test_a_park_that_is_away_is_said_and_tells_nobody() -> None:
    class Away(InMemoryParked):
        async def park(self, job: ParkedJob) -> None:
            raise StoreUnavailable("away")

    everyones = Told()
    lot = parking(Away(), everyones)
    with pytest.raises(StoreUnavailable):
        await lot.park(JOB)
    await lot.close()

    assert everyones.of == []


async def raises(job: ParkedJob) -> None:
    raise ZeroDivisionError


async def leaves(job: ParkedJob) -> None:
    sys.exit(3)


async def interrupts(job: ParkedJob) -> None:
    raise KeyboardInterrupt


async def cancels(job: ParkedJob) -> None:
    raise asyncio.CancelledError


async def hangs(job: ParkedJob) -> None:
    await asyncio.Event().wait()


async def hangs_on(job: ParkedJob) -> None:
    """Does not even end when it is cancelled."""
    never = asyncio.Event()
    for _ in range(2):
        try:
            await never.wait()
        except asyncio.CancelledError:
            continue


@pytest.mark.parametrize("hook", [raises, leaves, interrupts, cancels, hangs, hangs_on])
async def test_whatever_a_hook_does_the_job_is_parked_and_the_next_hook_is_told(
    parked: InMemoryParked, hook: OnParked, eventually: Eventually
) -> None:
    everyones = Told()
    lot = parking(parked, hook, everyones)
    await lot.park(JOB)

    async def told() -> bool:
        return not await untold(parked)

    await eventually(told)
    assert everyones.of == ["letter-1"]
    assert await parked.get("letter-1") == JOB
    await lot.close()
    left = [running for running in asyncio.all_tasks() if "hangs_on" in repr(running.get_coro())]
    for running in left:
        running.cancel()


async def test_an_error_of_a_hook_is_logged(parked: InMemoryParked, caplog: pytest.LogCaptureFixture) -> None:
    lot = parking(parked, raises, hangs)
    with caplog.at_level(logging.ERROR):
        await lot.park(JOB)
        await lot.close()

    assert any("raises failed for letter-1" in record.message and record.exc_info for record in caplog.records)
    assert "hangs took longer than 0.2 s for letter-1" in caplog.text


async def test_parking_waits_for_no_hook(parked: InMemoryParked) -> None:
    gate, started = asyncio.Event(), asyncio.Semaphore(0)

    async def slow(job: ParkedJob) -> None:
        started.release()
        await gate.wait()

    lot = Parking(parked, At(NOON), TASKS, hooks=[slow], limit=timedelta(seconds=30))
    for number in range(AT_ONCE + 4):
        await lot.park(replace(JOB, job_id=f"letter-{number}"))
    async with asyncio.timeout(10):
        for _ in range(AT_ONCE):
            await started.acquire()
    assert started.locked()
    assert len(await untold(parked)) == AT_ONCE + 4

    gate.set()
    await lot.close()
    assert await untold(parked) == []


async def test_what_a_dead_worker_did_not_tell_is_told_by_the_next(parked: InMemoryParked) -> None:
    await parked.park(JOB)
    everyones = Told()

    assert await parking(parked, everyones, at=NOON + PATIENCE).catch_up() == (0, 0)
    later = parking(parked, everyones, at=NOON + 2 * PATIENCE)
    assert await later.catch_up() == (1, 0)
    assert await later.catch_up() == (0, 0)
    assert everyones.of == ["letter-1"]


async def test_what_was_kept_long_enough_is_forgotten(parked: InMemoryParked) -> None:
    await parked.park(JOB)
    await parked.park(replace(JOB, job_id="letter-2", parked_at=NOON + timedelta(days=1)))
    later = NOON + timedelta(days=90, hours=1)

    assert await parking(parked, at=later).catch_up() == (2, 0)
    assert await parking(parked, at=later, keep=timedelta(days=90)).catch_up() == (0, 1)
    assert await parked.ids() == ["letter-2"]


def test_hooks_are_found_by_their_names() -> None:
    assert [hook.__name__ for hook in hooks_named(["asyncio:open_connection"])] == ["open_connection"]


@pytest.mark.parametrize(
    ("name", "why"),
    [("no_such_module:f", "cannot be found"), ("json:nothing", "cannot be found"), ("json:dumps", "is no `async def`")],
)
def test_a_hook_that_is_none_is_refused_by_name(name: str, why: str) -> None:
    with pytest.raises(SettingsInvalid, match=why):
        hooks_named([name])
