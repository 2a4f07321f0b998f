"""Replays a conversation as the bot would have lived it, message by message, with its own times."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import asdict
from datetime import timedelta
from time import monotonic

from mindfleet.cli.demo.script import Message, Script
from mindfleet.errors import QueueUnavailable
from mindfleet.task_queue import TaskQueue

PATIENCE = timedelta(seconds=60)
"""How long a message is tried again while Redis is away: a killed one is back within a second or two."""

PAUSE = 0.2


async def replay(queue: TaskQueue, script: Script, *, sent: Callable[[], None]) -> None:
    """Enqueue every message, then the end of every session.

    Args:
        queue: of the demo's fleet.
        script: what to say.
        sent: called after each message.

    Raises:
        QueueUnavailable: Redis is away for too long.
    """
    for message in script.messages:
        await _until_taken(lambda message=message: _enqueue(queue, message))  # type: ignore[misc]
        sent()
    for bot_name, channel_id in script.lanes:
        job_id = f"demo-end:{bot_name}:{channel_id}"
        await _until_taken(
            lambda bot_name=bot_name, channel_id=channel_id, job_id=job_id: queue.end_session(  # type: ignore[misc]
                bot_name, channel_id, _job_id=job_id
            )
        )


async def _enqueue(queue: TaskQueue, message: Message) -> None:
    await queue.enqueue_message(**{name: value for name, value in asdict(message).items() if value is not None})


async def _until_taken(enqueue: Callable[[], Awaitable[object]]) -> None:
    """Again, with the same id, until Redis has it: what it already has is a duplicate."""
    deadline = monotonic() + PATIENCE.total_seconds()
    while True:
        try:
            await enqueue()
        except QueueUnavailable:
            if monotonic() > deadline:
                raise
            await asyncio.sleep(PAUSE)
        else:
            return
