"""Stacks of their own for tests that kill parts of them."""

import asyncio
import shutil
import tempfile
from collections.abc import AsyncGenerator, Awaitable, Callable, Generator
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path

import pytest

from mindfleet.embedded import stack
from mindfleet.embedded.home import Home
from mindfleet.embedded.keeper import Keeper
from mindfleet.embedded.runfile import Stack
from mindfleet.embedded.service import Service
from mindfleet.embedded.waiting import until

Soon = Callable[[Callable[[], bool]], Awaitable[None]]

LONG_NAME = "a home with spaces, and a name too long for the address of a unix socket " + 60 * "x"


@asynccontextmanager
async def kept(service: Service, home: Home) -> AsyncGenerator[Keeper]:
    """The keeper of a service that came up."""
    keeper = Keeper(service, home, changed=lambda: None)
    async with asyncio.timeout(60), asyncio.TaskGroup() as tasks:
        keeper.start(tasks)
        try:
            await keeper.came_up.wait()
            yield keeper
        finally:
            await keeper.stop(timedelta(seconds=10))


@pytest.fixture
def home() -> Generator[Path]:
    """The path of a home that does not exist yet, and is awkward."""
    with tempfile.TemporaryDirectory(prefix="mindfleet-test-") as directory:
        yield Path(directory) / LONG_NAME


@pytest.fixture
async def own_stack(home: Path) -> AsyncGenerator[Stack]:
    """A stack that the test may ruin."""
    yield await stack.start(home)
    await stack.stop(home, drain=timedelta(0))


@pytest.fixture(scope="session")
async def shared_home() -> AsyncGenerator[Path]:
    """The home of a stack for all tests of this directory: they may kill its processes, but leave it up."""
    directory = Path(tempfile.mkdtemp(prefix="mindfleet-test-"))
    await stack.start(directory)
    yield directory
    await stack.stop(directory, drain=timedelta(0))
    shutil.rmtree(directory)


@pytest.fixture
def soon() -> Soon:
    """Waits until a condition holds, for at most 30 seconds."""

    async def wait(condition: Callable[[], bool]) -> None:
        async with asyncio.timeout(30):
            await until(condition)

    return wait
