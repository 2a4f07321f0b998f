"""An empty database for each test, on every server that is at hand."""

from collections.abc import AsyncGenerator

import pytest

from mindfleet.adapters.postgres import Database
from tests.contracts.databases import EMBEDDED, REAL, fresh_database, server_of


@pytest.fixture(scope="session", params=[EMBEDDED, REAL])
def server(request: pytest.FixtureRequest) -> str | None:
    return server_of(request)


@pytest.fixture
async def database_url(server: str) -> AsyncGenerator[str]:
    async with fresh_database(server) as url:
        yield url


@pytest.fixture
async def database(database_url: str) -> AsyncGenerator[Database]:
    async with await Database.open(database_url) as database:
        yield database
