"""The daemon behind a stack: keeps stores and workers alive, says how they are, and stops them in good order."""

import argparse
import asyncio
import logging
import os
import sys
from asyncio.subprocess import PIPE, Process
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import random
from signal import SIGINT, SIGTERM
from types import TracebackType

import psutil

from mindfleet.embedded import control, daemon, leftovers, runfile
from mindfleet.embedded.control import CommandRefused, Message
from mindfleet.embedded.home import Home
from mindfleet.embedded.identity import Identity
from mindfleet.embedded.keeper import Keeper
from mindfleet.embedded.logs import rotate
from mindfleet.embedded.program import Program, Worker
from mindfleet.embedded.restarts import Restarts
from mindfleet.embedded.runfile import Stack
from mindfleet.embedded.service import Service
from mindfleet.embedded.stores import NOWHERE, Stores
from mindfleet.embedded.waiting import until
from mindfleet.embedded.watchdog import FAREWELL

logger = logging.getLogger(__name__)

STORE_PATIENCE = timedelta(seconds=15)
"""How long a store may take to end."""

_GUARD_POLL = timedelta(seconds=0.3)

TEMPORARY_FAILURE = 75
"""Exit code (sysexits.h): another supervisor has this home."""


@dataclass(frozen=True, kw_only=True)
class Options:
    home: Home
    drain: timedelta
    """How long a worker may take to end."""

    cache: Path
    lifeline: int | None
    stores: bool
    """False: the workers have stores elsewhere."""


class Supervisor:
    """One home, its stores and its workers."""

    def __init__(self, options: Options) -> None:
        self._options = options
        self._home = options.home
        self._made: Stores | None = None
        self._stores: list[Keeper] = []
        self._workers: dict[str, Keeper] = {}
        self._socket = control.socket_for(self._home)
        self._drain = options.drain
        self._stop = asyncio.Event()
        self._tasks = asyncio.TaskGroup()

    async def run(self) -> None:
        """Until SIGTERM, the command to stop, or the death of the lifeline."""
        for signal in (SIGTERM, SIGINT):
            asyncio.get_running_loop().add_signal_handler(signal, self._stop.set)
        server = await control.serve(self._socket, self._answer)
        if self._options.stores:
            self._make_stores()
        self._describe()
        async with self._tasks:
            self._watchdog = await _start_watchdog(self._home, self._socket)
            guards = [
                self._tasks.create_task(guard)
                for guard in (self._keep_watchdog(), self._hold_lifeline(), self._hold_home())
            ]
            for store in self._stores:
                store.start(self._tasks)
            await self._stop.wait()
            await self._wind_down()
            for guard in guards:
                guard.cancel()
            await self._watchdog.communicate(FAREWELL)
        server.close()
        leftovers.remove_socket(self._socket)
        runfile.path(self._home.path).unlink(missing_ok=True)

    async def _wind_down(self) -> None:
        """Workers first, as they need the stores to hand their jobs back."""
        self._describe()
        await _stop_all(self._workers.values(), self._drain)
        await _stop_all(self._stores, STORE_PATIENCE)

    async def _answer(self, message: Message) -> Message:
        if self._stop.is_set() and message["command"] in {"stores", "add"}:
            raise CommandRefused("the stack is being stopped")
        match message["command"]:
            case "stores":
                self._add_stores()
            case "add":
                self._add([Program.from_json(raw) for raw in message["programs"]])
            case "remove":
                await self._remove(message["names"], timedelta(seconds=message["drain"]))
            case "stop":
                self._stop_within(timedelta(seconds=message["drain"]))
            case other:
                raise CommandRefused(f"no command {other!r}")
        return {}

    def _make_stores(self) -> None:
        self._made = Stores.of(self._home, self._options.cache)
        self._stores = [self._keeper(store) for store in self._made.services]

    def _add_stores(self) -> None:
        """Starts them in a stack that was started without; in another, nothing is to be done."""
        if not self._stores:
            try:
                self._make_stores()
            except OSError as error:
                raise CommandRefused(str(error)) from error
            for store in self._stores:
                store.start(self._tasks)
            self._describe()

    def _add(self, programs: Iterable[Program]) -> None:
        """Starts those that are not there yet."""
        for program in programs:
            if program.name not in self._workers:
                keeper = self._workers[program.name] = self._keeper(Worker(self._home, program), after=self._stores)
                keeper.start(self._tasks)
        self._describe()

    async def _remove(self, names: Iterable[str], drain: timedelta) -> None:
        removed = [self._workers[name] for name in names if name in self._workers]
        await _stop_all(removed, drain)
        for keeper in removed:
            self._workers.pop(keeper.service.name, None)
        self._describe()

    def _stop_within(self, drain: timedelta) -> None:
        """The command may come again, to cut the first one's patience short."""
        if self._stop.is_set():
            for worker in self._workers.values():
                asyncio.get_running_loop().call_later(drain.total_seconds(), worker.kill)
        self._drain = drain
        self._stop.set()

    async def _keep_watchdog(self) -> None:
        restarts = Restarts()
        while True:
            await self._watchdog.wait()
            delay = restarts.after_exit(datetime.now(UTC), random=random).total_seconds()
            logger.warning("the watchdog ended with %s; again in %.1f s", self._watchdog.returncode, delay)
            await asyncio.sleep(delay)
            self._watchdog = await _start_watchdog(self._home, self._socket)

    async def _hold_lifeline(self) -> None:
        if self._options.lifeline is None:
            return
        lifeline = Identity.of(self._options.lifeline)
        if lifeline is not None:
            await until(lambda: not lifeline.alive(), every=_GUARD_POLL)
        logger.info("process %s, for which this stack runs, has ended", self._options.lifeline)
        self._stop.set()

    async def _hold_home(self) -> None:
        """Fails when the home was removed, or removed and made anew: nobody could stop this stack any more."""
        me = _myself()
        await until(lambda: _describes(runfile.read_unverified(self._home.path)) != me, every=_GUARD_POLL)
        raise FileNotFoundError(f"{self._home.path} was removed while its stack was running")

    def _keeper(self, service: Service, *, after: Iterable[Keeper] = ()) -> Keeper:
        return Keeper(service, self._home, changed=self._describe, after=tuple(after))

    def _describe(self) -> None:
        me = _myself()
        description = Stack(
            pid=me.pid,
            birth=me.birth,
            create_time=psutil.Process().create_time(),
            control=str(self._socket),
            **(self._made.addresses if self._made else NOWHERE),
            processes=tuple(keeper.record() for keeper in (*self._stores, *self._workers.values())),
            stopping=self._stop.is_set(),
        )
        runfile.write(self._home.path, description)


