"""One timer ends every job that takes too long."""

import asyncio
import gc
import weakref

import pytest

from mindfleet.runtime.alarm import Alarm


async def rung(span: float) -> bool:
    try:
        with Alarm(span) as alarm:
            await asyncio.Event().wait()
    except TimeoutError:
        return alarm.expired()
    return False


async def test_each_rings_at_its_own_time() -> None:
    ended: list[float] = []

    async def one(span: float) -> None:
        assert await rung(span)
        ended.append(span)

    await asyncio.gather(*(one(span) for span in (0.06, 0.02, 0.04)))

    assert ended == [0.02, 0.04, 0.06]


async def test_what_ends_in_time_is_left_alone() -> None:
    with Alarm(0.01) as alarm:
        pass
    assert await rung(0.02)
    assert not alarm.expired()
    running = asyncio.current_task()
    assert running
    assert not running.cancelling()


async def test_one_that_is_put_off_rings_later_and_one_that_is_stopped_does_not() -> None:
    other = asyncio.create_task(rung(0.02))

    async def put_off() -> None:
        with Alarm(0.01) as alarm:
            alarm.reschedule(asyncio.get_running_loop().time() + 0.03)
            assert await other
            assert not alarm.expired()
            await asyncio.Event().wait()

    with Alarm(0.01) as stopped:
        stopped.reschedule(None)
        with pytest.raises(TimeoutError):
            await put_off()
    assert not stopped.expired()


async def test_a_cancellation_that_is_not_its_own_stays_one() -> None:
    task = asyncio.create_task(rung(10))
    await asyncio.sleep(0)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task


async def test_a_cancellation_beside_the_ring_is_not_swallowed() -> None:
    async def job() -> None:
        with Alarm(10) as alarm:
            alarm.ring()
            await asyncio.Event().wait()

    task = asyncio.create_task(job())
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task


def test_a_loop_that_is_done_is_not_kept() -> None:
    loop = asyncio.new_event_loop()
    loop.run_until_complete(rung(0.01))
    loop.close()
    kept = weakref.ref(loop)
    del loop
    gc.collect()
    assert kept() is None
