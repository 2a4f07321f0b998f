"""arq's own command, in a process of its own, with a settings module that installs our worker."""

import asyncio
import os
import sys
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import asynccontextmanager
from signal import SIGTERM

import pytest
from arq.jobs import Job, JobStatus

from tests.conformance.wires import Bench
from tests.conftest import Eventually

pytestmark = pytest.mark.stack

MODULE = "tests.conformance.commanded"


@asynccontextmanager
async def arq(bench: Bench, *words: str) -> AsyncGenerator[asyncio.subprocess.Process]:
    """The process; killed if it has not ended by the end of the block."""
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        *("-m", "arq", *words),
        env={**os.environ, "COMMANDED_REDIS": bench.url},
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    try:
        yield process
    finally:
        if process.returncode is None:
            process.kill()
        await process.communicate()


async def run(bench: Bench, *words: str) -> tuple[int | None, str]:
    async with asyncio.timeout(60), arq(bench, *words) as process:
        said, _ = await process.communicate()
        return process.returncode, said.decode()


async def _sent(job: Job | None) -> Job:
    assert job is not None
    return job


async def test_a_burst_works_off_the_queue_and_ends(bench: Bench) -> None:
    job = await _sent(await bench.pool.enqueue_job("double", 21))

    code, said = await run(bench, f"{MODULE}.WorkerSettings", "--burst")

    assert code == 0, said
    assert await job.result(timeout=1) == 42
    assert "double(21)" in said


async def test_hooks_of_a_settings_class_are_called(bench: Bench) -> None:
    job = await _sent(await bench.pool.enqueue_job("double", 21))

    await run(bench, f"{MODULE}.Starting", "--burst")

    assert await job.result(timeout=1) == 43


async def test_what_is_inherited_is_not_read_as_arq_does_not_read_it(bench: Bench) -> None:
    code, said = await run(bench, f"{MODULE}.Inheriting", "--burst")

    assert code == 1
    assert "at least one function or cron_job must be registered" in said


async def test_a_worker_shows_a_sign_of_life_that_arqs_check_reads(bench: Bench, eventually: Eventually) -> None:
    code, said = await run(bench, f"{MODULE}.WorkerSettings", "--check")
    assert code == 1
    assert "no health check sentinel value found" in said
    async with arq(bench, f"{MODULE}.WorkerSettings") as process:

        async def lives() -> bool:
            return bool(await bench.pool.exists("commanded:health"))

        await eventually(lives)
        assert b"j_complete=0 j_failed=0 j_retried=0 j_ongoing=0 queued=0" in await bench.pool.get("commanded:health")
        code, said = await run(bench, f"{MODULE}.WorkerSettings", "--check")
        assert code == 0, said
        assert "Health check successful" in said

        process.send_signal(SIGTERM)
        assert await asyncio.wait_for(process.wait(), 10) == 0
    assert not await bench.pool.exists("commanded:health")


async def test_a_signal_ends_the_worker_and_its_job_is_first_in_line_again(
    bench: Bench, eventually: Eventually
) -> None:
    job = await _sent(await bench.pool.enqueue_job("broods"))
    async with arq(bench, f"{MODULE}.WorkerSettings") as process:
        await eventually(_is(job, JobStatus.in_progress))
        process.send_signal(SIGTERM)
        assert await asyncio.wait_for(process.wait(), 10) == 0

    assert await job.status() is JobStatus.queued


async def test_a_worker_that_completes_its_jobs_first_takes_no_more(bench: Bench, eventually: Eventually) -> None:
    job = await _sent(await bench.pool.enqueue_job("broods"))
    async with arq(bench, f"{MODULE}.Draining") as process:
        await eventually(_is(job, JobStatus.in_progress))
        process.send_signal(SIGTERM)
        assert process.stdout
        async for line in process.stdout:
            if b"1 to be completed" in line:
                break
        later = await _sent(await bench.pool.enqueue_job("double", 1))

        with pytest.raises(TimeoutError):
            await later.result(timeout=1, poll_delay=0.1)
        assert await job.status() is JobStatus.in_progress
        assert process.returncode is None


def _is(job: Job, status: JobStatus) -> Callable[[], Awaitable[bool]]:
    async def is_so() -> bool:
        return await job.status() is status

    return is_so
