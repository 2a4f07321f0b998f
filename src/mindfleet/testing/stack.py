"""Real stores for tests: one embedded stack for as long as they need it."""

from collections.abc import AsyncGenerator, Sequence
from contextlib import asynccontextmanager
from datetime import timedelta
from os import getpid
from pathlib import Path

from mindfleet.embedded import stack
from mindfleet.embedded.program import Program
from mindfleet.embedded.runfile import Stack


@asynccontextmanager
async def running_stack(home: Path, *, programs: Sequence[Program] = ()) -> AsyncGenerator[Stack]:
    """A stack in that directory, up; stopped at the end, and also when this process dies before."""
    running = await stack.start(home, programs=programs, lifeline=getpid())
    try:
        yield running
    finally:
        await stack.stop(home, drain=timedelta(seconds=1))
