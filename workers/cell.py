"""The cell: any of the four queues in one process, each at its own pace, with shared connections.

    python -m workers.cell [cognition] [sensory] [action] [social]

The first seed calls it `insight-worker`.
"""

import asyncio
import logging
import signal
import sys
from collections.abc import AsyncGenerator, Sequence
from contextlib import asynccontextmanager
from functools import partial

from mindfleet.ending import end
from mindfleet.observe import logs
from mindfleet.queues import Queue
from mindfleet.runtime.arrival import until_redis_answers
from mindfleet.runtime.pipeline import Fleet
from mindfleet.runtime.worker_settings import made, stopped
from mindfleet.settings import Settings, load
from workers.bootstrap import arq_settings, open_fleet, redis_settings, vitals_of, worker_id

logger = logging.getLogger(__name__)


async def run_cell(
    settings: Settings, queues: Sequence[Queue], *, stop: asyncio.Event, name: str | None = None
) -> None:
    """Work off the queues until `stop` is set; then let running jobs end, as long as each queue grants them.

    Args:
        settings: addresses, models, limits.
        queues: at least one.
        stop: whoever sets it ends the cell.
        name: its worker_id, if it has been given one.
    """
    if not await _redis_is_there(settings, stop):
        return
    vitals = vitals_of(settings, name or worker_id(settings.workers.id, "cell"), queues)
    async with open_fleet(settings, vitals) as fleet:

        @asynccontextmanager
        async def shared() -> AsyncGenerator[Fleet]:
            yield fleet

        workers = [made(arq_settings(queue, settings, shared, vitals), handle_signals=False) for queue in queues]
        running = [asyncio.create_task(worker.async_run(), name=worker.queue_name) for worker in workers]
        stopping = asyncio.create_task(stop.wait())
        try:
            await asyncio.wait([*running, stopping], return_when=asyncio.FIRST_COMPLETED)
        finally:
            vitals.drains()
            stopping.cancel()
            waits = [settings.queues.of(queue).drain for queue in queues]
            await asyncio.gather(*map(stopped, workers, running, waits))
        _raise_first_error(running)


async def _redis_is_there(settings: Settings, stop: asyncio.Event) -> bool:
    """Waits for it, or until whoever sets `stop` does not want to wait any more."""
    waiting = asyncio.create_task(until_redis_answers(redis_settings(settings)))
    stopping = asyncio.create_task(stop.wait())
    try:
        await asyncio.wait([waiting, stopping], return_when=asyncio.FIRST_COMPLETED)
        if waiting.done():
            waiting.result()
        return waiting.done()
    finally:
        await end(waiting, stopping)


def _raise_first_error(running: Sequence["asyncio.Task[None]"]) -> None:
    """A queue whose worker died takes the cell with it, so that the supervisor starts it anew."""
    for worker in running:
        if not worker.cancelled() and (error := worker.exception()):
            raise error


def main() -> None:
    """Run the queues named on the command line, or all."""
    queues = [Queue(f"arq:{name}") for name in sys.argv[1:]] or list(Queue)
    settings = load()
    name = worker_id(settings.workers.id, "cell")
    logs.configure(settings.logs, worker=name)
    asyncio.run(_until_told(settings, queues, name))


async def _until_told(settings: Settings, queues: Sequence[Queue], name: str) -> None:
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, partial(_told, stop, number))
    await run_cell(settings, queues, stop=stop, name=name)


def _told(stop: asyncio.Event, number: signal.Signals) -> None:
    logger.info("%s: no more jobs are taken, running ones may end", number.name)
    stop.set()


if __name__ == "__main__":
    main()
