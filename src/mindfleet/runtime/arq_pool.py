"""arq's pool of connections, and in which words it and its worker write."""

# pyright: reportGeneralTypeIssues=false, reportArgumentType=false
# The types that redis ships are not complete.

from copy import copy
from weakref import WeakSet

from arq.connections import ArqRedis, RedisSettings, create_pool
from arq.jobs import Deserializer, Serializer
from redis.asyncio import ConnectionPool, Redis

from mindfleet.closing import close_for_good
from mindfleet.demoted import leaving_replicas
from mindfleet.runtime.arrival import until_redis_answers
from mindfleet.wire import encode_json, job_deserializer

Words = tuple[Serializer, Deserializer]
"""How to write, and how to read."""

_opened: WeakSet[ConnectionPool] = WeakSet()
"""Those that nobody else has."""


def words(pool: Redis | None, write: Serializer | None, read: Deserializer | None) -> Words:
    """What was passed, or what the pool has; else JSON."""
    its_write, its_read = _its_own(pool)
    return write or its_write or encode_json, read or its_read or job_deserializer


def fluent(pool: ArqRedis, write: Serializer, read: Deserializer) -> ArqRedis:
    """The same pool, in these words where it has none of its own: a worker has to be able to read what it sends.

    Whoever passed one without goes on writing as before: it would pickle, as arq's default is. But its connections
    leave a server that becomes a replica.
    """
    its_write, its_read = _its_own(pool)
    if its_write and its_read:
        return leaving_replicas(pool)
    same = copy(pool)
    same.job_serializer, same.job_deserializer = its_write or write, its_read or read
    return leaving_replicas(same)


def _its_own(pool: Redis | None) -> tuple[Serializer | None, Deserializer | None]:
    """Of a client that is no arq's: none."""
    return getattr(pool, "job_serializer", None), getattr(pool, "job_deserializer", None)


async def open_pool(
    where: RedisSettings, write: Serializer, read: Deserializer, *, queue: str, expires_extra_ms: int, waits: bool
) -> ArqRedis:
    """Connect as arq does, with its retries, or wait until it can; the pool leaves a server that becomes a replica."""
    if waits:
        await until_redis_answers(where)
    pool = await create_pool(
        where,
        job_serializer=write,
        job_deserializer=read,
        default_queue_name=queue,
        expires_extra_ms=expires_extra_ms,
    )
    await pool.connection_pool.disconnect()  # arq has made one to see whether Redis is there
    pool.connection_pool.reset()  # type: ignore[no-untyped-call]
    _opened.add(pool.connection_pool)
    return leaving_replicas(pool)


async def close_pool(pool: ArqRedis) -> None:
    """Close all of its connections, as arq does; whoever handed the pool to a worker may use it still."""
    if pool.connection_pool in _opened:
        await close_for_good(pool)
    else:
        await pool.aclose(close_connection_pool=True)
