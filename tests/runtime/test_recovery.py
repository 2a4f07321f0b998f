"""What Redis loses comes back from the ledger; what the ledger lacks comes from Redis; what ended stays away."""

import asyncio
import logging
from collections.abc import Sequence
from datetime import timedelta
from time import time

import pytest
from redis.asyncio import Redis

from mindfleet.errors import StoreUnavailable
from mindfleet.ports.ledger import DurableJob, Ended, Queued
from mindfleet.runtime.ledger_entries import STREAM, entry_number
from mindfleet.runtime.ledger_writer import writing
from mindfleet.runtime.lock import holding
from mindfleet.runtime.reconcile import put_back_missing, write_down_missing
from mindfleet.runtime.recovery import LOCK, REHYDRATED, SWEPT, Recovery, Swept
from mindfleet.testing.in_memory_ledger import InMemoryLedger
from tests.conftest import Eventually
from tests.runtime.ledger_stream import ended, enqueued

QUEUE = "arq:cognition"
NOW = timedelta()


class Jobs:
    """The enqueue script, as far as recovery is concerned: a job is put in once."""

    def __init__(self, redis: Redis) -> None:
        self._redis = redis
        self.put: list[DurableJob] = []

    async def put_back(self, jobs: Sequence[DurableJob]) -> int:
        new = [job for job in jobs if await self._redis.set(f"arq:job:{job.id}", job.envelope, nx=True)]
        for job in new:
            await self._redis.zadd(job.queue, {job.id: job.due or 0})
        self.put += new
        return len(new)

    async def accept(self, job_id: str, **about: str) -> None:
        """As the fleet keeps a job that waits."""
        told = {"queue": QUEUE, "task": "run_x", "bot": "juniper", "user": "ana", "prio": "7", "lane": "", "gates": ""}
        await self._redis.set(f"arq:job:{job_id}", job_id)
        await self._redis.zadd(QUEUE, {job_id: 1})
        fields = {**told, "due": "1", "seq": "1", "deadline": "", "durable": "1", "name": "", **about}
        await self._redis.hset(f"mindfleet:job:{job_id}", mapping=dict(fields))  # type: ignore[misc]  # redis-py's types

    async def end(self, job_id: str) -> None:
        await self._redis.delete(f"arq:job:{job_id}", f"mindfleet:job:{job_id}")
        await self._redis.zrem(QUEUE, job_id)
        await ended(self._redis, job_id)


@pytest.fixture
def jobs(redis: Redis) -> Jobs:
    return Jobs(redis)


@pytest.fixture
def ledger() -> InMemoryLedger:
    return InMemoryLedger()


def recovery(redis: Redis, ledger: InMemoryLedger, jobs: Jobs, *, owner: str = "me") -> Recovery:
    return Recovery(redis=redis, ledger=ledger, put_back=jobs.put_back, queues=[QUEUE], owner=owner)


async def keep(ledger: InMemoryLedger, *job_ids: str, age: timedelta = timedelta(hours=1)) -> None:
    """Rows of unfinished jobs."""
    start = int((time() - age.total_seconds()) * 1000) << 20
    await ledger.write([a_row(job_id, start + number) for number, job_id in enumerate(job_ids)])


def a_row(job_id: str, entry: int) -> Queued:
    about = ("run_x", "juniper", "ana", 7, "lane", "", 5, 1, None, "", "", "", job_id.encode())
    return Queued(entry, job_id, QUEUE, *about)


async def test_all_of_redis_is_lost_and_every_unfinished_job_comes_back_in_order(
    redis: Redis, ledger: InMemoryLedger, jobs: Jobs
) -> None:
    many = [f"job {number:04}" for number in range(1200)]
    await keep(ledger, *many)
    await ledger.write([Ended(entry_number(f"{int(time() * 1000)}-0"), many[7], "done")])

    assert await put_back_missing(redis, ledger, jobs.put_back, older_than=NOW) == 1199
    assert [job.id for job in jobs.put] == many[:7] + many[8:]
    assert await redis.get("arq:job:job 0000") == b"job 0000"
    assert await put_back_missing(redis, ledger, jobs.put_back, older_than=NOW) == 0


