"""Every port that PostgreSQL keeps: as the fake that is shipped, and over each server that is at hand."""

from collections.abc import AsyncGenerator
from uuid import uuid4

import pytest

from mindfleet.adapters.postgres import Database
from tests.contracts.databases import EMBEDDED, REAL, migrated_database, server_of
from tests.contracts.stores import Stores, in_memory, in_postgres


@pytest.fixture(scope="session", params=["fake", EMBEDDED, REAL])
def server(request: pytest.FixtureRequest) -> str | None:
    return server_of(request)


@pytest.fixture(scope="session")
async def database(server: str | None) -> AsyncGenerator[Database | None]:
    """A database of this run with every migration; tests keep apart by the names of their bots."""
    if server is None:
        yield None
        return
    async with migrated_database(server) as url, await Database.open(url) as database:
        yield database


@pytest.fixture
def stores(database: Database | None) -> Stores:
    return in_postgres(database) if database else in_memory()


@pytest.fixture
def bot() -> str:
    return f"nova-{uuid4()}"
