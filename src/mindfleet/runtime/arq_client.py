"""The client that arq's settings ask for; arq's own `create_pool` loses one that is refused or given up, and what it opened."""

# pyright: reportUnknownMemberType=false, reportUnknownArgumentType=false, reportUnknownVariableType=false
# The types that redis ships are not complete.

from contextlib import suppress
from typing import Any

from arq.connections import ArqRedis, RedisSettings
from redis.asyncio import Redis
from redis.asyncio.sentinel import Sentinel
from redis.exceptions import RedisError

from mindfleet.closing import close_for_good

_AS_REDIS_PY_CALLS_IT = {
    "host": "host",
    "port": "port",
    "unix_socket_path": "unix_socket_path",
    "conn_timeout": "socket_connect_timeout",
    "ssl": "ssl",
    "ssl_keyfile": "ssl_keyfile",
    "ssl_certfile": "ssl_certfile",
    "ssl_cert_reqs": "ssl_cert_reqs",
    "ssl_ca_certs": "ssl_ca_certs",
    "ssl_ca_data": "ssl_ca_data",
    "ssl_check_hostname": "ssl_check_hostname",
    "retry": "retry",
    "retry_on_timeout": "retry_on_timeout",
    "retry_on_error": "retry_on_error",
    "max_connections": "max_connections",
}


def client_of(where: RedisSettings) -> ArqRedis:
    """A client that has not connected yet.

    Raises:
        RuntimeError: Sentinels are to be asked, and it is not said which.
    """
    who = {"db": where.database, "username": where.username, "password": where.password, "encoding": "utf8"}
    if not where.sentinel:
        return ArqRedis(**{theirs: getattr(where, arqs) for arqs, theirs in _AS_REDIS_PY_CALLS_IT.items()}, **who)
    if isinstance(where.host, str):
        raise RuntimeError("with sentinel=True host is to be a list of Sentinels, as [('10.0.0.1', 26379)]")
    sentinels = Sentinel(where.host, ssl=where.ssl, **who)
    master: ArqRedis = sentinels.master_for(where.sentinel_master, redis_class=ArqRedis)
    return master


async def close_client(client: Redis) -> None:
    """Close all of its connections for good, those to Sentinels too."""
    with suppress(RedisError, OSError):
        await close_for_good(client)
    sentinels: Any = getattr(client.connection_pool, "sentinel_manager", None)
    for sentinel in sentinels.sentinels if sentinels else ():
        with suppress(RedisError, OSError):
            await sentinel.aclose()