async def test_a_job_whose_end_is_still_on_its_way_to_the_ledger_does_not_come_back(
    redis: Redis, ledger: InMemoryLedger, jobs: Jobs
) -> None:
    await keep(ledger, "over", "lost")
    await ended(redis, "over")

    assert await put_back_missing(redis, ledger, jobs.put_back, older_than=NOW) == 1
    assert [job.id for job in jobs.put] == ["lost"]


async def test_a_job_whose_end_is_written_while_we_look_does_not_come_back(redis: Redis, jobs: Jobs) -> None:
    class WritesMeanwhile(InMemoryLedger):
        """Hears of the end between the page and the second look, as when the writer has just trimmed the stream."""

        async def of_unfinished(self, job_ids: Sequence[str]) -> list[DurableJob]:
            await self.write([Ended(1 << 62, job_id, "done") for job_id in job_ids])
            return await super().of_unfinished(job_ids)

    ledger = WritesMeanwhile()
    await keep(ledger, "over")

    assert await put_back_missing(redis, ledger, jobs.put_back, older_than=NOW) == 0


async def test_an_end_before_the_id_was_used_again_does_not_count(
    redis: Redis, ledger: InMemoryLedger, jobs: Jobs
) -> None:
    await redis.xadd(STREAM, {"e": "ended", "id:again": "done"}, id="1000-0")
    await keep(ledger, "again")

    assert await put_back_missing(redis, ledger, jobs.put_back, older_than=NOW) == 1


async def test_young_jobs_are_left_alone_when_asked_to(redis: Redis, ledger: InMemoryLedger, jobs: Jobs) -> None:
    await keep(ledger, "young", age=timedelta(seconds=5))
    await keep(ledger, "old", age=timedelta(seconds=90))

    assert await put_back_missing(redis, ledger, jobs.put_back, older_than=timedelta(minutes=1)) == 1
    assert [job.id for job in jobs.put] == ["old"]


async def test_a_row_from_a_clock_that_was_set_back_comes_back_too(
    redis: Redis, ledger: InMemoryLedger, jobs: Jobs
) -> None:
    await keep(ledger, "from the future", age=timedelta(hours=-2))

    assert await put_back_missing(redis, ledger, jobs.put_back, older_than=NOW) == 1


async def test_a_durable_job_without_a_row_is_written_down(
    redis: Redis, ledger: InMemoryLedger, jobs: Jobs, eventually: Eventually
) -> None:
    await jobs.accept("unheard", fails="2", due="77")
    await jobs.accept("light", durable="0")
    await jobs.accept("known")
    await keep(ledger, "known")

    assert await write_down_missing(redis, ledger, [QUEUE]) == 1
    async with writing(redis, ledger, owner="me"):

        async def it_has_a_row() -> bool:
            return "unheard" in await ledger.states(["unheard"])

        await eventually(it_has_a_row)
    (job,) = await ledger.of_unfinished(["unheard"])
    assert (job.envelope, job.queue, job.user_id, job.priority, job.fails, job.due) == (
        b"unheard",
        QUEUE,
        "ana",
        7,
        2,
        77,
    )
    assert await write_down_missing(redis, ledger, [QUEUE]) == 0


async def test_a_job_whose_entry_is_on_its_way_is_not_written_down_twice(
    redis: Redis, ledger: InMemoryLedger, jobs: Jobs
) -> None:
    await jobs.accept("new")
    await enqueued(redis, "new")

    assert await write_down_missing(redis, ledger, [QUEUE]) == 0


