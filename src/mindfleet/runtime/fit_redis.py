"""Whether a Redis may be trusted with jobs."""

import logging
from typing import Any

from redis.asyncio import Redis

from mindfleet.errors import SettingsInvalid

KEEPS_ALL = "noeviction"

logger = logging.getLogger(__name__)


async def refuse_what_loses_jobs(redis: Redis) -> None:
    """Go on only with a Redis that drops nothing when it is full; say so when it forgets all in a restart.

    Raises:
        SettingsInvalid: it evicts keys.
        RedisError, OSError: it does not answer.
    """
    memory: dict[str, Any] = await redis.info("memory")
    policy = str(memory.get("maxmemory_policy", KEEPS_ALL))
    if policy != KEEPS_ALL and int(memory.get("maxmemory", 0)):
        raise SettingsInvalid(
            f"this Redis drops keys when it is full (maxmemory-policy {policy}), and jobs are keys: "
            f"set its maxmemory-policy to {KEEPS_ALL}"
        )
    persistence: dict[str, Any] = await redis.info("persistence")
    if not int(persistence.get("aof_enabled", 0)):
        logger.warning(
            "this Redis keeps no append-only file: after a restart every job comes back from PostgreSQL only"
        )
