"""`job`: one job, wherever it is."""

import asyncio
import json
from dataclasses import dataclass
from typing import Annotated, Any

import typer

from mindfleet.awaiting import Event, progress_key, read_event
from mindfleet.cli import events
from mindfleet.cli.call import Call
from mindfleet.cli.ended import Ended, ended
from mindfleet.cli.exits import CommandFailed
from mindfleet.cli.jobs import as_data
from mindfleet.cli.printing import emit, show, tell
from mindfleet.cli.queues import connected
from mindfleet.cli.waiting import Waiting, one
from mindfleet.errors import SettingsInvalid, StoreUnavailable
from mindfleet.ports.parked import ParkedFilter, ParkedJob
from mindfleet.settings import Settings
from mindfleet.streams import rows
from mindfleet.task_queue import TaskQueue
from mindfleet.wiring import open_parked

Id = Annotated[str, typer.Argument(metavar="ID", help="As ./bot.sh enqueue and ./bot.sh jobs show it.")]
AsJson = Annotated[bool, typer.Option("--json", help="One JSON object.")]

APART = ("event", "payload", "result", "error")
"""Shown in another way than the rest."""


@dataclass(frozen=True, kw_only=True)
class Found:
    """All that is known of a job."""

    waiting: Waiting | None = None
    ended: Ended | None = None
    parked: ParkedJob | None = None
    event: Event | None = None
    """What it told of itself last."""

    unknown: str = ""
    """Why it is not known whether it is parked."""


def job(context: typer.Context, job_id: Id, *, as_json: AsJson = False) -> None:
    """Show one job, wherever it is: unfinished, ended with a result that is kept, or parked.

    Example: ./bot.sh job reflect-1
    """
    found = asyncio.run(_find(Call.of(context).settings(), job_id))
    if not (found.waiting or found.ended or found.parked):
        why = f"; whether it is parked is not known: {found.unknown}" if found.unknown else ""
        raise CommandFailed(
            f"there is no job {job_id!r}, or nothing is kept of it any more{why}",
            then="those that have not ended: ./bot.sh jobs QUEUE; those that failed for good: ./bot.sh parked",
        )
    data = _as_data(job_id, found)
    if as_json:
        emit(job=data)
    else:
        _show(data, found)


async def _find(settings: Settings, job_id: str) -> Found:
    async with connected(settings) as redis, TaskQueue(settings=settings) as queue:
        handle = queue.job(job_id)
        waiting = await one(redis, job_id)
        told = rows(await redis.xrevrange(progress_key(job_id), count=1))
        event = read_event(told[0]) if told else None
        if waiting:
            return Found(waiting=waiting, event=event)
        end = await ended(handle)
    parked, unknown = await _parked(settings, job_id)
    return Found(ended=end, parked=parked, event=event, unknown=unknown)


async def _parked(settings: Settings, job_id: str) -> tuple[ParkedJob | None, str]:
    try:
        async with open_parked(settings) as parked:
            found = await parked.all(ParkedFilter(job_ids=[job_id]), limit=1)
            return (found[0] if found else None), ""
    except (StoreUnavailable, SettingsInvalid) as error:
        return None, str(error)


def _as_data(job_id: str, found: Found) -> dict[str, Any]:
    event = {"event": events.as_data(found.event) if found.event else None}
    if found.waiting:
        return {**_of_waiting(found.waiting), **event}
    if found.parked:
        return {"job_id": job_id, **_of_parked(found.parked), **event}
    return {"job_id": job_id, **(found.ended or Ended()).as_data(), **event}


def _of_waiting(job: Waiting) -> dict[str, Any]:
    place = {"worker": job.worker or None, "order": job.order or None, "gate": job.gate or None}
    return {**as_data(job), "queue": job.queue.value, "priority": job.priority, **place}


def _of_parked(job: ParkedJob) -> dict[str, Any]:
    return {
        "state": "parked",
        "queue": job.queue,
        "task": job.task,
        "failures": job.attempts,
        "parked_at": job.parked_at.isoformat(),
        "last_error": f"{job.error}: {job.message}",
    }


def _show(data: dict[str, Any], found: Found) -> None:
    for name, told in data.items():
        if told is not None and name not in APART:
            show(f"{name:<12} {told}")
    if found.event:
        show(f"{'told':<12} {events.in_words(found.event)}")
    for name in ("payload", "result"):
        if data.get(name) is not None:
            show(f"{name:<12} {json.dumps(data[name], ensure_ascii=False)}")
    if found.ended and found.ended.error and not found.parked:
        show(f"{'error':<12} {found.ended.error}", "red")
    if found.parked:
        tell(f"with its payload and where it failed: ./bot.sh parked show {found.parked.job_id}")
