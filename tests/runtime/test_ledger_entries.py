"""What scripts append to the ledger's stream is read as what happened, whichever version wrote it, piece by piece."""

from collections.abc import Sequence
from itertools import count
from time import time

import pytest
from redis.asyncio import Redis

from mindfleet.adapters.postgres import Database, PostgresLedger
from mindfleet.ports.ledger import Again, Ended, Event, Merged, Queued
from mindfleet.runtime.ledger_entries import COUNT_BITS, QUEUED, STREAM, WATERMARK, events_of, read
from mindfleet.runtime.ledger_writer import MOST_WORK, writing
from tests.conftest import Eventually
from tests.runtime.desk import Desk
from tests.runtime.ledger_stream import Failing, enqueued, new_id

pytestmark = pytest.mark.stack


async def test_a_job_is_told_as_the_script_tells_it(desk: Desk) -> None:
    await desk.put("a ✨", durable=True, lane="intake", name="n", unique="done", priority=3)

    [entry] = await read(desk.redis, count=10)
    [event] = events_of([entry])

    assert entry[1][::2] == QUEUED
    assert isinstance(event, Queued)
    assert (event.id, event.lane, event.name, event.unique, event.priority) == ("a ✨", "intake", "n", "done", 3)
    assert event.deadline is None


async def test_the_order_of_the_fields_makes_no_difference_and_unknown_ones_none_either() -> None:
    told = {b"id": b"a", b"queue": b"q", b"due": b"-5", b"seq": b"x", b"prio": b"1e400", b"from the future": b"?"}
    [event] = events_of([(b"5-1", [b"e", b"queued", *(word for pair in told.items() for word in pair)])])

    assert isinstance(event, Queued)
    assert (event.id, event.queue, event.due, event.seq, event.priority) == ("a", "q", -5, None, None)
    assert event.envelope == b""


def test_one_entry_tells_of_many_ends_and_of_a_job_the_last() -> None:
    told = [b"e", b"ended", b"id:a", b"done", b"later", b"?", b"id:id:b\x00\xff", b"parked", b"id:a", b"failed"]
    ended = events_of([(b"0-1", told)])

    assert ended == [Ended(1, "a", "done"), Ended(1, "id:b\ufffd\ufffd", "parked"), Ended(1, "a", "failed")]


def test_what_comes_between_is_read_too() -> None:
    merged = [b"e", b"merged", b"id", b"a", b"job", b"\xff"]
    again = [b"e", b"again", b"id", b"a", b"fails", b"2", b"due", b"1790000000000.0"]

    assert events_of([(b"0-1", merged), (b"0-2", again)]) == [
        Merged(1, "a", b"\xff"),
        Again(2, "a", 2, 1_790_000_000_000),
    ]
    assert events_of([(b"0-3", [b"e", b"again", b"id", b"a"])]) == [Again(3, "a", 0, None)]


class Noting(Failing):
    """Notes how much it was given at a time."""

    def __init__(self) -> None:
        super().__init__()
        self.sizes: list[int] = []

    async def write(self, events: Sequence[Event]) -> None:
        self.sizes.append(len(events))
        await super().write(events)


async def test_many_long_entries_are_written_in_pieces(redis: Redis, eventually: Eventually) -> None:
    numbers, ledger = count(), Noting()
    for _ in range(9):
        await redis.xadd(STREAM, {"e": "ended", **{f"id:{next(numbers)}": "done" for _ in range(900)}})
    for _ in range(MOST_WORK):
        await enqueued(redis, f"job {next(numbers)}")
    async with writing(redis, ledger, owner="a") as writer:
        await eventually(lambda: _is_written(redis))
        assert writer.written == 9 + MOST_WORK

    assert {event.id.removeprefix("job ") for event in ledger.written} == {str(n) for n in range(next(numbers))}
    assert sum(ledger.sizes) == 9 * 900 + MOST_WORK
    assert max(ledger.sizes) <= MOST_WORK
    assert len([size for size in ledger.sizes if size == 1800]) == 4


async def test_an_entry_of_more_than_a_piece_is_written_whole(redis: Redis, eventually: Eventually) -> None:
    ledger = Noting()
    await enqueued(redis, "before")
    await redis.xadd(STREAM, {"e": "ended", **{f"id:{number}": "done" for number in range(MOST_WORK + 1)}})
    async with writing(redis, ledger, owner="a"):
        await eventually(lambda: _is_written(redis))

    assert ledger.sizes == [1, MOST_WORK + 1]


async def test_what_is_there_below_the_watermark_is_written_and_goes(redis: Redis, eventually: Eventually) -> None:
    ledger = Noting()
    await redis.set(WATERMARK, "9000000000000-0")
    await enqueued(redis, "a")
    async with writing(redis, ledger, owner="a"):
        await eventually(lambda: _is_written(redis))

    assert [event.id for event in ledger.written] == ["a"]
    assert await redis.get(WATERMARK) == b"9000000000000-0"


async def test_what_was_merged_is_gone_with_the_end_of_the_job_whichever_is_written_first(database: Database) -> None:
    ledger, start = PostgresLedger(database), int(time() * 1000) << COUNT_BITS
    whole, known, again = new_id(), new_id(), new_id()
    await ledger.write([Merged(start + number, its, b"words") for number, its in enumerate((whole, known, again))])
    [told] = events_of([(f"{start >> COUNT_BITS}-9".encode(), [b"e", b"queued", b"id", whole.encode()])])

    await ledger.write([told, *(Ended(start + 10, its, "done") for its in (whole, known, again))])
    await ledger.write([Merged(start + 11, again, b"of the next"), Merged(start + 8, whole, b"late")])

    left = await database.fetch("SELECT entry FROM merged_payloads WHERE job_id = ANY ($1)", [whole, known, again])
    assert [row["entry"] for row in left] == [start + 11]


async def _is_written(redis: Redis) -> bool:
    return not await redis.xlen(STREAM)
