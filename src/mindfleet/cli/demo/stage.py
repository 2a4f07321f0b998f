"""Where the demo takes place: its own home, stores and workers, gone when it is over."""

import asyncio
import fcntl
import shutil
from collections.abc import AsyncGenerator, Awaitable, Callable, Generator, Mapping
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from datetime import timedelta
from importlib import import_module
from os import getpid
from pathlib import Path

from mindfleet.cli import programs
from mindfleet.cli.call import Call
from mindfleet.cli.demo.script import Script
from mindfleet.cli.exits import CommandFailed
from mindfleet.cli.homes import demo_home, demo_lock
from mindfleet.embedded import stack
from mindfleet.embedded.home import Home
from mindfleet.embedded.runfile import Stack
from mindfleet.knowledge.bots import read_bot
from mindfleet.observe import logs
from mindfleet.queues import Queue
from mindfleet.settings import Settings

MARK = ".mindfleet-demo"
"""The file that says that a folder is the demo's and may be emptied."""

AT_ONCE = timedelta()


@dataclass(frozen=True)
class Stage:
    """The demo's stores, up."""

    home: Path
    settings: Settings
    environment: Mapping[str, str]
    """What a worker must be given to read the same settings."""

    folder: Path


@asynccontextmanager
async def staged(call: Call, script: Script, *, keep: bool) -> AsyncGenerator[Stage]:
    """The stores in an empty home of their own; stopped at the end, unless they are to be kept.

    Raises:
        CommandFailed: the home holds something that is not the demo's, or another demo runs there.
        StackFailed: a store did not come up.
    """
    with _alone(call.settings().home):
        async with _set_up(call, script, keep=keep) as stage:
            yield stage


@contextmanager
def _alone(home: Path) -> Generator[None]:
    """One demo a home, for as long as this process lives; the folder itself is emptied, so the lock lies beside it."""
    Home.at(home).create()
    with demo_lock(home).open("ab") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise CommandFailed(
                f"a demo is running in {demo_home(home)}",
                then="wait for its end, or set MINDFLEET_HOME to another folder for a second one",
            ) from None
        yield


@asynccontextmanager
async def _set_up(call: Call, script: Script, *, keep: bool) -> AsyncGenerator[Stage]:
    asked_for = call.settings()
    home = demo_home(asked_for.home)
    await _empty(home)
    _lay_out_bots(script, home / "bots")
    running = await stack.start(home, lifeline=None if keep else getpid(), cache=asked_for.home / "cache")
    try:
        named = _named(home, running, asked_for)
        yield Stage(home, call.settings(**named), call.environment(**named), call.folder)
    except BaseException:
        await stack.stop(home, drain=AT_ONCE)
        raise
    if not keep:
        await stack.stop(home, drain=AT_ONCE)


def shares_no_vectors(settings: Settings) -> bool:
    """Whether vectors lie in a folder that one process holds, so that worker and reader must be the same one."""
    return settings.vectors.adapter == "qdrant" and settings.vectors.url is None


@dataclass(frozen=True)
class Cell:
    """The workers of the demo, coming up."""

    up: Awaitable[object]
    """Done when they are up; raises when they do not come up."""

    alive: Callable[[], bool]


@asynccontextmanager
async def worked_off(stage: Stage) -> AsyncGenerator[Cell]:
    """With one process for all queues: beside the stores, or this process where it has to be."""
    if shares_no_vectors(stage.settings):
        async with _cell_in_here(stage) as running:
            here: asyncio.Future[object] = asyncio.get_running_loop().create_future()
            here.set_result(None)
            yield Cell(here, lambda: not running.done())
        return
    program = programs.cell(list(Queue), home=stage.home, folder=stage.folder, environment=stage.environment)
    starting = asyncio.ensure_future(stack.start(stage.home, programs=[program]))
    try:
        yield Cell(starting, lambda: _keeps_running(stage.home))
    finally:
        starting.cancel()
        await asyncio.wait([starting])


def _keeps_running(home: Path) -> bool:
    running = stack.status(home)
    return running is not None and all(record.state != "crash-loop" for record in running.processes)


@asynccontextmanager
async def _cell_in_here(stage: Stage) -> AsyncGenerator["asyncio.Task[None]"]:
    """By name, as `mindfleet` knows no workers."""
    stop = asyncio.Event()
    with Home.at(stage.home).log(programs.CELL).open("a", encoding="utf-8") as log:
        logs.configure(stage.settings.logs, stream=log)
        run_cell = import_module(programs.CELL_MODULE).run_cell
        running = asyncio.create_task(run_cell(stage.settings, list(Queue), stop=stop))
        try:
            yield running
        finally:
            stop.set()
            await running


async def _empty(home: Path) -> None:
    """Nothing of an earlier demo is left, be it kept or broken off."""
    _refuse_another_folder(home)
    await stack.stop(home, drain=AT_ONCE)
    await asyncio.to_thread(_begin_anew, home)


def _refuse_another_folder(home: Path) -> None:
    if home.exists() and not (home / MARK).exists() and any(home.iterdir()):
        raise CommandFailed(
            f"{home} holds something that is not the demo's, which empties this folder",
            then="move it away, or set MINDFLEET_HOME to another folder",
        )


def _begin_anew(home: Path) -> None:
    if home.exists():
        shutil.rmtree(home)
    Home.at(home).create()
    (home / MARK).touch()


def _lay_out_bots(script: Script, folder: Path) -> None:
    """The files of the script's bots, and no other file that may lie beside the conversation."""
    folder.mkdir(mode=0o700)
    for source in script.bot_files:
        read_bot(source)
        shutil.copyfile(source, folder / source.name)


def _named(home: Path, running: Stack, asked_for: Settings) -> dict[str, str]:
    """The settings that the demo makes for itself, whatever the caller's own stores are."""
    if shares_no_vectors(asked_for):
        vectors = {"vectors__backend": "qdrant", "vectors__path": str(home / "vectors")}
    else:
        vectors = {"vectors__backend": "pgvector"}
    return {
        "home": str(home),
        "bots": str(home / "bots"),
        "redis__url": running.redis_url,
        "postgres__url": running.database_url,
        "graph__url": running.neo4j_url,
        "graph__user": running.neo4j_user,
        "graph__password": running.neo4j_password,
        "graph__database": "neo4j",
        **vectors,
    }
