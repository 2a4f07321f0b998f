"""Leaving a Redis that has become a replica: behind its address another server may be the master by now.

Connections live through a failover in which the old master goes on as a replica; only new ones reach the new master.
"""

# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false, reportUnknownArgumentType=false, reportGeneralTypeIssues=false, reportPrivateUsage=false, reportArgumentType=false
# The types that redis ships are not complete.

from contextlib import suppress
from typing import Any, TypeVar

from redis.asyncio import Redis
from redis.exceptions import ReadOnlyError, RedisError

from mindfleet.closing import open_one

R = TypeVar("R", bound=Redis)


def leaving_replicas(redis: R) -> R:
    """The same client; as soon as a server tells it that it is read-only, it closes every connection that it has.

    What was under way fails as in a restart, and what comes next connects anew.

    Args:
        redis: a client; others may have its pool of connections too, which then leave with it.
    """
    pool = redis.connection_pool
    made = pool.connection_class
    if getattr(made, "leaves_replicas", False):
        return redis

    class Leaving(made):  # type: ignore[valid-type, misc]
        """A connection that speaks for all of its pool."""

        __slots__ = ()  # so that connections which are there can become such
        leaves_replicas = True

        async def connect(self) -> None:
            """Open it, unless its pool is closed for good."""
            await open_one(self, pool, super().connect)

        async def read_response(self, *args: Any, **kwargs: Any) -> Any:  # noqa: ANN401 - redis-py's own
            """What the server answers."""
            try:
                return await super().read_response(*args, **kwargs)
            except ReadOnlyError:
                await self.leave()
                raise

        async def leave(self) -> None:
            """Close all connections of the pool."""
            with suppress(RedisError, OSError):
                await pool.disconnect(inuse_connections=True)

    pool.connection_class = Leaving
    for connection in (*pool._available_connections, *pool._in_use_connections):  # noqa: SLF001 - nobody tells of them
        if type(connection) is made:
            connection.__class__ = Leaving
    return redis