async def test_a_job_that_ends_while_we_look_is_not_written_down(redis: Redis, jobs: Jobs) -> None:
    class EndsMeanwhile(InMemoryLedger):
        async def without_row(self, job_ids: Sequence[str]) -> list[str]:
            for job_id in job_ids:
                await jobs.end(job_id)
            return list(job_ids)

    await jobs.accept("over")

    assert await write_down_missing(redis, EndsMeanwhile(), [QUEUE]) == 0
    assert {fields[b"e"] for _, fields in await redis.xrange(STREAM)} == {b"ended"}


async def test_the_sweep_at_the_start_counts_what_it_found_and_says_so(
    redis: Redis, ledger: InMemoryLedger, jobs: Jobs, caplog: pytest.LogCaptureFixture
) -> None:
    await keep(ledger, "lost", age=NOW)
    await jobs.accept("unheard")

    with caplog.at_level(logging.INFO):
        assert await recovery(redis, ledger, jobs).at_start() == Swept(put_back=1, written_down=1, resumed=0)
    assert "1 jobs put back into Redis, 1 written down, 0 stages resumed" in caplog.text


async def test_many_processes_that_start_at_once_sweep_one_at_a_time_and_no_oftener_than_needed(
    redis: Redis, ledger: InMemoryLedger, jobs: Jobs
) -> None:
    sweeping, most = 0, 0

    async def resume() -> int:
        nonlocal sweeping, most
        sweeping += 1
        most = max(most, sweeping)
        await asyncio.sleep(0)
        sweeping -= 1
        return 0

    def process(name: str) -> Recovery:
        return Recovery(redis=redis, ledger=ledger, put_back=jobs.put_back, queues=[QUEUE], owner=name, resume=resume)

    await keep(ledger, "lost")
    swept = await asyncio.gather(*(process(str(number)).at_start() for number in range(5)))
    assert most == 1
    assert sum(result.put_back for result in swept if result) == 1
    assert await redis.get(LOCK) is None
    assert int(await redis.get(SWEPT)) > 0


async def test_waits_for_a_process_that_sweeps_and_goes_on_when_that_one_died(
    redis: Redis, ledger: InMemoryLedger, jobs: Jobs
) -> None:
    await redis.set(LOCK, "dead", px=400)

    async with asyncio.timeout(5):
        assert await recovery(redis, ledger, jobs).at_start() is not None


async def test_a_lock_is_kept_for_as_long_as_its_owner_lives(redis: Redis, eventually: Eventually) -> None:
    lease = timedelta(milliseconds=300)
    async with holding(redis, "lock", "me", lease=lease):
        other = asyncio.create_task(_take("lock", "other", redis))
        renewals: set[int] = set()

        async def renewed_thrice() -> bool:
            left = await redis.pttl("lock")
            if left > 250:
                renewals.add(int(time() * 10))
            return len(renewals) > 6

        await eventually(renewed_thrice)
        assert not other.done()
        assert await redis.get("lock") == b"me"
    async with asyncio.timeout(5):
        await other


async def _take(name: str, owner: str, redis: Redis) -> None:
    async with holding(redis, name, owner):
        assert await redis.get(name) == owner.encode()


async def test_a_lock_that_was_lost_is_not_taken_from_who_has_it(redis: Redis) -> None:
    async with holding(redis, "lock", "me"):
        await redis.set("lock", "other")
    assert await redis.get("lock") == b"other"


async def test_whoever_sees_other_data_rehydrates_within_two_seconds_and_once(
    redis: Redis, ledger: InMemoryLedger, jobs: Jobs, eventually: Eventually
) -> None:
    first, second = recovery(redis, ledger, jobs, owner="a"), recovery(redis, ledger, jobs, owner="b")
    await first.at_start()
    epoch = await redis.get("mindfleet:epoch")
    run_id = (await redis.info("server"))["run_id"]
    assert epoch.decode().startswith(f"{run_id}.")

    async with first.running(), second.running():
        await keep(ledger, "accepted before")
        await redis.flushdb()
        lost_at = time()

        async def is_whole() -> bool:
            return await redis.get(REHYDRATED) is not None

        await eventually(is_whole)
        assert time() - lost_at < 2
    assert [job.id for job in jobs.put] == ["accepted before"]
    assert await redis.get("mindfleet:epoch") not in (None, epoch)
    assert await redis.get(REHYDRATED) == await redis.get("mindfleet:epoch")


