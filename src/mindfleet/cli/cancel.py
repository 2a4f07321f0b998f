"""`cancel`: ends jobs that have not ended by themselves."""

import asyncio
from typing import Annotated, Literal

import typer

from mindfleet.cli.call import Call
from mindfleet.cli.exits import Exit
from mindfleet.cli.printing import emit, show
from mindfleet.jobs import JobHandle, JobStatus
from mindfleet.settings import Settings
from mindfleet.task_queue import TaskQueue

Outcome = Literal["cancelled", "asked", "ended", "unknown"]

Ids = Annotated[list[str], typer.Argument(metavar="ID...", help="As ./bot.sh enqueue and ./bot.sh jobs show them.")]
AsJson = Annotated[bool, typer.Option("--json", help="One JSON object.")]

WORDS: dict[Outcome, str] = {
    "cancelled": "is cancelled",
    "asked": "runs; its worker is told to stop it, which takes about a second",
    "ended": "has ended already; ./bot.sh job shows how",
    "unknown": "is unknown, or nothing is kept of it any more; is it among ./bot.sh parked?",
}
FAILURES: tuple[Outcome, ...] = ("ended", "unknown")


def cancel(context: typer.Context, job_ids: Ids, *, as_json: AsJson = False) -> None:
    """End jobs: those that wait at once, those that run by their worker, within about a second.

    Exits with 1 when one had ended already, or is unknown.

    Example: ./bot.sh cancel reflect-1
    """
    outcomes = asyncio.run(_cancel(Call.of(context).settings(), list(dict.fromkeys(job_ids))))
    if as_json:
        emit(jobs=[{"job_id": job_id, "outcome": outcome} for job_id, outcome in outcomes.items()])
    else:
        for job_id, outcome in outcomes.items():
            show(f"{job_id}  {WORDS[outcome]}", "red" if outcome in FAILURES else "")
    if any(outcome in FAILURES for outcome in outcomes.values()):
        raise typer.Exit(Exit.FAILED)


async def _cancel(settings: Settings, job_ids: list[str]) -> dict[str, Outcome]:
    async with TaskQueue(settings=settings) as queue:
        handles = [queue.job(job_id) for job_id in job_ids]
        return {handle.id: await _one(handle) for handle in handles}


async def _one(handle: JobHandle) -> Outcome:
    was_there, now = await handle.cancel(), await handle.status()
    if was_there:
        return "asked" if now is JobStatus.RUNNING else "cancelled"
    return "unknown" if now is JobStatus.UNKNOWN else "ended"
