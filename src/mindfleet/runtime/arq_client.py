"""The client that arq's settings ask for; arq's `create_pool` leaves one open that is refused or given up."""

# pyright: reportUnknownMemberType=false, reportUnknownArgumentType=false, reportUnknownVariableType=false
# The types that redis ships are not complete.

from contextlib import suppress
from typing import Any, cast

from arq.connections import ArqRedis, RedisSettings
from redis.asyncio import Redis
from redis.asyncio.sentinel import Sentinel
from redis.exceptions import RedisError

from mindfleet.closing import close_for_good

_ALIKE = (
    *("host", "port", "unix_socket_path", "max_connections", "retry", "retry_on_timeout", "retry_on_error"),
    *("ssl", "ssl_keyfile", "ssl_certfile", "ssl_cert_reqs", "ssl_ca_certs", "ssl_ca_data", "ssl_check_hostname"),
)
"""What arq and redis-py call by one name."""


def client_of(where: RedisSettings) -> ArqRedis:
    """A client that has not connected yet.

    Raises:
        RuntimeError: Sentinels are to be asked, and it is not said which.
    """
    who: Any = {"db": where.database, "username": where.username, "password": where.password, "encoding": "utf8"}
    if not where.sentinel:
        alike = {name: getattr(where, name) for name in _ALIKE}
        return ArqRedis(socket_connect_timeout=where.conn_timeout, **alike, **who)
    if isinstance(where.host, str):
        raise RuntimeError(  # noqa: TRY004 - as arq does
            "with sentinel=True host is to be a list of Sentinels, as [('10.0.0.1', 26379)]"
        )
    sentinels = Sentinel(where.host, ssl=where.ssl, **who)  # type: ignore[no-untyped-call]
    return cast("ArqRedis", sentinels.master_for(where.sentinel_master, redis_class=ArqRedis))


async def close_client(client: Redis) -> None:
    """Close all of its connections for good, those to Sentinels too."""
    with suppress(RedisError, OSError):
        await close_for_good(client)
    sentinels: Any = getattr(client.connection_pool, "sentinel_manager", None)
    for sentinel in sentinels.sentinels if sentinels else ():
        with suppress(RedisError, OSError):
            await sentinel.aclose()
