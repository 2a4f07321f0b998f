"""Which Redis is trusted with jobs."""

import logging

import pytest
from redis.asyncio import Redis

from mindfleet.errors import SettingsInvalid
from mindfleet.runtime.fit_redis import refuse_what_loses_jobs

pytestmark = pytest.mark.stack


async def test_a_redis_that_evicts_is_refused(redis: Redis) -> None:
    await redis.config_set("maxmemory", "1gb")
    await redis.config_set("maxmemory-policy", "allkeys-lru")
    try:
        with pytest.raises(SettingsInvalid, match="noeviction"):
            await refuse_what_loses_jobs(redis)
    finally:
        await redis.config_set("maxmemory-policy", "noeviction")
        await redis.config_set("maxmemory", "0")


async def test_one_without_an_append_only_file_is_warned_of(redis: Redis, caplog: pytest.LogCaptureFixture) -> None:
    await refuse_what_loses_jobs(redis)
    assert caplog.text == ""

    await redis.config_set("appendonly", "no")
    try:
        with caplog.at_level(logging.WARNING):
            await refuse_what_loses_jobs(redis)
    finally:
        await redis.config_set("appendonly", "yes")
    assert "append-only" in caplog.text
