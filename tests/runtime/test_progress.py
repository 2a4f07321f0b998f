"""How far a running job is."""

import logging

import pytest

from mindfleet import TaskQueue
from mindfleet.current_job import JobContext, current_job
from mindfleet.runtime.progress import RedisProgress
from mindfleet.settings import Settings
from tests.runtime.desk import Desk


async def test_a_job_goes_on_when_redis_is_away(caplog: pytest.LogCaptureFixture) -> None:
    nowhere = TaskQueue("redis://127.0.0.1:1/0", settings=Settings())
    token = current_job.set(JobContext("job", "run_summarization", 1))

    with caplog.at_level(logging.WARNING):
        await RedisProgress(nowhere).report(1, 2, "parts summarised")

    current_job.reset(token)
    assert "Redis is away" in caplog.text


async def test_a_note_that_no_server_can_be_sent_does_not_end_its_job(desk: Desk, redis_url: str) -> None:
    await desk.put("job")
    [claim] = await desk.claim()
    token = current_job.set(JobContext("job", "run_summarization", 1, token=claim.token))
    async with TaskQueue(redis_url, settings=Settings()) as queue:
        await RedisProgress(queue).report(1, 2, "half a smile: \ud83d")
        progress = await queue.job("job").progress()

    current_job.reset(token)
    assert progress
    assert progress.note == "half a smile: \\ud83d"
