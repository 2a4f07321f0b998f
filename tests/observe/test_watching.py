"""Stores are asked whether they answer, and queues are looked into past the engine."""

import logging
from collections.abc import AsyncGenerator, Awaitable, Callable
from datetime import timedelta
from pathlib import Path

import pytest
from redis.asyncio import Redis

from mindfleet.adapters.graph.connection import Graph
from mindfleet.adapters.pgvector_memories import PgvectorMemories
from mindfleet.adapters.postgres.database import Database
from mindfleet.embedded.runfile import Stack
from mindfleet.observe.health import Patience, judge
from mindfleet.observe.watching import backlog_of, in_background, ping_of, probe, watch_loop, watch_queues, watch_stores
from mindfleet.queues import Queue
from mindfleet.vitals import REDIS, Vitals
from tests.adapters.cut_wire import wire_to
from tests.private_redis import private_redis

Eventually = Callable[[Callable[[], Awaitable[bool]]], Awaitable[None]]

SOON = timedelta(milliseconds=50)


@pytest.fixture
def vitals() -> Vitals:
    return Vitals("w1-cognition", {Queue.COGNITION: 5})


@pytest.fixture
async def redis(redis_url: str) -> AsyncGenerator[Redis]:
    async with Redis.from_url(redis_url) as redis:
        yield redis


async def test_the_loop_ticks(vitals: Vitals, eventually: Eventually) -> None:
    async def is_silent() -> bool:
        return vitals.signs().silence > 0.05

    async def ticked() -> bool:
        return not await is_silent()

    await eventually(is_silent)
    async with in_background(watch_loop(vitals)):
        await eventually(ticked)


@pytest.mark.stack
async def test_every_store_of_a_stack_answers(stack: Stack, redis: Redis, vitals: Vitals) -> None:
    login = (stack.neo4j_user, stack.neo4j_password)
    async with await Database.open(stack.database_url, size=2) as database, Graph(stack.neo4j_url, auth=login) as graph:
        vectors = PgvectorMemories(database, embedder="none", dimensions=1)
        pings = {REDIS: ping_of(redis), "postgres": database.ping, "graph": graph.ping, "vectors": vectors.ping}
        await probe(vitals, pings)

    assert vitals.signs().stores == {REDIS: None, "postgres": None, "graph": None, "vectors": None}


@pytest.mark.stack
async def test_a_store_is_lost_while_it_is_away_and_answers_when_it_is_back(
    stack: Stack, vitals: Vitals, eventually: Eventually, caplog: pytest.LogCaptureFixture
) -> None:
    async def answers() -> bool:
        return vitals.signs().stores == {"postgres": None}

    async def lost() -> bool:
        return vitals.signs().stores == {"postgres": "ConnectionRefusedError"}

    async with wire_to(stack.database_url) as wire, await Database.open(wire.url, size=2) as database:
        with caplog.at_level(logging.INFO):
            async with in_background(watch_stores(vitals, {"postgres": database.ping}, every=SOON)):
                await eventually(answers)
                await wire.cut()
                await eventually(lost)
                await wire.mend()
                await eventually(answers)
    assert caplog.text.count("postgres is lost") == 1
    assert caplog.text.count("postgres answers again") == 1


@pytest.mark.stack
async def test_a_store_that_hangs_is_lost_within_the_time_it_has(stack: Stack, vitals: Vitals) -> None:
    async with wire_to(stack.database_url) as wire, await Database.open(wire.url, size=2) as database:
        await database.ping()
        wire.silence()
        await probe(vitals, {"postgres": database.ping}, within=timedelta(seconds=0.2))

    assert vitals.signs().stores == {"postgres": "no answer within 0.2 s"}


async def test_an_error_that_nobody_thought_of_is_a_lost_store_and_not_the_end(vitals: Vitals) -> None:
    async def broken() -> None:
        raise KeyError("secret")

    await probe(vitals, {"vectors": broken})

    assert vitals.signs().stores == {"vectors": "KeyError"}


async def test_a_watch_that_fails_ends_alone_and_says_so(
    eventually: Eventually, caplog: pytest.LogCaptureFixture
) -> None:
    async def fail() -> None:
        raise ValueError("no such sign")

    async def said() -> bool:
        return "no such sign" in caplog.text

    with caplog.at_level(logging.ERROR):
        async with in_background(fail()):
            await eventually(said)


@pytest.mark.stack
async def test_a_backlog_is_what_is_ready_and_what_is_due(redis: Redis) -> None:
    seconds, _ = await redis.time()
    now = seconds * 1000
    await redis.zadd("arq:cognition", {"due": now - 5000, "later": now + 60_000, "filed": now - 10**13})
    await redis.zadd("mindfleet:ready:arq:cognition", {"0000000000001filed": 1})

    assert await backlog_of(redis)(Queue.COGNITION) == 2
    assert await backlog_of(redis)(Queue.SOCIAL) == 0


@pytest.mark.stack
async def test_an_engine_that_claims_nothing_is_noticed_until_it_does(
    redis: Redis, vitals: Vitals, eventually: Eventually
) -> None:
    patience = Patience(loop=timedelta(hours=1), claim=timedelta(milliseconds=200))
    seconds, _ = await redis.time()
    await redis.zadd("arq:cognition", {"due": seconds * 1000 - 5000})
    vitals.queue(Queue.COGNITION).claims(5)

    async def wedged() -> bool:
        return not judge(vitals.signs(), patience).live

    async def fine() -> bool:
        return judge(vitals.signs(), patience).live

    async with in_background(watch_queues(vitals, backlog_of(redis), every=SOON)):
        await eventually(wedged)
        await redis.zrem("arq:cognition", "due")
        vitals.queue(Queue.COGNITION).claimed()
        assert await fine()


@pytest.mark.stack
async def test_a_redis_that_takes_nothing_is_lost_and_not_held_against_the_engine(
    vitals: Vitals, tmp_path: Path, eventually: Eventually
) -> None:
    patience = Patience(loop=timedelta(hours=1), claim=timedelta(seconds=1))
    vitals.queue(Queue.COGNITION).claims(5)

    async def refuses() -> bool:
        return vitals.signs().stores == {REDIS: "ReadOnlyError"}

    async def takes() -> bool:
        return vitals.signs().stores == {REDIS: None}

    async with private_redis(tmp_path) as server, Redis.from_url(server.url) as redis:
        await redis.zadd("arq:cognition", {"due": 1})
        watches = (
            watch_queues(vitals, backlog_of(redis), every=SOON),
            watch_stores(vitals, {REDIS: ping_of(redis)}, every=SOON),
        )
        async with in_background(*watches):
            await redis.execute_command("REPLICAOF", "127.0.0.1", "1")
            await eventually(refuses)
            assert judge(vitals.signs(), patience).live
            assert not judge(vitals.signs(), patience).ready
            await redis.execute_command("REPLICAOF", "NO", "ONE")
            await eventually(takes)


async def test_a_queue_that_cannot_be_looked_into_is_not_held_against_the_engine(
    vitals: Vitals, eventually: Eventually
) -> None:
    looks = 0

    async def backlog(queue: Queue) -> int:
        nonlocal looks
        looks += 1
        if looks > 1:
            raise ConnectionError
        return 3

    async def looked_again() -> bool:
        return looks > 2

    async with in_background(watch_queues(vitals, backlog, every=timedelta())):
        await eventually(looked_again)
    assert vitals.signs().queues[0].neglected == 0
