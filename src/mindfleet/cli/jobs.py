"""`jobs`: the jobs of a queue, by when they are due."""

import asyncio
from datetime import UTC, datetime
from typing import Annotated, Any

import typer
from rich.text import Text

from mindfleet.cli.call import Call
from mindfleet.cli.gates import of_queue, show_gates
from mindfleet.cli.printing import cut, emit, short, state, table, tell
from mindfleet.cli.queues import connected
from mindfleet.cli.retrying import tried_again
from mindfleet.cli.targets import queue_called
from mindfleet.cli.waiting import Waiting, first
from mindfleet.queues import Queue
from mindfleet.settings import Settings
from mindfleet.steering import Gate, Steering

Which = Annotated[str, typer.Argument(metavar="QUEUE", help="cognition, sensory, action or social.")]
Next = Annotated[int, typer.Option("--next", min=1, help="How many.")]
Retrying = Annotated[
    bool, typer.Option("--retrying", help="Only those that are tried again; of a long queue, a part is looked through.")
]
AsJson = Annotated[bool, typer.Option("--json", help="One JSON object, with payloads and whole errors.")]

COLUMNS = ("job", "task", "state", "due", "waiting", "starts", "failed", "last error")

OF_ANY = 5
"""So many columns are of use for any job, the others for one that went wrong."""


def jobs(
    context: typer.Context, queue: Which, *, count: Next = 20, retrying: Retrying = False, as_json: AsJson = False
) -> None:
    """Look into a queue without taking anything: the jobs that are due first, running ones included.

    One that waits for its next try is `retrying`; of a job that has failed, the last error is told.

    Example: ./bot.sh jobs sensory --next 5
    """
    which = queue_called(queue)
    found, gates = asyncio.run(_look(Call.of(context).settings(), which, count, retrying=retrying))
    if as_json:
        emit(queue=which.value, jobs=[as_data(job) for job in found], gates=[vars(gate) for gate in gates])
        return
    if not found:
        tell(f"no job of {which.value} is tried again" if retrying else f"{which.value} is empty")
    else:
        now, shown = datetime.now(UTC), len(COLUMNS) if any(job.attempts.last_error for job in found) else OF_ANY
        rows = (_row(job, now)[:shown] for job in found)
        table(COLUMNS[:shown], rows, numbers=COLUMNS[4:7], whole=COLUMNS[2:7])
    show_gates(gates)


def as_data(job: Waiting) -> dict[str, Any]:
    """One job for `--json`."""
    return {
        "job_id": job.job_id,
        "task": job.task,
        "state": job.state,
        "due": job.due.isoformat(),
        "enqueued": job.enqueued.isoformat() if job.enqueued else None,
        "starts": job.attempts.starts,
        "failures": job.attempts.failures,
        "last_error": job.attempts.last_error or None,
        "payload": job.payload,
    }


async def _look(settings: Settings, queue: Queue, count: int, *, retrying: bool) -> tuple[list[Waiting], list[Gate]]:
    async with connected(settings) as redis:
        found = await (tried_again if retrying else first)(redis, queue, count)
        return found, of_queue(await Steering(redis).gates(), queue)


def _row(job: Waiting, now: datetime) -> tuple[object, ...]:
    attempts = job.attempts
    return (
        job.job_id,
        job.task,
        state(job.state),
        f"{job.due:%Y-%m-%d %H:%M:%S}Z",
        short(now - job.enqueued) if job.enqueued else "",
        attempts.starts,
        Text(str(attempts.failures), "red" if attempts.failures else ""),
        cut(attempts.last_error),
    )
