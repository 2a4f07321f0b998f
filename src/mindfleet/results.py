"""How the jobs of the whole fleet end, one after the other, as a stream that can be followed from any place."""

import json
from collections.abc import AsyncGenerator
from contextlib import aclosing
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from redis.asyncio import Redis

from mindfleet.errors import InvalidJob, QueueUnavailable
from mindfleet.streams import Guests, Row, follow, place

STREAM = "mindfleet:results"


@dataclass(frozen=True)
class Result:
    """The end of one job."""

    id: str
    """Its place in the stream; following from there gives those after it."""

    task_id: str
    """The job's id."""

    task: str
    bot_name: str
    queue: str
    worker_id: str
    """Empty when it ended without being run."""

    timestamp: datetime
    success: bool
    outcome: str
    """`done`, `skipped`; `parked`, `failed`, `cancelled`, `expired` or `superseded`."""

    result: Any
    """What the task returned; `{"outcome": …, "cut": true}` if that has over 4,096 characters. None if it failed."""

    error: str | None
    """What went wrong, as `Kind: message`; None after a success."""


async def follow_results(redis: Redis, bot_name: str | None, after: str, guests: Guests) -> AsyncGenerator[Result]:
    """See `TaskQueue.results`."""
    async with aclosing(follow(redis, STREAM, starting_place(after, or_now=True), guests)) as rows:
        async for row in rows:
            if bot_name is None or row[1].get("bot_name") == bot_name:
                yield read_result(row)
    raise QueueUnavailable("follow the results: the task queue was closed meanwhile; the jobs themselves go on")


def starting_place(after: str, *, or_now: bool = False) -> str:
    """An id from which a stream is read on.

    Raises:
        InvalidJob: it is none.
    """
    if or_now and after == "$":
        return after
    try:
        place(after)
    except (ValueError, AttributeError):
        raise InvalidJob(f"{after!r} is no place in a stream: take the `id` of what was read last, or 0") from None
    return after


def read_result(row: Row) -> Result:
    """An entry of the stream."""
    entry, told = row
    success = told["success"] == "1"
    return Result(
        id=entry,
        task_id=told["task_id"],
        task=told["task"],
        bot_name=told["bot_name"],
        queue=told["queue"],
        worker_id=told["worker_id"],
        timestamp=datetime.fromtimestamp(int(told["timestamp"]) / 1000, UTC),
        success=success,
        outcome=told["outcome"],
        result=json.loads(told["result"]) if success else None,
        error=None if success else _error(told["outcome"], json.loads(told["error"])),
    )


def _error(outcome: str, told: Any) -> str:  # noqa: ANN401 - JSON
    return f"{told['error']}: {told['message']}" if isinstance(told, dict) and "error" in told else outcome
