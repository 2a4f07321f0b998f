"""`run_job`, around which subclasses and what watches arq's workers put work of their own."""

from collections.abc import Awaitable, Callable
from contextvars import ContextVar
from typing import Any

import pytest

from mindfleet.runtime.worker import FleetWorker
from tests.conformance.wires import Bench, func

pytestmark = pytest.mark.stack

span: ContextVar[str] = ContextVar("span", default="none")


class Traced(FleetWorker):
    """One that has a span for each job."""

    async def run_job(self, job_id: str, score: int) -> None:
        before = span.set(f"of {job_id}")
        try:
            await super().run_job(job_id, score)
        finally:
            span.reset(before)


async def shows(ctx: dict[Any, Any]) -> str:
    if ctx["job_id"] == "fails":
        raise ValueError(span.get())
    return span.get()


async def test_a_subclass_may_put_something_around_each_job(bench: Bench) -> None:
    for job_id in ("first", "fails"):
        await bench.pool.enqueue_job("shows", _job_id=job_id)
    told: dict[str, Any] = {
        "redis_settings": bench.settings,
        "handle_signals": False,
        "burst": True,
        "poll_delay": 0.05,
    }
    heard: list[str] = []

    async def hears(_ctx: dict[Any, Any]) -> None:
        heard.append(span.get())

    worker = Traced([func(shows, name="shows")], on_job_end=hears, **told, **bench.wire.both)
    await worker.async_run()
    await worker.close()

    results = {str(each.result) for each in await bench.pool.all_job_results()}
    assert results == {"of first", "ValueError: of fails"}
    assert sorted(heard) == ["of fails", "of first"]
    assert (worker.jobs_complete, worker.jobs_failed) == (1, 1)


async def test_what_wraps_the_class_as_watchers_do_is_called_for_each_job(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[str] = []
    inner: Callable[[FleetWorker, str, int], Awaitable[None]] = FleetWorker.run_job

    async def watched(self: FleetWorker, job_id: str, score: int) -> None:
        seen.append(job_id)
        await inner(self, job_id, score)

    monkeypatch.setattr(FleetWorker, "run_job", watched)
    await bench.pool.enqueue_job("shows", _job_id="first")

    worker = await bench.burst(func(shows, name="shows"))

    assert seen == ["first"]
    assert worker.jobs_complete == 1


async def test_a_watcher_of_arqs_own_worker_is_said_not_to_see_this_one(
    bench: Bench, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    async def watched(_self: Any, _job_id: str, _score: int) -> None:
        """Never called."""

    monkeypatch.setattr(FleetWorker.__bases__[0], "run_job", watched)  # arq.worker.Worker may be ours by now

    bench.worker(func(shows, name="shows"))

    assert "install()" in caplog.text
