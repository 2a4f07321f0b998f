"""Starts, stops and describes the embedded stack of a home: what the command line calls."""

import asyncio
import fcntl
import os
import sys
from collections.abc import AsyncGenerator, Collection, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from signal import SIGKILL, SIGTERM
from subprocess import DEVNULL, run
from typing import IO

from mindfleet.embedded import control, leftovers, runfile
from mindfleet.embedded.home import Home
from mindfleet.embedded.identity import Identity
from mindfleet.embedded.logs import tail
from mindfleet.embedded.program import Program
from mindfleet.embedded.runfile import ProcessRecord, Stack
from mindfleet.embedded.waiting import until
from mindfleet.errors import MindfleetError

DRAIN = timedelta(seconds=30)
"""How long a worker may finish what it has begun."""

WITHIN = timedelta(seconds=60)

_STORES_END_WITHIN = timedelta(seconds=30)
_TOLERATED_EXITS = 3
_POLL = 0.03


class StackFailed(MindfleetError):
    """The stack, or a program in it, did not come up; what is known of the reason is in the message."""


async def start(
    home: Path | str,
    *,
    programs: Sequence[Program] = (),
    drain: timedelta = DRAIN,
    lifeline: int | None = None,
    cache: Path | None = None,
    stores: bool = True,
    within: timedelta = WITHIN,
) -> Stack:
    """Starts what is not running yet, and returns when the stores and these programs are up.

    Args:
        home: the directory of the stack; made if it is missing.
        programs: workers to run beside the stores. One whose name is already running is left as it is,
            unless it is in a crash loop.
        drain: how long a worker may take to end, when the stack stops without being told how long.
        lifeline: pid of a process; when it dies, the stack stops. Only heeded when this call starts the stack.
        cache: where prepared start-up files are (see `graph_archive`); HOME/cache by default.
        stores: False keeps only the programs running, whose stores are elsewhere.
        within: what all of it may take.

    Raises:
        StackFailed: something did not come up; what this call started is stopped again.
    """
    place = Home.at(home)
    place.create()
    logs = _Logs.of(place)
    async with AsyncExitStack() as undo, _deadline(place, within, logs), _turn(place):
        stack = await _running(place)
        if stack is None:
            undo.push_async_callback(stop, place.path, drain=timedelta(0))
            stack = await _launch(place, drain=drain, lifeline=lifeline, cache=cache, stores=stores, logs=logs)
        if stores:
            await _tell(stack, {"command": "stores"})
        await _add(stack, programs, undo)
        stack = await _healthy(place, {program.name for program in programs}, logs)
        undo.pop_all()
        return stack


async def stop(home: Path | str, *, drain: timedelta = DRAIN) -> bool:
    """Stops workers, then stores; whether there was anything to stop.

    Args:
        home: the directory of the stack.
        drain: how long a worker may finish what it has begun. A second call may shorten what a first one granted.
    """
    place = Home.at(home)
    stack = runfile.read(place.path)
    if stack is None:
        return await asyncio.to_thread(leftovers.end, place)
    try:
        await control.ask(stack.control, {"command": "stop", "drain": drain.total_seconds()})
    except OSError:
        stack.supervisor.send(SIGTERM)
    with suppress(TimeoutError):
        async with asyncio.timeout((drain + _STORES_END_WITHIN).total_seconds()):
            await _gone(stack)
    if stack.supervisor.send(SIGKILL):
        await _gone(stack)
        await asyncio.to_thread(leftovers.end, place)
    return True


def status(home: Path | str) -> Stack | None:
    """The running stack, or None."""
    return runfile.read(home)


async def restart(
    home: Path | str,
    *,
    programs: Sequence[Program],
    drain: timedelta = DRAIN,
    stores: bool = True,
    within: timedelta = WITHIN,
) -> Stack:
    """Replaces the programs one after the other, each when the one before is up; stores are started if need be.

    Raises:
        StackFailed: a program did not come up again; those after it still run as before.
    """
    stack = await start(home, stores=stores, within=within)
    for program in programs:
        await _tell(stack, _removal([program.name], drain))
        stack = await start(home, programs=[program], stores=stores, within=within)
    return stack


async def remove(home: Path | str, names: Sequence[str], *, drain: timedelta = DRAIN) -> None:
    """Stops these programs, and leaves everything else running."""
    stack = runfile.read(home)
    if stack is not None:
        await _tell(stack, _removal(names, drain))


@asynccontextmanager
async def _deadline(place: Home, within: timedelta, logs: "_Logs") -> AsyncGenerator[None]:
    try:
        async with asyncio.timeout(within.total_seconds()):
            yield
    except TimeoutError as error:
        raise _late(place, logs) from error


@asynccontextmanager
async def _turn(place: Home) -> AsyncGenerator[None]:
    """Lets one start at a time happen in a home."""
    with (place.run / "start.lock").open("ab") as lock:
        await until(lambda: _locked(lock))
        yield


