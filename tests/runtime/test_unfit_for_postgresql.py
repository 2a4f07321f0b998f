"""What PostgreSQL does not take for now is kept for it; what it can never take is told from that."""

from datetime import timedelta
from urllib.parse import urlsplit

import pytest
from redis.asyncio import Redis

from mindfleet import BotJob, GiveUp, Queue, Retry, TaskQueue, task
from mindfleet.adapters.postgres import Database, PostgresLedger, PostgresParked
from mindfleet.embedded.runfile import Stack
from mindfleet.errors import StoreUnavailable
from mindfleet.registry import Registry
from mindfleet.runtime.ledger_entries import STREAM, WATERMARK
from mindfleet.runtime.ledger_writer import writing
from mindfleet.settings import Settings
from tests.conftest import Eventually
from tests.contracts.databases import migrated_database, run
from tests.runtime.fleet_of_one import working_off
from tests.runtime.ledger_stream import enqueued, new_id

pytestmark = pytest.mark.stack


class Weight(BotJob):
    kilograms: float


@task(queue=Queue.SENSORY, timeout=timedelta(seconds=5), retry=Retry(attempts=1))
async def run_weight(job: Weight) -> None:
    """Fail."""
    raise GiveUp(f"what is {job.kilograms} kg?")


TASKS = Registry([run_weight])


@pytest.mark.parametrize(
    "refusal",
    ["ALTER DATABASE {} SET default_transaction_read_only = on", "ALTER TABLE jobs RENAME TO jobs_elsewhere"],
)
async def test_what_the_ledger_does_not_take_for_now_is_kept_for_it(
    redis: Redis, stack: Stack, eventually: Eventually, refusal: str
) -> None:
    job_id = new_id()
    async with migrated_database(stack.database_url) as url:
        await run(url, refusal.format(urlsplit(url).path[1:]))
        async with await Database.open(url) as database, writing(redis, PostgresLedger(database), owner="a") as writer:
            await enqueued(redis, job_id)

            async def has_tried() -> bool:
                return writer.lag > timedelta()

            await eventually(has_tried)
            assert await redis.xlen(STREAM) == 1
            assert await redis.get(WATERMARK) is None


async def test_a_server_that_is_read_only_is_away(stack: Stack) -> None:
    async with migrated_database(stack.database_url) as url:
        await run(url, f"ALTER DATABASE {urlsplit(url).path[1:]} SET default_transaction_read_only = on")
        async with await Database.open(url) as database:
            with pytest.raises(StoreUnavailable, match="read-only"):
                await database.execute("DELETE FROM parked_jobs")


@pytest.mark.parametrize(
    ("envelope", "kept"),
    [
        (b'{"f":"run_weight","k":{"bot_name":"wren","kilograms":NaN},"et":1}', "NaN"),
        (b'{"f":"run_weight","k":{"bot_name":"wren","kilograms":-Infinity},"et":1}', "-Infinity"),
        (b'{"f":"run_weight","k":{"bot_name":"wren","kilograms":1},"et":9999999999999999}', 1),
        (b'{"f":"run_weight","k":{"bot_name":"wren","kilograms":1},"et":-99999999999999}', 1),
    ],
    ids=["no number", "endless", "enqueued after all", "enqueued before all"],
)
async def test_a_job_is_parked_whatever_numbers_a_producer_sends(
    redis: Redis, redis_url: str, database: Database, eventually: Eventually, envelope: bytes, kept: object
) -> None:
    parked, job_id = PostgresParked(database), new_id()
    async with (
        TaskQueue(redis_url, settings=Settings(), tasks=TASKS) as queue,
        working_off(redis_url, queue, TASKS, parked),
    ):
        await redis.set(f"arq:job:{job_id}", envelope)
        await redis.zadd("arq:sensory", {job_id: 1})

        async def is_parked() -> bool:
            return await parked.get(job_id) is not None

        await eventually(is_parked)

    job = await parked.get(job_id)
    assert job
    assert job.error == "GiveUp"
    assert job.payload == {"bot_name": "wren", "kilograms": kept}
