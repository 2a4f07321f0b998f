"""Many jobs are enqueued in pieces, so that Redis goes on serving others."""

import asyncio
from collections.abc import AsyncGenerator
from time import monotonic
from uuid import uuid4

import pytest
from redis.asyncio import Redis

from mindfleet import QueueUnavailable, TaskQueue
from mindfleet.entrants import MOST_AT_ONCE, MOST_BYTES, Entrant, pieces
from mindfleet.errors import PartlyEnqueued
from mindfleet.settings import Settings
from tests.facade.wire import Wire, wire_to

pytestmark = pytest.mark.stack

QUEUE = "arq:cognition"


def jobs(many: int, size: int = 40) -> list[Entrant]:
    return [
        Entrant(job_id=f"job-{number}", queue=QUEUE, data=uuid4().hex.encode().ljust(size)) for number in range(many)
    ]


@pytest.fixture
async def redis(redis_url: str) -> AsyncGenerator[Redis]:
    async with Redis.from_url(redis_url) as redis:
        yield redis


@pytest.fixture
async def wire(redis_url: str) -> AsyncGenerator[Wire]:
    async with wire_to(redis_url) as wire:
        yield wire


@pytest.fixture
async def queue(wire: Wire) -> AsyncGenerator[TaskQueue]:
    """Through a wire, and after a first call, so that Redis has the script; patient, as machines may be busy."""
    settings = Settings.model_validate({"queue": {"enqueue_timeout": 5}})
    async with TaskQueue(wire.url, settings=settings) as queue:
        await queue.put_all([Entrant(job_id="first", queue=QUEUE, data=b"first")])
        yield queue


async def enqueues(redis: Redis) -> int:
    stats = await redis.info("commandstats")
    return int(stats["cmdstat_fcall"]["calls"])


@pytest.mark.parametrize(("many", "trips"), [(1, 1), (MOST_AT_ONCE, 1), (MOST_AT_ONCE + 1, 2), (950, 10)])
async def test_a_hundred_jobs_take_one_round_trip_and_more_go_in_pieces(
    queue: TaskQueue, redis: Redis, many: int, trips: int
) -> None:
    before = await enqueues(redis)
    receipts = await queue.put_all(jobs(many))

    assert receipts == [f"job-{number}" for number in range(many)]
    assert all(receipt.queued for receipt in receipts)
    assert await enqueues(redis) - before == trips


async def test_others_are_served_while_thousands_of_jobs_are_enqueued(queue: TaskQueue, redis: Redis) -> None:
    enqueueing = asyncio.create_task(queue.put_all(jobs(5000)))
    answers = 0
    while not enqueueing.done():
        await redis.ping()
        answers += 1
    assert len(await enqueueing) == 5000
    assert answers >= 25  # one to two pieces of a hundred


async def test_large_payloads_make_small_pieces() -> None:
    sent = list(pieces(jobs(10, MOST_BYTES // 4)))
    assert [len(piece) for piece in sent] == [4, 4, 2]
    assert [len(piece) for piece in pieces(jobs(2, 2 * MOST_BYTES))] == [1, 1]


async def test_a_piece_that_fails_says_what_was_queued_and_sending_the_rest_again_loses_and_doubles_nothing(
    queue: TaskQueue, wire: Wire, redis: Redis
) -> None:
    entrants = jobs(950)
    wire.calls_left = 3
    with pytest.raises(PartlyEnqueued, match="the first 300 of 950 jobs are queued") as partly:
        await queue.put_all(entrants)
    accepted = partly.value.accepted
    assert accepted == [entrant.job_id for entrant in entrants[:300]]
    assert (partly.value.unknown, partly.value.unsent) == (100, 550)

    wire.calls_left, wire.is_cut = None, False
    receipts = await queue.put_all(entrants[len(accepted) :])
    assert all(receipt.queued for receipt in receipts)  # those of the piece in doubt are known by their bytes
    assert await redis.zcard(QUEUE) == 951


async def test_a_single_piece_that_fails_is_an_enqueue_that_fails(queue: TaskQueue, wire: Wire) -> None:
    wire.is_cut = True
    began = monotonic()
    with pytest.raises(QueueUnavailable) as failed:
        await queue.put_all(jobs(MOST_AT_ONCE))
    assert not isinstance(failed.value, PartlyEnqueued)
    assert monotonic() - began < 10
