"""`start`, `stop` and `restart`: the stores and the workers, through the supervisor."""

import asyncio
from datetime import timedelta
from typing import Annotated

import typer

from mindfleet.cli.call import Call
from mindfleet.cli.fleet import Fleet
from mindfleet.cli.printing import tell
from mindfleet.cli.processes import show_processes
from mindfleet.cli.targets import ALL, DEMO, WORKERS, targets

Words = Annotated[list[str] | None, typer.Argument(metavar="[stack|workers|all|NAME]...", show_default=False)]
Within = Annotated[float, typer.Option("--timeout", help="Seconds that all of it may take.")]
Now = Annotated[bool, typer.Option("--now", help="Do not wait for running jobs: they run again later.")]
OneProcess = Annotated[bool, typer.Option("--cell", help="One process for all queues instead of one each.")]


def start(context: typer.Context, what: Words = None, *, cell: OneProcess = False, timeout: Within = 120) -> None:
    """Start the stores, the workers, or both; returns when they are healthy.

    Without a word, and for workers, the stores are started too unless settings name the address of each. What runs
    already is left as it is. NAME is cognition, sensory, action, social, or insight-worker for one process with all.

    Example: ./bot.sh start workers --cell
    """
    wanted = targets(what or (), cell=cell, default=WORKERS)
    fleet = Fleet(Call.of(context), within=timedelta(seconds=timeout))
    show_processes(asyncio.run(fleet.start(wanted)))


def stop(context: typer.Context, what: Words = None, *, now: Now = False) -> None:
    """Stop workers, stack or all; running jobs may end first.

    Without a word everything stops. The stores take their workers with them. `stop demo` ends a demo that was kept.

    Example: ./bot.sh stop workers
    """
    words = list(what or ())
    fleet = Fleet(Call.of(context))
    if DEMO in words or ALL in words:
        _say_whether(asyncio.run(fleet.stop_demo(now=now)), "the demo's stack", always=DEMO in words)
        words = [word for word in words if word != DEMO]
        if not words:
            return
    wanted = targets(words, default=ALL)
    if wanted.stack:
        _say_whether(asyncio.run(fleet.stop_all(now=now)), "the stack", always=True)
    else:
        stopped = asyncio.run(fleet.stop_workers(wanted, now=now))
        tell(f"stopped {', '.join(stopped)}" if stopped else "no such worker is running")


def restart(context: typer.Context, what: Words = None, *, now: Now = False, timeout: Within = 120) -> None:
    """Restart the workers one after the other, each when the one before is up.

    With `stack` or `all`, everything is stopped and what ran is started again.

    Example: ./bot.sh restart sensory
    """
    wanted = targets(what or (), default=WORKERS)
    fleet = Fleet(Call.of(context), within=timedelta(seconds=timeout))
    show_processes(asyncio.run(fleet.restart(wanted, now=now)))


def _say_whether(stopped: bool, what: str, *, always: bool) -> None:  # noqa: FBT001 - a sentence
    if stopped:
        tell(f"{what} is stopped")
    elif always:
        tell(f"{what} is not running")