async def test_another_run_of_the_server_is_another_epoch(redis: Redis, ledger: InMemoryLedger, jobs: Jobs) -> None:
    await redis.set("mindfleet:epoch", "0123456789abcdef.1")
    await redis.set(REHYDRATED, "0123456789abcdef.1")
    await keep(ledger, "lost by the restart")

    assert await recovery(redis, ledger, jobs).rehydrate() == 1
    assert await recovery(redis, ledger, jobs).rehydrate() == 0


async def test_the_same_data_stays_the_same_epoch(redis: Redis, ledger: InMemoryLedger, jobs: Jobs) -> None:
    await recovery(redis, ledger, jobs).at_start()
    epoch = await redis.get("mindfleet:epoch")
    await keep(ledger, "put in later")

    assert await recovery(redis, ledger, jobs).rehydrate() == 0
    assert await redis.get("mindfleet:epoch") == epoch


async def test_rehydration_is_tried_until_postgresql_is_back(
    redis: Redis, jobs: Jobs, eventually: Eventually, caplog: pytest.LogCaptureFixture
) -> None:
    class Away(InMemoryLedger):
        asked = 0

        async def last_entry(self) -> int:
            self.asked += 1
            if self.asked < 3:
                raise StoreUnavailable("PostgreSQL is away")
            return await super().last_entry()

    ledger = Away()
    await keep(ledger, "lost")
    async with recovery(redis, ledger, jobs).running():

        async def is_back() -> bool:
            return bool(jobs.put)

        await eventually(is_back)
    assert caplog.text.count("PostgreSQL is away") == 1


async def test_new_entries_come_after_all_that_the_ledger_has(redis: Redis, ledger: InMemoryLedger, jobs: Jobs) -> None:
    await keep(ledger, "from the future", age=timedelta(hours=-2))
    await recovery(redis, ledger, jobs).at_start()

    newest = await ledger.last_entry()
    assert entry_number(await ended(redis, "from the future")) > newest


async def test_a_sweep_that_anybody_did_a_while_ago_is_not_done_again(
    redis: Redis, ledger: InMemoryLedger, jobs: Jobs
) -> None:
    assert await recovery(redis, ledger, jobs).reconcile() is not None
    assert await recovery(redis, ledger, jobs, owner="other").reconcile() is None


async def test_sweeps_go_on_while_it_runs_and_tidy_up(
    redis: Redis, ledger: InMemoryLedger, jobs: Jobs, eventually: Eventually
) -> None:
    tidied = 0

    async def tidy() -> int:
        nonlocal tidied
        tidied += 1
        return 0

    often = Recovery(
        redis=redis,
        ledger=ledger,
        put_back=jobs.put_back,
        queues=[QUEUE],
        owner="me",
        tidy=tidy,
        every=timedelta(milliseconds=20),
        settled=timedelta(),
    )
    await redis.set("mindfleet:epoch", f"{(await redis.info('server'))['run_id']}.1")
    await redis.set(REHYDRATED, await redis.get("mindfleet:epoch"))
    async with often.running():
        await keep(ledger, "lost")

        async def it_is_back() -> bool:
            return bool(jobs.put) and tidied > 1

        await eventually(it_is_back)


async def test_a_clock_that_was_set_back_holds_up_no_sweep(redis: Redis, ledger: InMemoryLedger, jobs: Jobs) -> None:
    an_hour_ahead = int((time() + 3600) * 1000)
    await redis.set(SWEPT, an_hour_ahead)
    await keep(ledger, "lost")

    assert (await recovery(redis, ledger, jobs).at_start() or Swept(0, 0, 0)).put_back == 1
    await redis.set(SWEPT, an_hour_ahead)
    assert await recovery(redis, ledger, jobs).reconcile() is not None
