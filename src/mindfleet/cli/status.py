"""`status`: how the queues and the processes are."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Annotated, Any

import typer
from rich.text import Text

from mindfleet.cli.away import nothing_is_here
from mindfleet.cli.call import Call
from mindfleet.cli.exits import Exit
from mindfleet.cli.gates import show_gates
from mindfleet.cli.printing import emit, short, show, state, table, tell
from mindfleet.cli.processes import described, uptime
from mindfleet.cli.programs import running_workers
from mindfleet.cli.queues import QueueState, connected, states
from mindfleet.cli.retrying import Retries, retries
from mindfleet.embedded import runfile, stack
from mindfleet.embedded.runfile import Stack
from mindfleet.errors import QueueUnavailable, SettingsInvalid, StoreUnavailable
from mindfleet.observe import asking
from mindfleet.queues import Queue
from mindfleet.settings import Loaded
from mindfleet.steering import Gate, Steering
from mindfleet.wiring import parked_counts

AsJson = Annotated[bool, typer.Option("--json", help="One JSON object.")]


@dataclass(frozen=True)
class Report:
    """All that can be told."""

    stack: Stack | None
    left_behind: bool
    """The supervisor is dead, but its file is still there."""

    queues: dict[Queue, QueueState] = field(default_factory=dict[Queue, QueueState])
    parked: dict[str, int] = field(default_factory=dict[str, int])
    gates: list[Gate] = field(default_factory=list[Gate])
    """What is paused or limited."""

    retries: Mapping[Queue, Retries] = field(default_factory=dict[Queue, Retries])
    """What fails and is tried again."""

    troubles: Mapping[str, str] = field(default_factory=dict[str, str])
    """What is wrong with workers that run, by name."""

    unknown: tuple[str, ...] = ()
    """What could not be found out."""

    @property
    def code(self) -> Exit:
        """LSB: 0 all is up, 1 something is not that should be, 3 nothing runs, 4 it cannot be told."""
        if self.left_behind:
            return Exit.FAILED
        if self.unknown:
            return Exit.UNKNOWN
        if self.stack is None:
            by_hand = self.queues and all(state.worker for state in self.queues.values())
            return Exit.OK if by_hand else Exit.NOT_RUNNING
        well = not self.troubles and all(record.state == "up" for record in self.stack.processes)
        return Exit.OK if well else Exit.FAILED

    @property
    def word(self) -> str:
        return {Exit.OK: "up", Exit.FAILED: "failing", Exit.NOT_RUNNING: "not running"}.get(self.code, "unknown")


def status(context: typer.Context, *, as_json: AsJson = False) -> None:
    """Show each queue and each process.

    Exits with 0 when all is up and well, 1 when something is not that should be, 3 when nothing runs, 4 when it
    cannot be told.

    Example: ./bot.sh status --json
    """
    loaded = Call.of(context).load()
    report = asyncio.run(_report(loaded))
    if as_json:
        emit(**_as_data(report, loaded))
    else:
        _show(report)
    raise typer.Exit(report.code)


async def _report(loaded: Loaded) -> Report:
    home = loaded.settings.home
    running = stack.status(home)
    left_behind = running is None and runfile.read_unverified(home) is not None
    if nothing_is_here(loaded):
        return Report(None, left_behind)
    unknown: list[str] = []
    queues: dict[Queue, QueueState] = {}
    parked: dict[str, int] = {}
    gates: list[Gate] = []
    again: dict[Queue, Retries] = {}
    try:
        async with connected(loaded.settings) as redis:
            queues, gates, again = await states(redis), await Steering(redis).gates(), await retries(redis)
    except QueueUnavailable as error:
        unknown.append(str(error))
    try:
        parked = await parked_counts(loaded.settings)
    except (StoreUnavailable, SettingsInvalid) as error:
        unknown.append(f"parked jobs cannot be counted: {error}")
    return Report(running, left_behind, queues, parked, gates, again, await _troubles(running), tuple(unknown))


async def _troubles(running: Stack | None) -> dict[str, str]:
    """What the workers that are up say is wrong, or that they say nothing."""
    told = {record.name: record.health for record in running_workers(running) if record.health}
    asked = (asyncio.to_thread(asking.trouble, health, "readyz") for health in told.values())
    answers = zip(told, await asyncio.gather(*asked), strict=True)
    return {name: trouble for name, trouble in answers if trouble}


def _as_data(report: Report, loaded: Loaded) -> dict[str, Any]:
    return {
        "state": report.word,
        "home": str(loaded.settings.home),
        "supervisor": report.stack.pid if report.stack else None,
        "queues": {
            queue.short: {
                "ready": queued.ready,
                "running": queued.running,
                "deferred": queued.deferred,
                "parked": report.parked.get(queue.value, 0),
                "retrying": vars(report.retries[queue]),
                "oldest_seconds": queued.oldest.total_seconds() if queued.oldest else 0,
                "worker": queued.worker,
            }
            for queue, queued in report.queues.items()
        },
        "gates": [vars(gate) for gate in report.gates],
        "processes": [
            {**described(record), "trouble": report.troubles.get(record.name)}
            for record in (report.stack.processes if report.stack else ())
        ],
        "unknown": list(report.unknown),
    }


def _show(report: Report) -> None:
    if report.queues:
        _show_queues(report)
    if report.stack:
        table(
            ("process", "state", "pid", "up", "health", "last error"),
            ((r.name, state(r.state), r.pid, uptime(r), r.health, r.last_error) for r in report.stack.processes),
            numbers=("pid", "up"),
        )
    for name, trouble in report.troubles.items():
        tell(f"{name}: {trouble}", "red")
    for reason in report.unknown:
        tell(reason, "red")
    if report.left_behind:
        tell("the supervisor has died; ./bot.sh start brings everything back, ./bot.sh stop tidies up", "red")
    elif report.stack is None and not report.queues:
        tell("nothing is running; start it with ./bot.sh start workers")


def _show_queues(report: Report) -> None:
    columns = ("queue", "ready", "running", "deferred", "parked", "oldest", "worker")
    rows = [_queue_row(queue, queued, report) for queue, queued in report.queues.items()]
    table(columns, rows, numbers=columns[1:6])
    for queue, again in report.retries.items():
        if again.jobs:
            show(again.in_words(queue), "red")
    show_gates(report.gates)
    show("")


def _queue_row(queue: Queue, queued: QueueState, report: Report) -> tuple[object, ...]:
    parked = report.parked.get(queue.value, 0)
    return (
        queue.short,
        queued.ready,
        queued.running,
        queued.deferred,
        Text(str(parked), "red" if parked else ""),
        short(queued.oldest),
        state("up" if queued.worker else "none"),
    )