async def _start_watchdog(home: Home, socket: Path) -> Process:
    me = _myself()
    path = os.pathsep.join(sys.path)  # by now absolute; PYTHONPATH may be relative to where we started
    return await asyncio.create_subprocess_exec(
        *(sys.executable, "-P", "-m", "mindfleet.embedded.watchdog"),
        *("--home", str(home.path), "--socket", str(socket), "--pid", str(me.pid), "--birth", me.birth),
        env={**os.environ, "PYTHONPATH": path},
        stdin=PIPE,
        start_new_session=True,
    )


def _describes(stack: Stack | None) -> Identity | None:
    return None if stack is None else stack.supervisor


async def _stop_all(keepers: Iterable[Keeper], patience: timedelta) -> None:
    await asyncio.gather(*(keeper.stop(patience) for keeper in keepers))


def _myself() -> Identity:
    me = Identity.of(os.getpid())
    if me is None:
        raise ProcessLookupError("this process cannot see itself: is /proc mounted?")
    return me


def main() -> None:
    options = _options()
    options.home.create()
    log = options.home.log("supervisor")
    if not daemon.take(options.home.run / "supervisor.lock", patience=5):
        sys.exit(TEMPORARY_FAILURE)
    rotate(log)
    daemon.detach(log, options.home.path)
    daemon.log_in_utc()
    sys.excepthook = _leave_it_to_the_watchdog
    leftovers.end(options.home)
    asyncio.run(Supervisor(options).run())


def _leave_it_to_the_watchdog(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
    """Ends this process at once: asyncio would first kill the children that the watchdog stops in good order."""
    logger.critical("the supervisor fails", exc_info=(kind, error, trace))
    os._exit(1)


def _options() -> Options:
    arguments = argparse.ArgumentParser(prog="mindfleet.embedded.supervisor", description=__doc__)
    arguments.add_argument("--home", type=Path, required=True, help="where the stack keeps everything")
    arguments.add_argument("--drain", type=float, default=30, help="seconds that a worker may take to end")
    arguments.add_argument("--cache", type=Path, help="where prepared start-up files are; HOME/cache if not given")
    arguments.add_argument("--lifeline", type=int, help="the pid of the process for which the stack runs")
    arguments.add_argument(
        "--without-stores", action="store_true", help="keep workers only, whose stores are elsewhere"
    )
    given = arguments.parse_args()
    home = Home.at(given.home)
    return Options(
        home=home,
        drain=timedelta(seconds=given.drain),
        cache=(given.cache or home.path / "cache").absolute(),
        lifeline=given.lifeline,
        stores=not given.without_stores,
    )


if __name__ == "__main__":
    main()
