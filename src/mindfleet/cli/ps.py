"""`ps`: which processes run, what they use, and what the workers say of themselves."""

import asyncio
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from signal import SIGTERM
from typing import Annotated

import typer

from mindfleet.cli.away import nothing_is_here
from mindfleet.cli.call import Call
from mindfleet.cli.printing import emit, short, show, state, table, tell
from mindfleet.cli.processes import described, measured, uptime
from mindfleet.cli.queues import connected
from mindfleet.embedded import reports, stack
from mindfleet.embedded.runfile import ProcessRecord, Stack
from mindfleet.errors import QueueUnavailable
from mindfleet.observe.heartbeat import WorkerInfo, workers
from mindfleet.settings import Loaded

AsJson = Annotated[bool, typer.Option("--json", help="One JSON object.")]


@dataclass(frozen=True)
class Seen:
    """What there is."""

    stack: Stack | None
    processes: tuple[ProcessRecord, ...]
    """Of this machine: those that the supervisor keeps, and workers that report in this home."""

    workers: tuple[WorkerInfo, ...] = ()
    """On any machine."""

    unknown: tuple[str, ...] = ()
    """What could not be found out."""


def ps(context: typer.Context, *, as_json: AsJson = False) -> None:
    """Show the processes with memory and CPU, and what each worker says of itself.

    Workers tell that through Redis, wherever they run; one that has died is shown for 15 seconds more.

    Example: ./bot.sh ps --json
    """
    seen = asyncio.run(_look(Call.of(context).load()))
    if as_json:
        _emit(seen)
    else:
        _show(seen)


async def _look(loaded: Loaded) -> Seen:
    home = loaded.settings.home
    running = stack.status(home)
    processes = (*(running.processes if running else ()), *_by_hand(home))
    if nothing_is_here(loaded):
        return Seen(running, processes)
    try:
        async with connected(loaded.settings) as redis:
            return Seen(running, processes, tuple(await workers(redis)))
    except QueueUnavailable as error:
        return Seen(running, processes, unknown=(f"what the workers say is not known: {error}",))


def _by_hand(home: Path) -> list[ProcessRecord]:
    """Workers that somebody runs with this home, but without the supervisor."""
    found = [report for report in map(reports.read, reports.all_by_hand(home)) if report]
    return [
        ProcessRecord(
            name=report.worker_id,
            kind="worker",
            state="up",
            restarts=0,
            log="",
            stop_signal=SIGTERM,
            pid=report.pid,
            birth=report.birth,
            health=report.health,
        )
        for report in found
    ]


def _emit(seen: Seen) -> None:
    used = measured(list(seen.processes))
    emit(
        supervisor=seen.stack.pid if seen.stack else None,
        processes=[
            {**described(record), "rss_bytes": used[record.name][0], "cpu_percent": used[record.name][1]}
            for record in seen.processes
        ],
        workers=[worker.model_dump(mode="json") for worker in seen.workers],
        unknown=list(seen.unknown),
    )


def _show(seen: Seen) -> None:
    if seen.processes:
        _show_processes(list(seen.processes))
    if seen.workers:
        if seen.processes:
            show("")
        _show_workers(seen.workers)
    for reason in seen.unknown:
        tell(reason, "red")
    if not (seen.processes or seen.workers or seen.unknown):
        tell("nothing is running")


def _show_processes(records: list[ProcessRecord]) -> None:
    used = measured(records)
    columns = ("process", "state", "pid", "up", "MB", "CPU %", "restarts", "health")
    rows = (
        (
            *(r.name, state(r.state), r.pid, uptime(r)),
            *(used[r.name][0] // 2**20, round(used[r.name][1]), r.restarts, r.health),
        )
        for r in records
    )
    table(columns, rows, numbers=columns[2:7])


def _show_workers(found: tuple[WorkerInfo, ...]) -> None:
    columns = ("worker", "queues", "busy", "processed", "failed", "lag ms", "heard", "version")
    now = datetime.now(UTC)
    rows = (
        (
            *(w.worker_id, ", ".join(w.queues), f"{w.active_tasks} of {w.slots}", w.tasks_processed, w.tasks_failed),
            *(round(w.loop_lag_seconds * 1000), f"{short(now - w.timestamp)} ago", w.version),
        )
        for w in found
    )
    table(columns, rows, numbers=columns[2:7])
