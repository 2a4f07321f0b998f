"""What every keeper of the `Ledger` must do."""

from dataclasses import asdict, replace
from datetime import timedelta
from itertools import count, permutations
from time import time
from uuid import uuid4

import pytest

from mindfleet.ports.ledger import Again, DurableJob, Ended, Event, Merged, Queued
from tests.contracts.stores import Stores

LONG_AGO = 1_000_000_000_000
"""An entry's milliseconds in 2001."""

_entries = count()


def entry(*, ms: int | None = None) -> int:
    """The number of an entry that comes after all others of this run; of that time or of now."""
    return ((ms or int(time() * 1000)) << 20) + next(_entries)


def queued(job_id: str, *, at: int | None = None, due: int | None = None, envelope: bytes = b'{"f":1}') -> Queued:
    return Queued(
        entry=at or entry(),
        id=job_id,
        queue="arq:cognition",
        task="run_summarization",
        bot_name="juniper",
        user_id="ana",
        priority=7,
        lane="intake:juniper:dm:ana",
        gates="openai:chat",
        due=due,
        seq=12,
        deadline=1_900_000_000_123,
        name="summary of ana",
        unique="done",
        merge="500:2000",
        envelope=envelope,
    )


async def unfinished(stores: Stores, bot: str) -> list[DurableJob]:
    """Those of one test."""
    after, found = 0, list[str]()
    while page := await stores.ledger.unfinished(after=after, limit=500):
        found += [job_id for _, job_id in page if job_id.startswith(bot)]
        after, _ = page[-1]
    return list(await stores.ledger.of_unfinished(found))


async def test_gives_back_everything_that_it_takes_to_put_a_job_back(stores: Stores, bot: str) -> None:
    event = queued(f"{bot} ✨", due=1_800_000_000_456, envelope=b"\x00\xff{}")
    await stores.ledger.write([event])

    assert await unfinished(stores, bot) == [DurableJob(**asdict(event), fails=0, starts=0)]


async def test_what_is_not_given_stays_unknown(stores: Stores, bot: str) -> None:
    await stores.ledger.write([replace(queued(bot), priority=None, seq=None, deadline=None, lane="", name="")])

    (job,) = await unfinished(stores, bot)
    assert (job.priority, job.due, job.seq, job.deadline, job.lane, job.name) == (None, None, None, None, "", "")


async def test_a_job_that_ended_is_no_longer_unfinished_and_its_words_are_gone(stores: Stores, bot: str) -> None:
    await stores.ledger.write([queued(bot)])
    end = Ended(entry(), bot, "parked")
    await stores.ledger.write([end])

    assert await unfinished(stores, bot) == []
    state = (await stores.ledger.states([bot]))[bot]
    assert state.outcome == "parked"
    assert state.ended_at is not None
    assert int(state.ended_at.timestamp() * 1000) == end.entry >> 20


async def test_one_write_may_tell_a_whole_life(stores: Stores, bot: str) -> None:
    start = queued(bot)
    await stores.ledger.write([start, Again(entry(), bot, 1, 5), Ended(entry(), bot, "done")])

    assert (await stores.ledger.states([bot]))[bot].outcome == "done"


async def test_a_failed_attempt_counts_and_says_when_the_next_one_is_due(stores: Stores, bot: str) -> None:
    await stores.ledger.write([queued(bot, due=1)])
    await stores.ledger.write([Again(entry(), bot, 1, 1_800_000_000_000)])
    await stores.ledger.write([Again(entry(), bot, 2, 1_800_000_009_000)])

    (job,) = await unfinished(stores, bot)
    assert (job.fails, job.due) == (2, 1_800_000_009_000)


async def test_an_id_that_is_used_again_is_a_new_job(stores: Stores, bot: str) -> None:
    await stores.ledger.write([queued(bot), Again(entry(), bot, 3, 9), Ended(entry(), bot, "done")])
    second = queued(bot, envelope=b"second")
    await stores.ledger.write([second])

    (job,) = await unfinished(stores, bot)
    assert (job.envelope, job.fails, job.entry) == (b"second", 0, second.entry)
    assert (await stores.ledger.states([bot]))[bot].outcome is None


HISTORY = (
    "first job",
    "its failure",
    "its end",
    "second job",
    "its failure",
)
"""Written in any order and any pieces, these leave the second job after one failure."""


@pytest.mark.parametrize("order", list(permutations(range(len(HISTORY))))[::7])
async def test_the_order_of_writing_makes_no_difference(stores: Stores, bot: str, order: tuple[int, ...]) -> None:
    second = queued(bot, at=(LONG_AGO << 20) + 4, envelope=b"second")
    history: list[Event] = [
        queued(bot, at=(LONG_AGO << 20) + 1, envelope=b"first"),
        Again((LONG_AGO << 20) + 2, bot, 4, 9),
        Ended((LONG_AGO << 20) + 3, bot, "done"),
        second,
        Again((LONG_AGO << 20) + 5, bot, 1, 77),
    ]
    events = [history[place] for place in order]
    cut = sum(order[:2]) % len(events)
    for piece in (events[:cut], events[cut:], events):  # and all of it once more
        await stores.ledger.write(piece)

    (job,) = await unfinished(stores, bot)
    assert (job.envelope, job.fails, job.due) == (b"second", 1, 77)


@pytest.mark.parametrize("order", list(permutations(range(3))))
async def test_an_end_counts_in_whatever_order_it_is_heard_of(stores: Stores, bot: str, order: tuple[int, ...]) -> None:
    history: list[Event] = [queued(bot), Again(entry(), bot, 1, 9), Ended(entry(), bot, "failed")]
    for place in order:
        await stores.ledger.write([history[place]])

    assert await unfinished(stores, bot) == []
    assert (await stores.ledger.states([bot]))[bot].outcome == "failed"


