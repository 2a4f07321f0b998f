"""What a job does, and the tasks that it creates, may not end its worker's process; a signal may."""

import asyncio
import signal
from collections.abc import AsyncGenerator, Callable, Iterator
from functools import partial
from signal import SIGINT, SIGTERM
from typing import Any

import pytest

from mindfleet import JobFailed
from mindfleet.runtime.staying import Staying, WantedToLeave, guard
from tests.conftest import Eventually
from tests.runtime.house import House


@pytest.mark.stack
@pytest.mark.parametrize("number", [SIGTERM, SIGINT])
async def test_no_task_that_a_job_creates_ends_its_worker_and_a_signal_does(
    house: House, eventually: Eventually, number: signal.Signals
) -> None:
    kinds = ("exit", "interrupt", "cancelled", "group")
    async with house.process() as process:
        for kind in kinds:
            receipt = await house.queue.enqueue("run_leaving", name=kind, kind=kind)
            with pytest.raises(JobFailed):
                await house.queue.wait(receipt, timeout=20)
        await house.queue.wait(await house.queue.enqueue("run_leaving", name="unseen", kind="unseen"), timeout=20)
        await house.queue.wait(await house.put("after all"), timeout=20)
        assert process.returncode is None

        process.send_signal(number)
        assert await asyncio.wait_for(process.wait(), 20) >= 0

    assert await house.noted("began") == [*kinds, "unseen", "after all"]
    assert await house.noted("ended") == ["unseen", "after all"]
    assert await house.counts() == {"parked": 4, "done": 2}


@pytest.fixture
async def guarded() -> AsyncGenerator[asyncio.AbstractEventLoop]:
    """The loop of a worker."""
    loop = asyncio.get_running_loop()
    before = loop.get_task_factory()
    assert guard(guard(loop)) is loop
    yield loop
    loop.set_task_factory(before)


async def leaves() -> None:
    raise SystemExit(1)


@pytest.mark.usefixtures("guarded")
async def test_what_a_job_creates_is_guarded_and_so_is_what_that_creates() -> None:
    async def creates() -> None:
        with pytest.raises(WantedToLeave, match="a task of a job wanted to end its process: SystemExit: 1"):
            await asyncio.create_task(leaves())

    with Staying("a job"):
        await asyncio.create_task(creates(), name="its name")


@pytest.mark.usefixtures("guarded")
async def test_a_task_that_is_cancelled_before_it_began_is_no_more_than_that() -> None:
    with Staying("a job"):
        late = asyncio.create_task(leaves())
    late.cancel()
    await asyncio.wait({late})
    assert late.cancelled()
    assert "leaves" in repr(late)


async def test_a_factory_that_somebody_else_has_set_still_makes_the_tasks() -> None:
    loop, made = asyncio.get_running_loop(), list[Any]()

    def factory(loop: asyncio.AbstractEventLoop, work: Any, **about: Any) -> Any:
        made.append(work)
        return asyncio.Task(work, loop=loop, **about)

    before = loop.get_task_factory()
    loop.set_task_factory(factory)
    try:
        guard(loop)
        with Staying("a job"), pytest.raises(WantedToLeave):
            await asyncio.create_task(leaves())
    finally:
        loop.set_task_factory(before)
    assert len(made) == 1


@pytest.fixture
def handled_by() -> Iterator[Callable[[Any], object]]:
    before = signal.getsignal(SIGINT)
    yield partial(signal.signal, SIGINT)
    signal.signal(SIGINT, before)


async def test_ctrl_c_that_hits_a_job_by_chance_is_not_the_jobs(handled_by: Callable[[Any], object]) -> None:
    """Where the loop handles no signals, as in an embedded worker."""
    handled_by(signal.default_int_handler)
    with pytest.raises(KeyboardInterrupt), Staying("a job"):
        signal.raise_signal(SIGINT)

    def interrupts(*_: object) -> None:
        raise KeyboardInterrupt

    for handler in (interrupts, partial(interrupts, "as asyncio's runner has it")):
        handled_by(handler)
        with pytest.raises(KeyboardInterrupt), Staying("a job"):
            signal.raise_signal(SIGINT)
        with pytest.raises(WantedToLeave), Staying("a job"):
            raise KeyboardInterrupt
