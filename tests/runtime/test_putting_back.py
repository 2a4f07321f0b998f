"""From a producer's call to PostgreSQL and back into a Redis that lost everything, by the real scripts."""

from collections.abc import Sequence
from dataclasses import replace
from time import time
from typing import Any
from uuid import uuid4

import pytest
from redis.asyncio import Redis
from redis.exceptions import ResponseError

from mindfleet import lua
from mindfleet.adapters.postgres import Database, PostgresEffects, PostgresLedger
from mindfleet.entrants import Entrant
from mindfleet.ports.ledger import DurableJob, Ledger, Queued
from mindfleet.runtime.claims import Again, End
from mindfleet.runtime.ledger_entries import STREAM
from mindfleet.runtime.ledger_writer import writing
from mindfleet.runtime.putting_back import putting_back
from mindfleet.runtime.reconcile import merge_back_missing, write_down_missing
from mindfleet.runtime.recovery import Recovery
from mindfleet.testing.in_memory_ledger import InMemoryLedger
from tests.conftest import Eventually
from tests.runtime.ledger_stream import new_id

QUEUE = "arq:cognition"

KEPT = (
    b"queue",
    b"task",
    b"bot",
    b"user",
    b"prio",
    b"lane",
    b"gates",
    b"deadline",
    b"durable",
    b"name",
    b"unique",
    b"merge",
    b"supersede",
)
"""What a job has when it comes back."""


async def enqueue(redis: Redis, *entrants: Entrant) -> list[bytes]:
    told = [argument for entrant in entrants for argument in entrant.arguments()]
    _, _, outcomes = await lua.ENQUEUE(redis, len(entrants), *told)
    return [outcome for outcome, *_ in outcomes]


def entrant(job_id: str, **more: Any) -> Entrant:
    about = {"task": "run_x", "bot_name": "juniper", "user": "ana", "priority": 7}
    return Entrant(job_id=job_id, queue=QUEUE, data=f'{{"n":"{job_id}"}}'.encode(), **{**about, **more})


async def claim(redis: Redis, room: int = 10, queue: str = QUEUE) -> list[list[Any]]:
    """The jobs that a worker gets."""
    answer = await lua.CLAIM(redis, queue, "worker", room, 4000, 0, 5, 0, 1, 0)
    jobs: list[list[Any]] = answer[-1]
    return jobs


def as_durable(job_id: str, **more: Any) -> DurableJob:
    fields = {"lane": "", "gates": "", "due": None, "seq": 1, "deadline": None, "name": "", "unique": "", "merge": ""}
    about = {"queue": QUEUE, "task": "run_x", "bot_name": "juniper", "user_id": "ana", "priority": 7}
    counts = {"fails": 0, "starts": 0, "envelope": job_id.encode()}
    return DurableJob(entry=1, id=job_id, **{**fields, **about, **counts, **more})


@pytest.fixture
async def ready(redis: Redis) -> Redis:
    """A Redis whose queue is worked off by the fleet."""
    await claim(redis)
    return redis


async def test_what_was_accepted_survives_the_loss_of_redis(
    ready: Redis, database: Database, eventually: Eventually
) -> None:
    ledger, names = PostgresLedger(database), [new_id() for _ in range(5)]
    lane = f"intake:{names[0]}"
    assert await enqueue(ready, *(entrant(its, lane=lane) for its in names)) == [b"queued"] * 5
    async with writing(ready, ledger, owner="a"):

        async def all_is_written() -> bool:
            return not await ready.xlen(STREAM)

        await eventually(all_is_written)
    await ready.flushdb()
    await claim(ready)
    recovery = Recovery(redis=ready, ledger=ledger, put_back=putting_back(ready), queues=[QUEUE], owner="a")

    assert await recovery.rehydrate() >= 5
    # One of the lane at a time, in the order of enqueueing.
    (first,) = [job for job in await claim(ready, 3000) if job[0].decode() in names]
    assert first[0].decode() == names[0]
    assert first[2] == entrant(names[0]).data
    assert not await ready.xlen(STREAM) or b"queued" not in {f[b"e"] for _, f in await ready.xrange(STREAM)}