@pytest.mark.parametrize("order", list(permutations(range(5)))[::7])
async def test_what_was_merged_into_a_job_belongs_to_that_job_in_whatever_order_it_is_heard_of(
    stores: Stores, bot: str, order: tuple[int, ...]
) -> None:
    numbers = sorted(entry() for _ in range(5))
    history: list[Event] = [
        queued(bot, at=numbers[0]),
        Merged(numbers[1], bot, b"into the first"),
        Ended(numbers[2], bot, "done"),
        queued(bot, at=numbers[3], envelope=b"second"),
        Merged(numbers[4], bot, b"into the \xff second"),
    ]
    for place in order:
        await stores.ledger.write([history[place]])

    (job,) = await unfinished(stores, bot)
    assert job.merged == (b"into the \xff second",)
    assert await stores.ledger.merged(after=numbers[0] - 1) == [history[4]]


async def test_several_payloads_that_were_merged_come_in_their_order_and_are_gone_with_the_job(
    stores: Stores, bot: str
) -> None:
    start, first, second = queued(bot), Merged(entry(), bot, b"1"), Merged(entry(), bot, b"2")
    await stores.ledger.write([second, start, first])

    (job,) = await unfinished(stores, bot)
    assert job.merged == (b"1", b"2")
    assert await stores.ledger.merged(after=start.entry, limit=1) == [first]
    assert await stores.ledger.merged(after=first.entry) == [second]
    assert await stores.ledger.last_entry() >= second.entry

    await stores.ledger.write([Ended(entry(), bot, "done")])
    assert await stores.ledger.merged(after=start.entry) == []


async def test_knows_whether_a_job_takes_the_place_of_another(stores: Stores, bot: str) -> None:
    await stores.ledger.write([replace(queued(bot), supersede=True)])

    (job,) = await unfinished(stores, bot)
    assert job.supersede


async def test_a_failure_of_a_job_that_was_never_heard_of_is_no_job(stores: Stores, bot: str) -> None:
    await stores.ledger.write([Again(entry(), bot, 1, 9)])

    assert await unfinished(stores, bot) == []
    assert (await stores.ledger.states([bot])).get(bot) is None


async def test_nothing_is_written_when_nothing_happened(stores: Stores, bot: str) -> None:
    await stores.ledger.write([])

    assert await stores.ledger.states([]) == {}
    assert await stores.ledger.states([bot]) == {}


async def test_pages_come_in_the_order_of_enqueueing(stores: Stores, bot: str) -> None:
    events = [queued(f"{bot} {number}") for number in range(5)]
    await stores.ledger.write(list(reversed(events)))

    first, last = events[0].entry, events[-1].entry
    page = await stores.ledger.unfinished(after=first - 1, until=last, limit=2)
    assert [job_id for _, job_id in page] == [f"{bot} 0", f"{bot} 1"]
    rest = await stores.ledger.unfinished(after=page[-1][0], until=events[3].entry)
    assert [job_id for _, job_id in rest] == [f"{bot} 2", f"{bot} 3"]


async def test_gives_those_of_some_jobs_that_have_not_ended(stores: Stores, bot: str) -> None:
    first, ended, last = (queued(f"{bot} {number}") for number in range(3))
    await stores.ledger.write([last, first, ended, Ended(entry(), ended.id, "done")])
    asked = [last.id, "never heard of", ended.id, first.id]

    assert [job.id for job in await stores.ledger.of_unfinished(asked)] == [first.id, last.id]
    assert list(await stores.ledger.without_row(asked)) == ["never heard of", ended.id]
    assert list(await stores.ledger.of_unfinished([])) == []
    assert list(await stores.ledger.without_row([])) == []


async def test_what_ended_long_ago_is_forgotten_and_nothing_else(stores: Stores, bot: str) -> None:
    old, used_again, waiting, recent = (f"{bot} {number}" for number in range(4))
    then = [entry(ms=LONG_AGO) for _ in range(6)]
    await stores.ledger.write([queued(old, at=then[0]), Ended(then[1], old, "done")])
    await stores.ledger.write([queued(used_again, at=then[2]), Ended(then[3], used_again, "done"), queued(used_again)])
    await stores.ledger.write([queued(waiting, at=then[4])])
    await stores.ledger.write([queued(recent), Ended(entry(), recent, "done")])

    while await stores.ledger.purge(timedelta(days=30), limit=1):
        pass

    assert set(await stores.ledger.states([old, used_again, waiting, recent])) == {used_again, waiting, recent}


async def test_knows_the_newest_entry(stores: Stores, bot: str) -> None:
    newest = queued(bot, at=entry(ms=int(time() * 1000) + 1000))
    await stores.ledger.write([newest])
    assert await stores.ledger.last_entry() >= newest.entry

    end = Ended(entry(ms=int(time() * 1000) + 2000), bot, "done")
    await stores.ledger.write([end])
    assert await stores.ledger.last_entry() >= end.entry


async def test_the_next_start_of_a_job_comes_after_those_that_left_an_effect(stores: Stores, bot: str) -> None:
    await stores.ledger.write([queued(bot)])
    await stores.effects.intend(key=uuid4(), job_id=bot, kind="post", payload={}, fence=3)
    await stores.effects.intend(key=uuid4(), job_id=bot, kind="post", payload={}, fence=2)

    (job,) = await unfinished(stores, bot)
    assert job.starts == 3
