"""A user of Redis who may do what arq needs, and no more."""

import logging
from collections.abc import AsyncGenerator
from dataclasses import replace
from typing import Any

import pytest

from tests.conformance.wires import JSON, Bench, bench_on, func
from tests.conftest import Eventually

pytestmark = pytest.mark.stack

USUAL: dict[str, Any] = {"enabled": True, "passwords": ["+secret"], "keys": ["*"], "categories": ["+@all"]}
"""As one is made who is given no channels: from Redis 7 on, that is none."""


@pytest.fixture
async def confined(redis_url: str) -> AsyncGenerator[Bench]:
    """Workers under a user who may neither publish nor listen; the stock producer may do everything."""
    async with bench_on(redis_url, JSON) as bench:
        await bench.pool.acl_setuser("confined", reset=True, **USUAL)
        try:
            yield bench
        finally:
            await bench.pool.acl_deluser("confined")


async def done(_ctx: dict[Any, Any]) -> int:
    return 1


async def test_a_user_without_channels_works_without_being_woken_and_is_told_so_once(
    confined: Bench, eventually: Eventually, caplog: pytest.LogCaptureFixture
) -> None:
    confines = replace(confined.settings, username="confined", password="secret")  # noqa: S106 - of a test
    function = func(done, name="done")

    async def waits() -> bool:
        return bool(await confined.pool.exists("mindfleet:idle:arq:queue"))

    with caplog.at_level(logging.WARNING):
        async with confined.working(function, redis_settings=confines, max_jobs=1) as worker:
            await eventually(waits)
            for _ in range(2):
                await confined.pool.enqueue_job("done")

            async def ended() -> bool:
                return worker.jobs_complete == 2

            await eventually(ended)

    assert [record.name for record in caplog.records] == ["mindfleet.runtime.wake"]
    assert "channel" in caplog.text
