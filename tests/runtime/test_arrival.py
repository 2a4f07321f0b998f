"""A worker that is started before its Redis."""

import asyncio
import logging
from pathlib import Path

import pytest
from arq.connections import RedisSettings
from pydantic import SecretStr

from mindfleet.runtime import arrival
from mindfleet.runtime.arrival import place, until_redis_answers
from mindfleet.settings import Settings
from tests.conftest import Eventually
from tests.private_redis import PrivateRedis
from workers.bootstrap import redis_settings


def settings_for(url: str) -> RedisSettings:
    return redis_settings(Settings.model_validate({"redis": {"url": SecretStr(url)}}))


async def test_a_redis_that_is_away_is_told_of_at_once_and_waited_for(
    tmp_path: Path, eventually: Eventually, caplog: pytest.LogCaptureFixture
) -> None:
    server = PrivateRedis(tmp_path)
    where = settings_for(f"redis://ana:hush@127.0.0.1:{server.port}/0")
    with caplog.at_level(logging.INFO, logger="arq.connections"):
        async with asyncio.timeout(20):
            waiting = asyncio.create_task(until_redis_answers(where))

            async def it_is_said() -> bool:
                return bool(caplog.messages)

            async with asyncio.timeout(arrival.ANSWERS_WITHIN.total_seconds()):
                await eventually(it_is_said)
            assert caplog.messages[0].startswith(f"Redis at 127.0.0.1:{server.port} does not answer (Error 111")
            assert caplog.messages[0].endswith("): trying again")
            try:
                await server.start(
                    "--user",
                    "ana",
                    "on",
                    ">hush",
                    "~*",
                    "&*",
                    "+@all",
                    "--user",
                    "default",
                    "on",
                    "nopass",
                    "~*",
                    "&*",
                    "+@all",
                )
                await waiting
            finally:
                await server.kill()
    assert caplog.messages[-1] == f"Redis at 127.0.0.1:{server.port} answers"
    assert "hush" not in caplog.text


async def test_nothing_is_said_of_a_redis_that_is_there(redis_url: str, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.INFO, logger="arq.connections"):
        await until_redis_answers(settings_for(redis_url))
    assert not caplog.messages


def test_a_place_is_named_without_who_one_is_there() -> None:
    assert place(settings_for("redis://:hush@cache.example:6380/2")) == "cache.example:6380"
    assert place(RedisSettings(unix_socket_path="/run/redis")) == "/run/redis"
    assert place(RedisSettings(host=[("one", 1), ("two", 2)], sentinel=True)) == "one:1, two:2"
