"""Callers that want the same thing at the same time share one piece of work."""

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any, Generic, TypeVar
from uuid import UUID

T = TypeVar("T")


class _Flight(Generic[T]):
    def __init__(self, task: "asyncio.Task[T]") -> None:
        self.task = task
        self.waiting = 0
        self.ending = False


class Flights(Generic[T]):
    """For each key at most one piece of work at a time; it ends early only when nobody waits for it any more."""

    def __init__(self) -> None:
        self._flying: dict[UUID, _Flight[T]] = {}

    async def join(self, key: UUID, work: Callable[[], Coroutine[Any, Any, T]]) -> T:
        """The result of the work under `key`, begun now unless it is under way."""
        while (flight := self._flying.get(key)) and flight.ending:
            await asyncio.wait({flight.task})
        flight = flight or self._begin(key, work)
        flight.waiting += 1
        try:
            await asyncio.wait({flight.task})
            return flight.task.result()
        finally:
            flight.waiting -= 1
            if not flight.waiting:
                await self._end(key, flight)

    def _begin(self, key: UUID, work: Callable[[], Coroutine[Any, Any, T]]) -> _Flight[T]:
        flight = _Flight(asyncio.create_task(work(), name=f"answer {key}"))
        self._flying[key] = flight
        return flight

    async def _end(self, key: UUID, flight: _Flight[T]) -> None:
        flight.ending = True
        if not flight.task.done():
            flight.task.cancel()
            await _settled(flight.task)
        self._flying.pop(key, None)


async def despite_cancellation(work: Coroutine[Any, Any, T]) -> T:
    """Finish a short piece of work even if the caller is cancelled meanwhile; the cancellation comes after it."""
    task = asyncio.create_task(work)
    try:
        await asyncio.wait({task})
    except asyncio.CancelledError:
        await _settled(task)
        raise
    return task.result()


async def _settled(task: "asyncio.Task[Any]") -> None:
    """Wait for the end, whatever it is; looking at an error keeps asyncio from reporting it as lost."""
    await asyncio.wait({task})
    if not task.cancelled():
        task.exception()