async def test_a_lane_over_two_queues_keeps_its_order_before_workers_have_signed_in_again(redis: Redis) -> None:
    """They say once a minute where they are."""
    ledger, other = InMemoryLedger(), "arq:social"
    await ledger.write([_row("first", 1, other), _row("second", 2, QUEUE)])
    recovery = Recovery(redis=redis, ledger=ledger, put_back=putting_back(redis), queues=[QUEUE, other], owner="a")

    assert await recovery.rehydrate() == 2
    assert not await claim(redis)
    (job,) = await claim(redis, queue=other)
    assert job[0] == b"first"


def _row(job_id: str, entry: int, queue: str) -> Queued:
    return Queued(entry, job_id, queue, "run_x", "juniper", "ana", 7, "lane", "", 5, entry, None, "", "", "", b"job")


async def test_a_job_comes_back_with_its_failures_its_due_time_and_starts_that_nobody_had(ready: Redis) -> None:
    due = int(time() * 1000) + 60_000
    await putting_back(ready)([as_durable("waits", due=due, fails=2), as_durable("left an effect", fails=1, starts=4)])

    (job,) = await claim(ready)
    assert (job[0], job[3], job[6]) == (b"left an effect", 5, 1)
    assert await ready.zscore(QUEUE, "waits") == due
    assert await ready.hget("mindfleet:job:waits", "fails") == b"2"  # type: ignore[misc]  # redis-py's types


async def test_a_job_whose_place_somebody_took_holds_up_no_other(ready: Redis) -> None:
    await ready.set("mindfleet:lane:theirs", "no lane of ours")
    jobs = [as_durable("first"), as_durable("second", lane="theirs"), as_durable("third")]

    assert await putting_back(ready)(jobs) == 2

    assert {job for job, *_ in await claim(ready)} == {b"first", b"third"}
    again = await ready.zscore(QUEUE, "second")
    assert 0 < again - time() * 1000 <= 5000
    await ready.delete("mindfleet:lane:theirs")
    await ready.zadd(QUEUE, {"second": again - 5000})  # that time has come
    assert {job for job, *_ in await claim(ready)} == {b"second"}


async def test_what_was_merged_into_a_job_is_not_dropped_for_the_deadline_of_the_first(ready: Redis) -> None:
    gathers, late = as_durable("gathers", deadline=1, merged=(b"later",)), as_durable("late", deadline=1)

    await putting_back(ready)([gathers, late])

    assert {job: deadline for job, *_, deadline in [row[:10] for row in await claim(ready)]} == {
        b"gathers": b"",
        b"late": b"1",
    }


async def test_nothing_is_passed_over_while_redis_takes_nothing(ready: Redis) -> None:
    await ready.config_set("min-replicas-to-write", 1)
    try:
        with pytest.raises(ResponseError, match="NOREPLICAS"):
            await putting_back(ready)([as_durable("first"), as_durable("second")])
    finally:
        await ready.config_set("min-replicas-to-write", 0)


@pytest.mark.parametrize("due", [10**16, -(10**16)], ids=["beyond the calendar", "before it"])
async def test_a_job_with_a_time_that_is_no_date_comes_back_as_well(ready: Redis, due: int) -> None:
    assert await putting_back(ready)([as_durable("odd", due=due), as_durable("odd too", deadline=due)]) == 2


async def test_a_job_that_is_there_is_left_as_it_is(ready: Redis) -> None:
    await enqueue(ready, entrant("there"))
    (running,) = await claim(ready)
    again = as_durable("there", envelope=running[2], fails=7, starts=9)

    assert await putting_back(ready)([again]) == 0
    (there,) = await _hashes(ready, "there")
    assert (there[b"starts"], there.get(b"fails")) == (b"1", None)


async def test_jobs_of_many_kinds_come_back_as_they_were(
    ready: Redis, database: Database, eventually: Eventually
) -> None:
    ledger, plain, rich = PostgresLedger(database), new_id(), new_id()
    await enqueue(
        ready,
        entrant(plain, task="", bot_name="", user="", priority=0),
        entrant(rich, lane="l", gates=("openai=2", "x=1"), name=f"name {rich}", unique="started", merge="9000:99000"),
    )
    before = await _hashes(ready, plain, rich)
    async with writing(ready, ledger, owner="a"):

        async def all_is_written() -> bool:
            return not await ready.xlen(STREAM)

        await eventually(all_is_written)
    await ready.flushdb()
    await putting_back(ready)(await ledger.of_unfinished([rich, plain]))

    after = await _hashes(ready, plain, rich)
    for was, now in zip(before, after, strict=True):
        assert {name: now.get(name) for name in KEPT} == {name: was.get(name) for name in KEPT}
    assert await ready.get(f"mindfleet:unique:name {rich}") == rich.encode()


