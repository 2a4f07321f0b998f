"""Stock arq at one end of the wire, ours at the other."""

from collections.abc import AsyncGenerator

import pytest

from tests.conformance.wires import JSON, MSGPACK, PICKLE, Bench, bench_on


@pytest.fixture(params=[JSON, MSGPACK, PICKLE], ids=lambda wire: wire.name)
async def any_bench(redis_url: str, request: pytest.FixtureRequest) -> AsyncGenerator[Bench]:
    """Once for each way to write."""
    async with bench_on(redis_url, request.param) as bench:
        yield bench


@pytest.fixture
async def bench(redis_url: str) -> AsyncGenerator[Bench]:
    """Our own way to write: JSON."""
    async with bench_on(redis_url, JSON) as bench:
        yield bench


@pytest.fixture
async def pickled(redis_url: str) -> AsyncGenerator[Bench]:
    """arq's own way to write."""
    async with bench_on(redis_url, PICKLE) as bench:
        yield bench
