"""arq's pool of connections, and in which words it and its worker write."""

# pyright: reportGeneralTypeIssues=false, reportArgumentType=false
# The types that redis ships are not complete.

from copy import copy
from weakref import WeakSet

from arq.connections import ArqRedis, RedisSettings
from arq.jobs import Deserializer, Serializer
from redis.asyncio import ConnectionPool, Redis

from mindfleet.demoted import leaving_replicas
from mindfleet.runtime.arq_client import client_of, close_client
from mindfleet.runtime.arrival import see_redis, until_redis_answers
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
    """Once Redis answers: tried as often as arq does, or for ever; the pool leaves a server that becomes a replica.

    Raises:
        RedisError, OSError: it does not answer.
    """
    await (until_redis_answers if waits else see_redis)(where)
    pool = client_of(where)
    pool.job_serializer, pool.job_deserializer = write, read
    pool.default_queue_name, pool.expires_extra_ms = queue, expires_extra_ms
    _opened.add(pool.connection_pool)
    return leaving_replicas(pool)


async def close_pool(pool: ArqRedis) -> None:
    """Close all of its connections, as arq does; whoever handed the pool to a worker may use it still."""
    if pool.connection_pool in _opened:
        await close_client(pool)
    else:
        await pool.aclose(close_connection_pool=True)
