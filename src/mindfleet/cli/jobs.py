"""`jobs`: the jobs of a queue, by when they are due."""

import asyncio
from datetime import UTC, datetime
from typing import Annotated

import typer

from mindfleet.cli.call import Call
from mindfleet.cli.gates import of_queue, show_gates
from mindfleet.cli.printing import emit, short, state, table, tell
from mindfleet.cli.queues import Waiting, connected, first
from mindfleet.cli.targets import queue_called
from mindfleet.queues import Queue
from mindfleet.settings import Settings
from mindfleet.steering import Gate, Steering

Which = Annotated[str, typer.Argument(metavar="QUEUE", help="cognition, sensory, action or social.")]
Next = Annotated[int, typer.Option("--next", min=1, help="How many.")]
AsJson = Annotated[bool, typer.Option("--json", help="One JSON object, with payloads.")]


def jobs(context: typer.Context, queue: Which, *, count: Next = 20, as_json: AsJson = False) -> None:
    """Look into a queue without taking anything: the jobs that are due first, running ones included.

    Example: ./bot.sh jobs sensory --next 5
    """
    which = queue_called(queue)
    found, gates = asyncio.run(_look(Call.of(context).settings(), which, count))
    if as_json:
        emit(queue=which.value, jobs=[_as_data(job) for job in found], gates=[vars(gate) for gate in gates])
        return
    if not found:
        tell(f"{which.value} is empty")
    else:
        now = datetime.now(UTC)
        table(
            ("job", "task", "state", "due", "waiting"),
            (
                (job.job_id, job.task, state(job.state), f"{job.due:%Y-%m-%d %H:%M:%S}Z", _since(job, now))
                for job in found
            ),
            numbers=("waiting",),
        )
    show_gates(gates)


async def _look(settings: Settings, queue: Queue, count: int) -> tuple[list[Waiting], list[Gate]]:
    async with connected(settings) as redis:
        return await first(redis, queue, count), of_queue(await Steering(redis).gates(), queue)


def _since(job: Waiting, now: datetime) -> str:
    return short(now - job.enqueued) if job.enqueued else ""


def _as_data(job: Waiting) -> dict[str, object]:
    return {
        "job_id": job.job_id,
        "task": job.task,
        "state": job.state,
        "due": job.due.isoformat(),
        "enqueued": job.enqueued.isoformat() if job.enqueued else None,
        "payload": job.payload,
    }
