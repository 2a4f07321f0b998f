"""A whole fleet for the examples in the documents: an empty embedded stack and a cell that works off its queues."""

import asyncio
import os
import subprocess
import sys
import tempfile
from collections.abc import AsyncGenerator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from redis.asyncio import Redis

from mindfleet.embedded.runfile import Stack
from mindfleet.settings import load
from mindfleet.settings.places import Surroundings
from mindfleet.wiring import migrate_stores
from tests.contracts.databases import fresh_database
from tests.docs.blocks import DOCUMENTS, ROOT, blocks

Environment = dict[str, str]


@pytest.fixture(scope="session")
async def fleet(stack: Stack) -> AsyncGenerator[Environment]:
    """The environment in which a bot finds the fleet."""
    with tempfile.TemporaryDirectory(prefix="mindfleet-docs-") as folder:
        async with fresh_database(stack.database_url) as database:
            environment = _environment(stack, database, Path(folder))
            await _empty(environment["REDIS_URL"])
            await migrate_stores(load(around=Surroundings(environment, Path(folder), None)))
            async with _cell(environment, Path(folder)):
                yield environment


def _environment(stack: Stack, database: str, folder: Path) -> Environment:
    bots = folder / "bots"
    bots.mkdir()
    for name, text in _bot_files():
        (bots / name).write_text(text, encoding="utf-8")
    return {
        "PATH": os.environ["PATH"],
        "PYTHONPATH": os.pathsep.join((str(ROOT / "src"), str(ROOT))),
        "MINDFLEET_HOME": str(folder),
        "MINDFLEET_BOTS": str(bots),
        "REDIS_URL": stack.redis_url.removesuffix("/0") + "/7",
        "DATABASE_URL": database,
        "NEO4J_URL": stack.neo4j_url,
        "NEO4J_USER": stack.neo4j_user,
        "NEO4J_PASSWORD": stack.neo4j_password,
    }


def _bot_files() -> Iterator[tuple[str, str]]:
    """The YAML blocks that begin with their place: `# bots/NAME.yaml`."""
    for path in DOCUMENTS:
        for block in blocks(path):
            first = block.text.partition("\n")[0]
            if block.language == "yaml" and first.startswith("# bots/"):
                yield first.removeprefix("# bots/").strip(), block.text


async def _empty(redis_url: str) -> None:
    async with Redis.from_url(redis_url) as redis:
        await redis.flushdb()


@asynccontextmanager
async def _cell(environment: Environment, folder: Path) -> AsyncGenerator[None]:
    ready, log = folder / "ready", folder / "cell.log"
    with log.open("wb") as output:
        cell = subprocess.Popen(  # noqa: ASYNC220 - it only starts it
            [sys.executable, "-m", "workers.cell"],
            cwd=folder,
            env={**environment, "MINDFLEET_READY_FILE": str(ready)},
            stdout=output,
            stderr=output,
        )
        try:
            async with asyncio.timeout(60):
                while not ready.exists():
                    assert cell.poll() is None, log.read_text(encoding="utf-8")
                    await asyncio.sleep(0.05)
            yield
        finally:
            cell.terminate()
            cell.wait(timeout=60)
