"""What `arq tests.workers.stalled.WorkerSettings` runs: a worker of the fleet whose engine hangs from SIGUSR2 on."""

import asyncio
import signal
from typing import Any

from mindfleet.runtime.engine import Engine
from workers.social import WorkerSettings

__all__ = ["WorkerSettings"]

turn = Engine.turn
hangs = False


def hang(*_: Any) -> None:
    global hangs  # noqa: PLW0603 - a signal has nothing else to write to
    hangs = True


async def turn_or_hang(self: Engine, most: int | None = None) -> None:
    if hangs:
        await asyncio.Event().wait()
    await turn(self, most)


signal.signal(signal.SIGUSR2, hang)
Engine.turn = turn_or_hang  # type: ignore[method-assign]
