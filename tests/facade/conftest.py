"""A task queue on an empty Redis."""

from collections.abc import AsyncGenerator

import pytest

from mindfleet import TaskQueue
from mindfleet.settings import Settings


@pytest.fixture
async def queue(redis_url: str) -> AsyncGenerator[TaskQueue]:
    async with TaskQueue(redis_url, settings=Settings()) as queue:
        yield queue
