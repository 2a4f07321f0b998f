"""How far a running job is."""

import logging

import pytest

from mindfleet import TaskQueue
from mindfleet.current_job import JobContext, current_job
from mindfleet.runtime.progress import RedisProgress
from mindfleet.settings import Settings


async def test_a_job_goes_on_when_redis_is_away(caplog: pytest.LogCaptureFixture) -> None:
    nowhere = TaskQueue("redis://127.0.0.1:1/0", settings=Settings())
    token = current_job.set(JobContext("job", "run_summarization", 1))

    with caplog.at_level(logging.WARNING):
        await RedisProgress(nowhere).report(1, 2, "parts summarised")

    current_job.reset(token)
    assert "Redis is away" in caplog.text