async def test_a_job_that_takes_the_place_of_another_does_so_after_a_loss_too(
    ready: Redis, database: Database, eventually: Eventually
) -> None:
    """The one before ran, and was asked to stop, when Redis lost both."""
    ledger, (before, after) = PostgresLedger(database), (new_id(), new_id())
    about = {"name": f"name {before}", "unique": "done", "supersede": True}
    await enqueue(ready, entrant(before, **about))
    assert [job[0] for job in await claim(ready)] == [before.encode()]
    await enqueue(ready, entrant(after, **about))
    await _all_is_written(ready, ledger, eventually)
    await ready.flushdb()
    await claim(ready)
    await _recovery(ready, ledger).rehydrate()

    assert [job[0].decode() for job in await claim(ready, 3000) if job[0].decode() in (before, after)] == [after]
    await _all_is_written(ready, ledger, eventually)
    assert (await ledger.states([before]))[before].outcome == "superseded"


DEBOUNCED = {"unique": "done", "merge": "0:0"}


async def test_what_was_merged_into_a_job_survives_the_loss_of_redis(
    ready: Redis, database: Database, eventually: Eventually
) -> None:
    ledger, names = PostgresLedger(database), [new_id() for _ in range(3)]
    job, *triggers = [entrant(its, name=f"name {names[0]}", **DEBOUNCED) for its in names]
    assert await enqueue(ready, job, *triggers) == [b"queued", b"merged", b"merged"]
    await _all_is_written(ready, ledger, eventually)
    await ready.flushdb()
    await claim(ready)
    await _recovery(ready, ledger).rehydrate()

    (back,) = [each for each in await claim(ready, 3000) if each[0].decode() in names]
    assert (back[0].decode(), back[2], back[14]) == (names[0], job.data, [each.data for each in triggers])


async def test_a_job_that_its_producer_sent_again_is_given_what_was_merged_into_it(
    ready: Redis, database: Database, eventually: Eventually
) -> None:
    ledger, names = PostgresLedger(database), [new_id() for _ in range(2)]
    job, trigger = (entrant(its, name=f"name {names[0]}", **DEBOUNCED) for its in names)
    await enqueue(ready, job, trigger)
    await _all_is_written(ready, ledger, eventually)
    await ready.flushdb()
    await claim(ready)
    await enqueue(ready, replace(job, again="2"))
    await _recovery(ready, ledger).rehydrate()

    (back,) = [each for each in await claim(ready, 3000) if each[0].decode() in names]
    assert (back[0].decode(), back[14]) == (names[0], [trigger.data])


async def test_what_a_job_that_runs_already_is_not_given_has_one_more_run(
    ready: Redis, database: Database, eventually: Eventually
) -> None:
    ledger, names = PostgresLedger(database), [new_id() for _ in range(2)]
    job, trigger = (entrant(its, name=f"name {names[0]}", **DEBOUNCED) for its in names)
    await enqueue(ready, job, trigger)
    await _all_is_written(ready, ledger, eventually)
    await ready.flushdb()
    await claim(ready)
    await enqueue(ready, replace(job, again="2"))
    (running,) = [each for each in await claim(ready, 3000) if each[0].decode() in names]
    assert running[14] == []
    assert [await merge_back_missing(ready, ledger) for _ in range(2)] == [1, 0]
    end = End(outcome="done", result=b"{}", text="{}").arguments()
    assert await lua.SETTLE(ready, "worker", 0, 0, 1, running[0], running[1], *end) == [1]

    (further,) = [each for each in await claim(ready, 3000) if each[2] in (job.data, trigger.data)]
    assert (further[2], further[14]) == (trigger.data, [])


async def test_a_sweep_that_finds_everything_gives_nothing_back(
    ready: Redis, database: Database, eventually: Eventually
) -> None:
    ledger, names = PostgresLedger(database), [new_id() for _ in range(2)]
    await enqueue(ready, *(entrant(its, name=f"name {names[0]}", **DEBOUNCED) for its in names))
    await _all_is_written(ready, ledger, eventually)

    assert [each.id for each in await ledger.merged() if each.id in names] == [names[0]]
    assert await merge_back_missing(ready, ledger) == 0
    assert await write_down_missing(ready, ledger, [QUEUE]) == 0
    assert await ready.llen(f"mindfleet:more:{names[0]}") == 1  # type: ignore[misc]  # redis-py's types


