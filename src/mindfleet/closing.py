"""Closing a client of Redis for good: redis-py's pools open a new connection for whoever still uses them afterwards.

Nobody would close that one. It is what an enqueue does that is under way when its queue is closed, and finds its
connection closed; or a connection that was just being opened.
"""

# pyright: reportUnknownMemberType=false
# The types that redis ships are not complete.

from collections.abc import Awaitable, Callable

from redis.asyncio import ConnectionPool, Redis
from redis.asyncio.connection import AbstractConnection
from redis.exceptions import RedisError

Connect = Callable[[], Awaitable[None]]

KEPT_AS = "is_closed_for_good"


class PoolClosed(RedisError):
    """Somebody still used a client that was closed; none of the errors that redis-py tries again after."""


async def close_for_good(redis: Redis) -> None:
    """Close a client of `leaving_replicas` with all of its connections, those that are just being opened too.

    What is under way fails, and so does what comes later.

    Args:
        redis: others that have its pool of connections are closed with it.
    """
    vars(redis.connection_pool)[KEPT_AS] = True
    await redis.aclose(close_connection_pool=True)


async def open_one(connection: AbstractConnection, pool: ConnectionPool, connect: Connect) -> None:
    """Open a connection, unless its pool is closed, before or meanwhile.

    Raises:
        PoolClosed: it is.
    """
    if KEPT_AS not in vars(pool):
        await connect()
    if KEPT_AS in vars(pool):
        await connection.disconnect()
        raise PoolClosed("the connections to Redis were closed")
