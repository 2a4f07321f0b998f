"""Makes the archive of `graph_archive`, by a short life of an empty graph."""

import asyncio
from asyncio.subprocess import DEVNULL, Process, create_subprocess_exec
from datetime import timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import LiteralString, cast

from neo4j import AsyncGraphDatabase

from mindfleet.embedded.graph_archive import archive, options
from mindfleet.embedded.home import Home
from mindfleet.embedded.servers.graph import DATABASE, Graph

_TEXT = Path(__file__).with_suffix(".cypher").read_text(encoding="utf-8")

STATEMENTS = cast(LiteralString, _TEXT).split(";")  # type: ignore[redundant-cast]  # for mypy it is a str
"""What a fleet is likely to ask a graph."""

_WITHIN = timedelta(minutes=2)


async def rehearse(cache: Path) -> Path:
    """The archive in that directory; if it is there already, this returns at once.

    Raises:
        OSError: the JVM did not write it.
        TimeoutError: not within two minutes.
    """
    if options(cache):
        return archive(cache)
    with _workshop(cache) as scratch:
        async with asyncio.timeout(_WITHIN.total_seconds()):
            await _record(Home.at(scratch), Path(scratch) / "archive")
        return _installed(Path(scratch) / "archive", cache)


def _workshop(cache: Path) -> TemporaryDirectory[str]:
    cache.mkdir(mode=0o700, parents=True, exist_ok=True)
    return TemporaryDirectory(dir=cache)


def _installed(made: Path, cache: Path) -> Path:
    if not made.exists():
        raise OSError(f"the JVM did not write {made}")
    for outdated in cache.glob("graph-*.aot"):
        outdated.unlink()
    return made.replace(archive(cache))


async def _record(home: Home, made: Path) -> None:
    home.create()
    graph = Graph(home, jvm=(f"-XX:AOTCacheOutput={made}",))
    await graph.prepare()
    launch = graph.launch()
    with home.log(graph.name).open("wb") as log:
        process = await create_subprocess_exec(
            *launch.argv, stdin=DEVNULL, stdout=log, stderr=log, env=launch.env, cwd=launch.cwd, process_group=0
        )
    try:
        await _exercise(graph, process)
        process.terminate()
        await process.wait()
    finally:
        if process.returncode is None:
            process.kill()


async def _exercise(graph: Graph, process: Process) -> None:
    await graph.ready(process.pid)
    login = (graph.user, graph.password)
    async with AsyncGraphDatabase.driver(graph.url, auth=login) as driver:  # pyright: ignore[reportUnknownMemberType]
        for statement in STATEMENTS:
            await driver.execute_query(statement, database_=DATABASE)
