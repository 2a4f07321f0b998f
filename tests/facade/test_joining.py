"""Jobs that are enqueued at the same time share round trips."""

import asyncio
from collections.abc import Sequence

import pytest
from redis.exceptions import ConnectionError as RedisConnectionError

from mindfleet.entrants import MOST_AT_ONCE, Entrant
from mindfleet.joining import Joining
from mindfleet.receipt import Receipt


class Line:
    """Sends nothing: holds every call until it is let go, and answers with the jobs' own ids."""

    def __init__(self) -> None:
        self.sent: list[list[str]] = []
        self.error: Exception | None = None
        self.free = asyncio.Event()
        self.calls = asyncio.Semaphore(0)

    async def send(self, entrants: Sequence[Entrant]) -> list[Receipt]:
        self.sent.append([each.job_id for each in entrants])
        self.calls.release()
        await self.free.wait()
        if self.error:
            raise self.error
        return [Receipt(each.job_id, "queued") for each in entrants]


@pytest.fixture
def line() -> Line:
    return Line()


def a_job(job_id: str) -> Entrant:
    return Entrant(job_id=job_id, queue="arq:cognition", data=b"{}")


def enqueued(joining: Joining, names: Sequence[str]) -> "list[asyncio.Task[Receipt]]":
    return [asyncio.create_task(joining.let_in(a_job(name))) for name in names]


async def test_a_lone_job_goes_at_once(line: Line) -> None:
    line.free.set()
    assert await Joining(line.send, 1.0).let_in(a_job("a")) == Receipt("a", "queued")


async def test_those_that_come_meanwhile_go_together_in_their_order(line: Line) -> None:
    calls = enqueued(Joining(line.send, 1.0), ["a", "b", "c", "d"])
    await line.calls.acquire()
    line.free.set()

    receipts = await asyncio.gather(*calls)

    assert [str(receipt) for receipt in receipts] == ["a", "b", "c", "d"]
    assert line.sent == [["a"], ["b", "c", "d"]]


async def test_no_more_go_together_than_one_script_takes(line: Line) -> None:
    calls = enqueued(Joining(line.send, 1.0), [str(number) for number in range(MOST_AT_ONCE + 2)])
    await line.calls.acquire()
    line.free.set()

    await asyncio.gather(*calls)

    assert [len(sent) for sent in line.sent] == [1, MOST_AT_ONCE, 1]


async def test_an_error_is_told_to_all_who_went_together_and_to_nobody_after_them(line: Line) -> None:
    joining = Joining(line.send, 1.0)
    line.error = RedisConnectionError("away")
    line.free.set()
    answers = await asyncio.gather(*enqueued(joining, ["a", "b", "c"]), return_exceptions=True)
    assert answers == [line.error] * 3

    line.error = None
    assert (await joining.let_in(a_job("d"))).queued


async def test_who_gives_up_before_it_is_sent_is_not_sent(line: Line) -> None:
    calls = enqueued(Joining(line.send, 1.0), ["a", "b", "c"])
    await line.calls.acquire()
    calls[1].cancel()
    line.free.set()

    await asyncio.gather(*calls, return_exceptions=True)

    assert line.sent == [["a"], ["c"]]


async def test_who_gives_up_after_it_was_sent_takes_nobody_along(line: Line) -> None:
    calls = enqueued(Joining(line.send, 1.0), ["a", "b", "c"])
    await line.calls.acquire()
    calls[0].cancel()
    await line.calls.acquire()
    calls[1].cancel()
    line.free.set()

    answers = await asyncio.gather(*calls, return_exceptions=True)

    assert answers[2] == Receipt("c", "queued")
    assert line.sent == [["a"], ["b", "c"]]


async def test_a_call_that_hangs_holds_up_the_next_only_for_so_long(line: Line) -> None:
    joining = Joining(line.send, 0.01)
    calls = enqueued(joining, ["a", "b"])
    await line.calls.acquire()
    calls[0].cancel()
    with pytest.raises(TimeoutError):
        await calls[1]

    line.free.set()
    assert (await joining.let_in(a_job("c"))).queued


async def test_who_waits_when_it_is_closed_is_told(line: Line) -> None:
    joining = Joining(line.send, 1.0)
    calls = enqueued(joining, ["a", "b", "c"])
    await line.calls.acquire()
    calls[0].cancel()
    await line.calls.acquire()
    late = asyncio.create_task(joining.let_in(a_job("late")))
    await asyncio.sleep(0)

    await joining.close()

    answers = await asyncio.gather(*calls[1:], late, return_exceptions=True)
    assert [str(answer) for answer in answers] == ["the queue was closed"] * 3
