"""Keeps one service alive: starts it, waits until it is ready, and starts it again when it ends."""

import asyncio
import contextlib
import logging
import os
import random
from asyncio.subprocess import DEVNULL, Process, create_subprocess_exec
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from signal import SIGKILL, Signals

import psutil

from mindfleet.embedded.home import Home
from mindfleet.embedded.identity import Identity
from mindfleet.embedded.logs import rotate, tail
from mindfleet.embedded.restarts import Restarts
from mindfleet.embedded.runfile import ProcessRecord, State
from mindfleet.embedded.service import Service

logger = logging.getLogger(__name__)

READY_WITHIN = timedelta(seconds=60)


@dataclass(frozen=True)
class Life:
    """One run of the process."""

    process: Process
    birth: str
    create_time: float | None
    started_at: datetime

    @classmethod
    def of(cls, process: Process) -> "Life":
        """Of a process that was just started, and may already have ended."""
        identity = Identity.of(process.pid)
        if identity is None:
            return cls(process, "ended at once", None, datetime.now(UTC))
        return cls(process, identity.birth, _born(process.pid), datetime.now(UTC))


class Keeper:
    """One service, its process and its history."""

    def __init__(
        self, service: Service, home: Home, *, changed: Callable[[], None], after: Sequence["Keeper"] = ()
    ) -> None:
        """Each change of state is told to `changed`; nothing starts before those in `after` came up."""
        self.service = service
        self.came_up = asyncio.Event()
        """Set once it was ready for the first time."""

        self._home = home
        self._changed = changed
        self._after = after
        self._restarts = Restarts()
        self._state: State = "starting"
        self._life: Life | None = None
        self._exits = 0
        self._last_error: str | None = None
        self._task: asyncio.Task[None] | None = None

    def start(self, tasks: asyncio.TaskGroup) -> None:
        self._task = tasks.create_task(self._keep(), name=self.service.name)

    async def stop(self, patience: timedelta) -> None:
        """Asks the process to end, and ends it with its whole group when `patience` is over."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.wait([self._task])
        if self._life is not None:
            self._enter("draining")
            await _end(self._life.process, self.service.stop_signal, patience)
        self._life = None
        self._enter("down")

    @property
    def crash_looping(self) -> bool:
        return self._restarts.looping(datetime.now(UTC))

    def record(self) -> ProcessRecord:
        life = self._life
        return ProcessRecord(
            name=self.service.name,
            kind=self.service.kind,
            state="crash-loop" if self._state != "down" and self.crash_looping else self._state,
            restarts=self._exits,
            log=str(self._log),
            stop_signal=self.service.stop_signal,
            pid=life.process.pid if life else None,
            birth=life.birth if life else None,
            create_time=life.create_time if life else None,
            started_at=life.started_at.isoformat() if life else None,
            last_error=self._last_error,
            health=self.service.health if life else None,
        )

    def kill(self) -> None:
        """Cuts a stop short that waits for the process to end."""
        if self._life is not None:
            _kill_group(self._life.process.pid)

    async def _keep(self) -> None:
        for other in self._after:
            await other.came_up.wait()
        while True:
            self._last_error = await self._live()
            self._life = None
            self._exits += 1
            delay = self._restarts.after_exit(datetime.now(UTC), random=random.random)
            logger.warning("%s %s; again in %.1f s", self.service.name, self._last_error, delay.total_seconds())
            self._enter("restarting")
            await asyncio.sleep(delay.total_seconds())
            if not self.came_up.is_set():
                self.service.move()

    async def _live(self) -> str:
        """One life from start to end; what it ended with."""
        try:
            await self.service.prepare()
            life = self._life = await self._spawn()
        except OSError as error:
            return f"cannot start: {error}"
        self._enter("starting")
        try:
            await self._wait_ready(life.process)
            await self._watch(life.process)
        except OSError as error:
            await _end(life.process, SIGKILL, READY_WITHIN)
            return str(error)
        _kill_group(life.process.pid)
        return f"{_ending(life.process)}: {' '.join(tail(self._log, 1))}"

    async def _spawn(self) -> Life:
        launch = self.service.launch()
        rotate(self._log)
        with self._log.open("ab") as output:
            process = await create_subprocess_exec(
                *launch.argv,
                stdin=DEVNULL, stdout=output, stderr=output,
                env=launch.env, cwd=launch.cwd, process_group=0, preexec_fn=launch.before_exec,
            )  # fmt: skip
        return Life.of(process)

    async def _wait_ready(self, process: Process) -> None:
        """Returns when it is ready or has ended.

        Raises:
            OSError: neither within the time, or something is there that cannot be our service.
        """
        ready = asyncio.create_task(self.service.ready(process.pid))
        ended = asyncio.create_task(process.wait())
        try:
            done, _ = await asyncio.wait(
                {ready, ended}, timeout=READY_WITHIN.total_seconds(), return_when=asyncio.FIRST_COMPLETED
            )
        finally:
            ready.cancel()
            ended.cancel()
        if not done:
            raise TimeoutError(f"was not ready within {READY_WITHIN.total_seconds():.0f} s")
        if ended not in done:
            ready.result()
            self.came_up.set()
            self._enter("up")

    async def _watch(self, process: Process) -> None:
        """Returns when the process has ended; on the way, tells when a crash loop is over."""
        while (restless := self._restarts.calm_after(datetime.now(UTC))) > timedelta(0):
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(process.wait(), restless.total_seconds())
                return
            self._changed()
        await process.wait()

    def _enter(self, state: State) -> None:
        self._state = state
        self._changed()

    @property
    def _log(self) -> Path:
        return self._home.log(self.service.name)


async def _end(process: Process, signal: Signals, patience: timedelta) -> None:
    with contextlib.suppress(ProcessLookupError):
        process.send_signal(signal)
    with contextlib.suppress(TimeoutError):
        await asyncio.wait_for(process.wait(), patience.total_seconds())
    _kill_group(process.pid)
    await process.wait()


def _kill_group(leader: int) -> None:
    """Ends the process and what it started and left behind; groups are numbered after who leads them."""
    with contextlib.suppress(ProcessLookupError):
        os.killpg(leader, SIGKILL)


def _born(pid: int) -> float | None:
    try:
        return psutil.Process(pid).create_time()
    except psutil.NoSuchProcess:
        return None


def _ending(process: Process) -> str:
    code = process.returncode or 0
    return f"was ended by {Signals(-code).name}" if code < 0 else f"ended with {code}"