async def test_what_was_merged_into_a_job_without_a_row_is_written_down_with_it(
    ready: Redis, eventually: Eventually
) -> None:
    ledger = InMemoryLedger()
    await enqueue(ready, *(entrant(its, name="n", **DEBOUNCED) for its in ("unheard", "trigger")))
    await ready.delete(STREAM)

    assert await write_down_missing(ready, ledger, [QUEUE]) == 1
    await _all_is_written(ready, ledger, eventually)
    (job,) = await ledger.of_unfinished(["unheard"])
    assert job.merged == (entrant("trigger").data,)


def _recovery(redis: Redis, ledger: Ledger) -> Recovery:
    return Recovery(redis=redis, ledger=ledger, put_back=putting_back(redis), queues=[QUEUE], owner="a")


async def _all_is_written(redis: Redis, ledger: Ledger, eventually: Eventually) -> None:
    async with writing(redis, ledger, owner="a"):

        async def is_empty() -> bool:
            return not await redis.xlen(STREAM)

        await eventually(is_empty)


async def _hashes(redis: Redis, *job_ids: str) -> Sequence[dict[bytes, bytes]]:
    return [await redis.hgetall(f"mindfleet:job:{job_id}") for job_id in job_ids]  # type: ignore[misc]


async def test_what_the_real_scripts_keep_is_what_is_written_down(ready: Redis, eventually: Eventually) -> None:
    ledger = InMemoryLedger()
    await enqueue(ready, entrant("unheard", lane="l", name="n", unique="done"), entrant("light", durable=False))
    await ready.delete(STREAM)

    assert await write_down_missing(ready, ledger, [QUEUE]) == 1
    async with writing(ready, ledger, owner="a"):

        async def it_has_a_row() -> bool:
            return bool(await ledger.unfinished())

        await eventually(it_has_a_row)
    (job,) = await ledger.of_unfinished(["unheard", "light"])
    assert (job.id, job.lane, job.name, job.envelope) == ("unheard", "l", "n", entrant("unheard").data)


async def test_every_entry_of_the_real_scripts_is_read(ready: Redis, eventually: Eventually) -> None:
    ledger = InMemoryLedger()
    await enqueue(ready, entrant("done"), entrant("fails"))
    claimed = {job[0].decode(): job[1] for job in await claim(ready)}
    end = End(outcome="done", result=b"{}", text="{}").arguments()
    again = Again(outcome="retried", delay=5000, failed=True, hold=300_000, why="it failed").arguments()
    verdicts = ("done", claimed["done"], *end, "fails", claimed["fails"], *again)
    assert await lua.SETTLE(ready, "worker", 0, 0, 2, *verdicts) == [1, 1]
    async with writing(ready, ledger, owner="a"):

        async def all_is_written() -> bool:
            return not await ready.xlen(STREAM)

        await eventually(all_is_written)

    assert (await ledger.states(["done"]))["done"].outcome == "done"
    (job,) = await ledger.of_unfinished(["done", "fails"])
    assert (job.id, job.fails) == ("fails", 1)
    assert job.due is not None
    assert abs(job.due - time() * 1000 - 5000) < 2000


async def test_the_next_start_after_a_loss_gets_through_where_the_last_one_was(
    ready: Redis, database: Database, eventually: Eventually
) -> None:
    """Else every effect would be refused that the job had begun before."""
    ledger, effects, job_id, key = PostgresLedger(database), PostgresEffects(database), new_id(), uuid4()
    await enqueue(ready, entrant(job_id))
    await effects.intend(key=key, job_id=job_id, kind="post", payload={}, fence=3)
    async with writing(ready, ledger, owner="a"):

        async def all_is_written() -> bool:
            return not await ready.xlen(STREAM)

        await eventually(all_is_written)
    await ready.flushdb()
    await claim(ready)
    await Recovery(redis=ready, ledger=ledger, put_back=putting_back(ready), queues=[QUEUE], owner="a").rehydrate()

    (start,) = [job[3] for job in await claim(ready, 3000) if job[0].decode() == job_id]
    assert start > 3
    assert (await effects.intend(key=key, job_id=job_id, kind="post", payload={}, fence=start)).tries == 2
