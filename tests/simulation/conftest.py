"""The real server beside the model."""

from collections.abc import Generator

import pytest

from tests.simulation.real_server import RealServer


@pytest.fixture
def server(redis_url: str) -> Generator[RealServer]:
    """The embedded Valkey, with an empty database."""
    real = RealServer(redis_url)
    yield real
    real.close()
