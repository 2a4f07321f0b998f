"""The stores and workers of one home, started and stopped through the supervisor."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from time import monotonic

from mindfleet.cli import programs
from mindfleet.cli.away import NOT_SETTINGS, REDIS
from mindfleet.cli.call import Call
from mindfleet.cli.exits import CommandFailed
from mindfleet.cli.homes import demo_home
from mindfleet.cli.printing import tell
from mindfleet.cli.programs import CELL, queues_of, running_workers
from mindfleet.cli.queues import connected
from mindfleet.cli.targets import Targets
from mindfleet.embedded import stack
from mindfleet.embedded.program import Program
from mindfleet.embedded.runfile import ProcessRecord, Stack
from mindfleet.queues import Queue
from mindfleet.settings import Loaded, Settings
from mindfleet.wiring import migrate_stores

ADDRESSES = (REDIS, ("postgres", "url"), ("graph", "url"))
"""The settings that name the stores."""

MARGIN = timedelta(seconds=5)
"""What a worker may take to end, beyond what its running jobs may."""


def needs_stores(loaded: Loaded) -> bool:
    """Whether some address is named by no setting, so that the embedded stores must be there."""
    return any(loaded.origins[path] in NOT_SETTINGS for path in ADDRESSES)


@dataclass(frozen=True)
class Fleet:
    """What `start`, `stop` and `restart` act on."""

    call: Call
    within: timedelta = timedelta(minutes=2)
    """What all of it may take."""

    began: float = field(default_factory=monotonic)

    @property
    def left(self) -> timedelta:
        """What is left of that."""
        return max(timedelta(), self.within - timedelta(seconds=monotonic() - self.began))

    async def start(self, wanted: Targets) -> Stack:
        """Stores, schema, workers, in this order; what runs already is left as it is.

        Raises:
            QueueUnavailable: the settings name a Redis that does not answer, for which workers would wait for ever.
        """
        loaded = self.call.load()
        if wanted.queues and loaded.origins[REDIS] not in NOT_SETTINGS:
            async with connected(loaded.settings):
                pass
        home = loaded.settings.home
        stores = wanted.stack or needs_stores(loaded)
        _refuse_mixture(stack.status(home), wanted)
        wishes = self._programs(wanted, loaded.settings)
        running = await stack.start(home, stores=stores, within=self.left)
        missing = [program for program in wishes if _is_down(running, program)]
        if stores or missing:
            await self._migrate()
        if missing:
            running = await stack.start(home, programs=wishes, stores=stores, within=self.left)
        return running

    async def stop_all(self, *, now: bool) -> bool:
        """Workers, then stores; whether there was anything to stop."""
        settings = self.call.settings()
        return await stack.stop(settings.home, drain=_patience(settings, now=now))

    async def stop_demo(self, *, now: bool) -> bool:
        """A demo that was kept."""
        settings = self.call.settings()
        return await stack.stop(demo_home(settings.home), drain=_patience(settings, now=now))

    async def stop_workers(self, wanted: Targets, *, now: bool) -> list[str]:
        """The names of those that were stopped; a supervisor that has nothing left to keep ends too."""
        settings = self.call.settings()
        running = stack.status(settings.home)
        names = [record.name for record in running_workers(running) if _is_meant(record, wanted)]
        drain = _patience(settings, now=now)
        if running and names and len(names) == len(running.processes):
            await stack.stop(settings.home, drain=drain)
        elif names:
            await stack.remove(settings.home, names, drain=drain)
        return names

    async def restart(self, wanted: Targets, *, now: bool) -> Stack:
        """What runs, anew; workers that do not run are started."""
        loaded = self.call.load()
        home, drain = loaded.settings.home, _patience(loaded.settings, now=now)
        again = [record for record in running_workers(stack.status(home)) if wanted.stack or _is_meant(record, wanted)]
        if not again and not wanted.stack:
            return await self.start(wanted)
        anew = [self._anew(record, loaded.settings) for record in again]
        if not wanted.stack:
            await self._migrate()
            return await stack.restart(home, programs=anew, drain=drain, stores=needs_stores(loaded), within=self.left)
        await stack.stop(home, drain=drain)
        await stack.start(home, stores=needs_stores(loaded), within=self.left)
        await self._migrate()
        return await stack.start(home, programs=anew, stores=needs_stores(loaded), within=self.left)

    async def _migrate(self) -> None:
        for migration in await migrate_stores(self.call.settings()):
            tell(f"applied the migration {migration}")

    def _programs(self, wanted: Targets, settings: Settings) -> list[Program]:
        if not wanted.queues:
            return []
        if wanted.cell:
            return [self._cell(wanted.queues, settings)]
        return [self._worker(queue, settings) for queue in wanted.queues]

    def _anew(self, record: ProcessRecord, settings: Settings) -> Program:
        queues = queues_of(record)
        return self._cell(queues, settings) if record.name == CELL else self._worker(queues[0], settings)

    def _cell(self, queues: Sequence[Queue], settings: Settings) -> Program:
        return programs.cell(
            queues, home=settings.home, folder=self.call.folder, environment=self._environment(settings)
        )

    def _worker(self, queue: Queue, settings: Settings) -> Program:
        return programs.worker(
            queue, home=settings.home, folder=self.call.folder, environment=self._environment(settings)
        )

    def _environment(self, settings: Settings) -> dict[str, str]:
        return self.call.environment(home=str(settings.home))


def _refuse_mixture(running: Stack | None, wanted: Targets) -> None:
    """A cell beside the worker of one of its queues would be two workers where one was asked for."""
    other = [record for record in running_workers(running) if (record.name == CELL) != wanted.cell]
    both = [queue.short for record in other for queue in queues_of(record) if queue in wanted.queues]
    if both:
        raise CommandFailed(
            f"{', '.join(record.name for record in other)} already runs, and works off {', '.join(both)}",
            then="first stop the workers: ./bot.sh stop workers",
        )


def _is_down(running: Stack, program: Program) -> bool:
    record = running.process(program.name)
    return record is None or record.state != "up"


def _is_meant(record: ProcessRecord, wanted: Targets) -> bool:
    if record.name == CELL:
        return wanted.cell or wanted.all_workers
    return not wanted.cell and queues_of(record)[0] in wanted.queues


def _patience(settings: Settings, *, now: bool) -> timedelta:
    if now:
        return timedelta()
    return max(settings.queues.of(queue).drain for queue in Queue) + MARGIN
