"""Context variables: what a hook says of a job, its function and the other hooks hear, and no other job."""

from contextvars import ContextVar
from typing import Any

import pytest

from tests.conformance.wires import Bench, func

pytestmark = pytest.mark.stack

request: ContextVar[str] = ContextVar("request", default="none")


async def test_what_a_start_hook_sets_the_function_and_the_later_hooks_find(bench: Bench) -> None:
    heard: list[str] = []

    async def sets(ctx: dict[Any, Any]) -> None:
        heard.append(f"start {request.get()}")
        ctx["before"] = request.set(ctx["job_id"])

    async def works(_ctx: dict[Any, Any]) -> None:
        heard.append(f"works {request.get()}")
        request.set("of the function alone")

    async def ends(_ctx: dict[Any, Any]) -> None:
        heard.append(f"end {request.get()}")

    async def resets(ctx: dict[Any, Any]) -> None:
        request.reset(ctx["before"])
        heard.append(f"after {request.get()}")

    for job_id in ("first", "second"):
        await bench.pool.enqueue_job("works", _job_id=job_id)
        await bench.burst(func(works, name="works"), on_job_start=sets, on_job_end=ends, after_job_end=resets)

    assert heard == [
        "start none",
        "works first",
        "end first",
        "after none",
        "start none",
        "works second",
        "end second",
        "after none",
    ]


async def test_what_the_startup_hook_sets_every_job_finds(bench: Bench) -> None:
    async def sets(_ctx: dict[Any, Any]) -> None:
        request.set("of all")

    async def reads(_ctx: dict[Any, Any]) -> str:
        return request.get()

    job = await bench.pool.enqueue_job("reads")

    await bench.burst(func(reads, name="reads"), on_startup=sets)

    assert job
    assert await job.result(timeout=1) == "of all"
