"""Where the contracts of PostgreSQL's ports are kept: in fakes, in the embedded server, in a real one."""

import os
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from urllib.parse import urlsplit, urlunsplit
from uuid import uuid4

import asyncpg
import pytest

from mindfleet.adapters.postgres import Database
from mindfleet.embedded.runfile import Stack
from mindfleet.migrations.runner import migrate

EMBEDDED = pytest.param("embedded", marks=pytest.mark.stack)
REAL = pytest.param(
    "postgresql",
    marks=pytest.mark.skipif(
        "MINDFLEET_TEST_DATABASE_URL" not in os.environ, reason="no PostgreSQL here: scripts/real-servers run pytest"
    ),
)


def server_of(request: pytest.FixtureRequest) -> str | None:
    """The address of a server whose user may create databases; None for the fake."""
    if request.param == "embedded":
        stack: Stack = request.getfixturevalue("stack")
        return stack.database_url
    return os.environ["MINDFLEET_TEST_DATABASE_URL"] if request.param == "postgresql" else None


@asynccontextmanager
async def fresh_database(server: str) -> AsyncGenerator[str]:
    """The address of an empty database, which is dropped afterwards."""
    name = f"test_{uuid4().hex}"
    await run(server, f"CREATE DATABASE {name}")
    try:
        yield urlunsplit(urlsplit(server)._replace(path=f"/{name}"))
    finally:
        await run(server, f"DROP DATABASE {name} WITH (FORCE)")


@asynccontextmanager
async def migrated_database(server: str) -> AsyncGenerator[str]:
    """The address of a database with every migration, which is dropped afterwards."""
    async with fresh_database(server) as url, await Database.open(url, size=2) as database:
        await migrate(database, None, pgvector=False)
        yield url


async def run(url: str, statement: str) -> None:
    """Run one statement on a connection of its own."""
    connection = await asyncpg.connect(url)
    try:
        await connection.execute(statement)
    finally:
        await connection.close()