def _locked(lock: IO[bytes]) -> bool:
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


async def _running(place: Home) -> Stack | None:
    """The stack to join; the end of one that is being stopped, or has just been killed, is waited for."""
    stack = runfile.read(place.path)
    if stack is None or await _takes_programs(stack):
        return stack
    await _gone(stack)
    return None


async def _takes_programs(stack: Stack) -> bool:
    try:
        await control.ask(stack.control, _addition([]))
    except (OSError, control.CommandRefused):
        return False
    return True


async def _gone(stack: Stack) -> None:
    await until(lambda: not stack.supervisor.alive())


async def _launch(
    place: Home, *, drain: timedelta, lifeline: int | None, cache: Path | None, stores: bool, logs: "_Logs"
) -> Stack:
    command = [sys.executable, "-P", "-m", "mindfleet.embedded.supervisor", "--home", str(place.path)]
    command += ["--drain", str(drain.total_seconds())]
    command += [] if lifeline is None else ["--lifeline", str(lifeline)]
    command += [] if cache is None else ["--cache", str(cache)]
    command += [] if stores else ["--without-stores"]
    started = await asyncio.to_thread(run, command, stdin=DEVNULL, capture_output=True, text=True, check=False)
    if started.returncode != 0:
        raise StackFailed(f"the supervisor did not start: {started.stderr.strip() or started.returncode}")
    supervisor = Identity.of(int(started.stdout))
    while supervisor is not None and supervisor.alive():
        stack = runfile.read(place.path)
        if stack is not None and stack.supervisor == supervisor:
            return stack
        await asyncio.sleep(_POLL)
    raise logs.failed("the supervisor ended", place.log("supervisor"))


async def _add(stack: Stack, programs: Sequence[Program], undo: AsyncExitStack) -> None:
    """Hands the programs over; those that are new are taken back if something fails."""
    there = {record.name for record in stack.processes if record.state != "crash-loop"}
    new = [program for program in programs if program.name not in there]
    names = [program.name for program in new]
    undo.push_async_callback(_take_back, stack, names)
    await _tell(stack, _removal(names, timedelta(0)))
    await _tell(stack, _addition(new))


async def _take_back(stack: Stack, names: Sequence[str]) -> None:
    with suppress(StackFailed):  # it is gone, and with it the programs
        await _tell(stack, _removal(names, timedelta(0)))


async def _tell(stack: Stack, message: control.Message) -> None:
    try:
        await control.ask(stack.control, message)
    except OSError as error:
        raise StackFailed(f"the supervisor (pid {stack.pid}) does not answer: {error}") from error


def _addition(programs: Sequence[Program]) -> control.Message:
    return {"command": "add", "programs": [program.as_json(os.environ) for program in programs]}


def _removal(names: Sequence[str], drain: timedelta) -> control.Message:
    return {"command": "remove", "names": list(names), "drain": drain.total_seconds()}


async def _healthy(place: Home, names: Collection[str], logs: "_Logs") -> Stack:
    """Waits for the stores and the workers of these names, and gives up on one that keeps ending."""
    exits_before: dict[str, int] = {}
    while True:
        stack = runfile.read(place.path)
        if stack is None or stack.stopping:
            raise logs.failed("the supervisor ended, or was told to stop", place.log("supervisor"))
        awaited = _awaited(stack, names)
        for record in awaited:
            exits = record.restarts - exits_before.setdefault(record.name, record.restarts)
            if record.state != "up" and exits >= _TOLERATED_EXITS:
                raise logs.failed(f"{record.name} does not stay up: {record.last_error}", Path(record.log))
        if all(record.state == "up" for record in awaited):
            return stack
        await asyncio.sleep(_POLL)


def _awaited(stack: Stack, names: Collection[str]) -> list[ProcessRecord]:
    return [record for record in stack.processes if record.kind == "store" or record.name in names]


def _late(place: Home, logs: "_Logs") -> StackFailed:
    stack = runfile.read(place.path)
    if stack is None:
        return logs.failed("the supervisor was not up in time", place.log("supervisor"))
    down = [record for record in stack.processes if record.state != "up"]
    if not down:
        return StackFailed("the stack was not started in time: another start or stop took too long")
    return logs.failed(f"{down[0].name} was not up in time", Path(down[0].log))


@dataclass(frozen=True)
class _Logs:
    """How long each log was when something was started: what stands before that is of earlier runs."""

    sizes: Mapping[Path, int]

    @classmethod
    def of(cls, place: Home) -> "_Logs":
        return cls({log: log.stat().st_size for log in place.logs.glob("*.log")})

    def failed(self, what: str, log: Path) -> StackFailed:
        lines = "\n".join(f"    {line}" for line in tail(log, since=self.sizes.get(log, 0)))
        return StackFailed(f"{what}. The end of {log}:\n{lines or '    (empty)'}")
