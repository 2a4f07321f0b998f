"""`wait`: the result of a job, and what it tells until then."""

import asyncio
import json
from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager, suppress
from typing import Annotated

import typer

from mindfleet.awaiting import Event
from mindfleet.cli import events
from mindfleet.cli.call import Call
from mindfleet.cli.ended import Ended
from mindfleet.cli.exits import CommandFailed
from mindfleet.cli.printing import emit, show
from mindfleet.errors import QueueUnavailable
from mindfleet.jobs import JobHandle, JobPending, JobStatus
from mindfleet.settings import Settings
from mindfleet.task_queue import TaskQueue
from mindfleet.wire import JobFailed

Id = Annotated[str, typer.Argument(metavar="ID", help="As ./bot.sh enqueue and ./bot.sh jobs show it.")]
Timeout = Annotated[float, typer.Option("--timeout", help="Seconds to wait for the result.")]
Follow = Annotated[bool, typer.Option("--follow", "-f", help="Show what the job tells of itself, from its beginning.")]
AsJson = Annotated[bool, typer.Option("--json", help="One JSON object at the end.")]

LAST_WORDS = 1.0
"""Seconds for which the last event is waited for once the result is there; a job of arq's own tells none."""


def wait(
    context: typer.Context, job_id: Id, *, timeout: Timeout = 30, follow: Follow = False, as_json: AsJson = False
) -> None:
    """Wait for the end of a job, and print its result; exits with 1 when it failed, or has not ended by then.

    Example: ./bot.sh wait reflect-1 --follow
    """
    heard: list[Event] = []
    hear = heard.append if as_json else _show
    end, late = asyncio.run(_wait(Call.of(context).settings(), job_id, timeout, hear if follow else None))
    if as_json:
        told = end.as_data() if end else {"state": "pending", "result": None, "error": None}
        emit(job_id=job_id, **told, **({"events": [events.as_data(event) for event in heard]} if follow else {}))
    if end is None:
        raise CommandFailed(late, then=f"what it waits for: ./bot.sh job {job_id}")
    if end.error:
        raise CommandFailed(f"{job_id} failed: {end.error}", then=f"see ./bot.sh job {job_id}")
    if not as_json:
        show(json.dumps(end.result, ensure_ascii=False))


async def _wait(
    settings: Settings, job_id: str, patience: float, hear: Callable[[Event], None] | None
) -> tuple[Ended | None, str]:
    """How it ended, or why that is not known."""
    async with TaskQueue(settings=settings) as queue:
        handle = queue.job(job_id)
        if await handle.status() is JobStatus.UNKNOWN:
            raise CommandFailed(
                f"there is no job {job_id!r}, or nothing is kept of it any more", then="is it among ./bot.sh parked?"
            )
        async with _heard(handle, hear):
            try:
                return Ended(result=await handle.wait(patience)), ""
            except JobFailed as error:
                return Ended(error=error), ""
            except JobPending as error:
                return None, str(error)


@asynccontextmanager
async def _heard(handle: JobHandle, hear: Callable[[Event], None] | None) -> AsyncGenerator[None]:
    """Beside what is done meanwhile."""
    if hear is None:
        yield
        return
    hearing = asyncio.create_task(_hear(handle, hear))
    try:
        yield
        await asyncio.wait({hearing}, timeout=LAST_WORDS)
    finally:
        hearing.cancel()
        with suppress(asyncio.CancelledError, QueueUnavailable):
            await hearing


async def _hear(handle: JobHandle, hear: Callable[[Event], None]) -> None:
    async for event in handle.events():
        hear(event)


def _show(event: Event) -> None:
    show(events.in_words(event))
