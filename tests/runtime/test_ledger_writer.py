"""The ledger's stream reaches PostgreSQL: soon, wholly, and whoever dies on the way."""

import asyncio
import logging
from collections.abc import Sequence
from contextlib import AsyncExitStack
from logging.handlers import BufferingHandler
from time import monotonic
from uuid import uuid4

import pytest
from redis.asyncio import Redis

from mindfleet.adapters.postgres import Database, PostgresLedger
from mindfleet.lua import WATERMARK as MOVE_WATERMARK
from mindfleet.ports.ledger import Event
from mindfleet.runtime import ledger_writer
from mindfleet.runtime.ledger_entries import STREAM, WATERMARK, entry_id, entry_number
from mindfleet.runtime.ledger_writer import LEADER, LedgerWriter, lag, writing
from mindfleet.testing.in_memory_ledger import InMemoryLedger
from tests.conftest import Eventually
from tests.runtime.ledger_stream import Failing, ended, enqueued, new_id


async def test_a_row_is_there_soon_after_the_job_is_accepted(redis: Redis, database: Database) -> None:
    ledger, waits = PostgresLedger(database), list[float]()
    async with writing(redis, ledger, owner="a"):
        for _ in range(20):
            job_id, start = new_id(), monotonic()
            await enqueued(redis, job_id)
            while not await ledger.states([job_id]):
                assert monotonic() - start < 5
            waits.append(monotonic() - start)

    assert sorted(waits)[len(waits) // 2] < 0.25


async def test_nothing_is_lost_and_nothing_comes_twice_among_thousands(
    redis: Redis, database: Database, eventually: Eventually
) -> None:
    ledger, jobs = PostgresLedger(database), [new_id() for _ in range(2500)]
    async with writing(redis, ledger, owner="a"), writing(redis, ledger, owner="b"):
        for job_id in jobs:
            await enqueued(redis, job_id)
        for job_id in jobs[:1000]:
            await ended(redis, job_id)

        async def all_is_written() -> bool:
            return not await redis.xlen(STREAM)

        await eventually(all_is_written)

    states = await ledger.states(jobs)
    assert len(states) == len(jobs)
    assert {job_id for job_id, state in states.items() if state.outcome} == set(jobs[:1000])


async def test_the_watermark_says_what_is_written_and_the_stream_forgets_it(
    redis: Redis, eventually: Eventually
) -> None:
    ledger = Failing()
    await enqueued(redis, new_id())
    last = await enqueued(redis, new_id())
    async with redis.pubsub() as channel, writing(redis, ledger, owner="a") as writer:
        await channel.subscribe(WATERMARK)

        async def has_moved() -> bool:
            return bool(await redis.get(WATERMARK) == last)

        await eventually(has_moved)
        assert (await channel.get_message(timeout=5) or {}).get("type") == "subscribe"
        assert (await channel.get_message(timeout=5) or {}).get("data") == last
        assert await redis.xlen(STREAM) == 0
        assert len(ledger.written) == 2
        assert writer.written == 2


async def test_while_postgresql_is_away_the_stream_keeps_everything_and_one_line_says_so(
    redis: Redis, eventually: Eventually, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ledger_writer, "SLOW", ledger_writer.GATHER)
    log, kept = logging.Logger("ledger"), BufferingHandler(1000)  # noqa: LOG001 - it hears all, whatever others set up
    log.addHandler(kept)
    monkeypatch.setattr(ledger_writer, "logger", log)
    ledger, jobs = Failing(), [new_id() for _ in range(3)]
    ledger.is_away = True
    async with writing(redis, ledger, owner="a") as writer:
        for job_id in jobs:
            await enqueued(redis, job_id)

        async def tried_often() -> bool:
            return ledger.asked >= 4

        await eventually(tried_often)
        assert await redis.xlen(STREAM) == 3
        assert await redis.get(WATERMARK) is None
        assert writer.lag > ledger_writer.GATHER
        ledger.is_away = False

        async def all_is_written() -> bool:
            return not await redis.xlen(STREAM)

        await eventually(all_is_written)

    assert [event.id for event in ledger.written] == jobs
    lines = [record.getMessage() for record in kept.buffer]
    assert [line for line in lines if "away" in line] == [
        "the ledger waits for a server that is away: PostgreSQL is away"
    ]
    assert any("after Redis" in line for line in lines)
    assert any("goes on" in line for line in lines)


class Stuck(InMemoryLedger):
    """A ledger whose writer never comes back."""

    def __init__(self) -> None:
        super().__init__()
        self.is_asked = asyncio.Event()

    async def write(self, events: Sequence[Event]) -> None:
        self.is_asked.set()
        await asyncio.Event().wait()


async def test_another_takes_over_within_three_seconds_when_the_leader_is_stuck(
    redis: Redis, eventually: Eventually
) -> None:
    stuck, other = Stuck(), Failing()
    async with writing(redis, stuck, owner="stuck"):
        await enqueued(redis, new_id())
        await stuck.is_asked.wait()
        start = monotonic()
        async with writing(redis, other, owner="other"):

            async def the_other_wrote() -> bool:
                return bool(other.written)

            await eventually(the_other_wrote)
            assert monotonic() - start < 3


async def test_one_that_stops_lets_another_lead_at_once(redis: Redis, eventually: Eventually) -> None:
    async with writing(redis, Failing(), owner="a") as writer:

        async def it_leads() -> bool:
            return writer.leads

        await eventually(it_leads)
        assert await redis.get(LEADER) == b"a"
    assert await redis.get(LEADER) is None


async def test_only_one_writes_at_a_time(redis: Redis, eventually: Eventually) -> None:
    async with AsyncExitStack() as stack:
        writers = [await stack.enter_async_context(writing(redis, Failing(), owner=str(n))) for n in range(4)]
        await enqueued(redis, new_id())

        async def it_is_written() -> bool:
            return not await redis.xlen(STREAM)

        await eventually(it_is_written)
        assert [writer.written for writer in writers if writer.written] == [1]
        assert sum(writer.leads for writer in writers) == 1


async def test_who_was_overtaken_moves_nothing(redis: Redis) -> None:
    first, second = await enqueued(redis, new_id()), await enqueued(redis, new_id())
    await redis.set(LEADER, "other")

    assert (await MOVE_WATERMARK(redis, "late", 2000, second.decode()))[0] == 0
    assert await redis.get(WATERMARK) is None
    assert await redis.xlen(STREAM) == 2

    assert (await MOVE_WATERMARK(redis, "other", 2000, second.decode()))[0] == 1
    assert (await MOVE_WATERMARK(redis, "other", 2000, first.decode()))[0] == 1
    assert await redis.get(WATERMARK) == second
    assert await redis.pttl(LEADER) > 0


@pytest.mark.parametrize(
    ("mark", "entry", "moves"),
    [
        ("5-1", "5-2", True),
        ("5-10", "5-9", False),
        ("9-0", "10-0", True),
        ("10-0", "9-5", False),
        ("5-1", "5-1", False),
        ("1790000000000-0", "1790000000001-0", True),
    ],
)
async def test_the_watermark_never_goes_back(redis: Redis, mark: str, entry: str, moves: bool) -> None:
    await redis.set(LEADER, "me")
    await redis.set(WATERMARK, mark)
    await MOVE_WATERMARK(redis, "me", 2000, entry)

    assert await redis.get(WATERMARK) == (entry if moves else mark).encode()


async def test_trimming_takes_exactly_what_is_written(redis: Redis) -> None:
    for number in range(3):
        await redis.xadd(STREAM, {"e": "ended", "id:x": "done"}, id=f"1790000000000-{number}")
    await redis.set(LEADER, "me")
    await MOVE_WATERMARK(redis, "me", 2000, "1790000000000-1")

    assert [its_id for its_id, _ in await redis.xrange(STREAM)] == [b"1790000000000-2"]


async def test_a_batch_that_was_written_before_its_writer_died_changes_nothing(
    redis: Redis, database: Database, eventually: Eventually
) -> None:
    ledger, job_id = PostgresLedger(database), new_id()

    class DiesAfterwards(PostgresLedger):
        async def write(self, events: Sequence[Event]) -> None:
            await super().write(events)
            raise asyncio.CancelledError

    await enqueued(redis, job_id)
    await ended(redis, job_id)
    dying = LedgerWriter(redis, DiesAfterwards(database), owner="dying")
    with pytest.raises(asyncio.CancelledError):
        await dying.run()
    before = await ledger.states([job_id])
    assert await redis.xlen(STREAM) == 2

    async with writing(redis, ledger, owner="next"):

        async def all_is_written() -> bool:
            return not await redis.xlen(STREAM)

        await eventually(all_is_written)
    assert await ledger.states([job_id]) == before
    assert before[job_id].outcome == "done"


async def test_what_postgresql_cannot_hold_is_said_and_holds_nobody_up(
    redis: Redis, eventually: Eventually, caplog: pytest.LogCaptureFixture
) -> None:
    ledger, jobs = Failing(), [f"job {uuid4().hex}" for _ in range(7)]
    ledger.cannot_hold = {jobs[4]}
    for job_id in jobs:
        await enqueued(redis, job_id)
    async with writing(redis, ledger, owner="a"):

        async def all_is_written() -> bool:
            return not await redis.xlen(STREAM)

        await eventually(all_is_written)

    assert {event.id for event in ledger.written} == set(jobs) - {jobs[4]}
    assert f"job {jobs[4]} is in Redis only" in caplog.text


async def test_an_id_too_long_for_an_index_is_refused_as_such(
    redis: Redis, database: Database, eventually: Eventually, caplog: pytest.LogCaptureFixture
) -> None:
    monster = "".join(uuid4().hex for _ in range(400))
    fine = new_id()
    await enqueued(redis, monster)
    await enqueued(redis, fine)
    async with writing(redis, PostgresLedger(database), owner="a"):

        async def all_is_written() -> bool:
            return not await redis.xlen(STREAM)

        await eventually(all_is_written)

    assert set(await PostgresLedger(database).states([monster, fine])) == {fine}
    assert "is in Redis only" in caplog.text


async def test_a_redis_that_lost_everything_is_read_from_its_new_beginning(
    redis: Redis, eventually: Eventually
) -> None:
    ledger = Failing()
    async with writing(redis, ledger, owner="a"):
        await redis.xadd(STREAM, {"e": "ended", "id:before": "done"}, id="9000000000000-0")

        async def it_is_written() -> bool:
            return bool(ledger.written)

        await eventually(it_is_written)
        await redis.flushdb()
        await enqueued(redis, "after")

        async def the_new_one_is_written() -> bool:
            return len(ledger.written) == 2

        await eventually(the_new_one_is_written)


async def test_entries_of_a_kind_to_come_are_passed_over(
    redis: Redis, eventually: Eventually, caplog: pytest.LogCaptureFixture
) -> None:
    ledger = Failing()
    await redis.xadd(STREAM, {"e": "from the future", "id": "x"})
    await enqueued(redis, "known")
    async with writing(redis, ledger, owner="a"):

        async def it_is_written() -> bool:
            return bool(ledger.written)

        await eventually(it_is_written)

    assert [event.id for event in ledger.written] == ["known"]
    assert "from the future" in caplog.text


async def test_anybody_can_tell_how_old_the_oldest_unwritten_entry_is(redis: Redis) -> None:
    assert (await lag(redis)).total_seconds() == 0
    await redis.xadd(STREAM, {"e": "ended", "id:x": "done"}, id="1000-0")
    assert (await lag(redis)).total_seconds() > 1_000_000


async def test_an_entry_that_tells_of_no_job_is_not_late_however_low_its_id(redis: Redis) -> None:
    await redis.xadd(STREAM, {"e": "floor"}, id="0-1")
    assert (await lag(redis)).total_seconds() == 0
    await redis.xadd(STREAM, {"e": "ended", "id:x": "done"}, id="1000-0")
    assert (await lag(redis)).total_seconds() > 1_000_000


async def test_the_first_start_of_a_fleet_is_no_cause_for_alarm(
    redis: Redis, eventually: Eventually, caplog: pytest.LogCaptureFixture
) -> None:
    await redis.xadd(STREAM, {"e": "floor"}, id="0-1")
    async with writing(redis, Failing(), owner="a") as writer:

        async def it_is_passed() -> bool:
            return writer.written == 1

        await eventually(it_is_passed)
    assert "after Redis" not in caplog.text
    assert writer.lag.total_seconds() == 0


def test_numbers_keep_the_order_of_ids() -> None:
    ids = ["0-1", "5-0", "5-1048575", "5-1048576", "1790000000000-0", "1790000000000-1", "1790000000001-0"]
    numbers = [entry_number(its_id) for its_id in ids]

    assert numbers == sorted(numbers)
    assert entry_id(entry_number("1790000000000-7")) == "1790000000000-7"
