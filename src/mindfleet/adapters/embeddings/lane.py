"""A thread that works beside the event loop and takes what many callers ask for in one go."""

from asyncio import wrap_future
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from itertools import islice
from threading import Lock
from typing import Generic, TypeVar

I = TypeVar("I")  # noqa: E741  input and output
O = TypeVar("O")  # noqa: E741


@dataclass(eq=False)
class _Order(Generic[I, O]):
    items: Sequence[I]
    results: list[O] | None = None


class Lane(Generic[I, O]):
    """Does one thing at a time; callers of any event loop wait for it without holding theirs.

    Args:
        work: one result for each item, in order; runs in the lane's thread.
        at_once: how many items it is given at most.
        name: of the thread.
    """

    def __init__(self, work: Callable[[Sequence[I]], Sequence[O]], *, at_once: int, name: str) -> None:
        self._work = work
        self._at_once = at_once
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix=name)
        self._waiting: dict[_Order[I, O], None] = {}
        self._lock = Lock()

    async def do(self, items: Sequence[I]) -> list[O]:
        """One result for each item. A long list is done in parts, and other callers get their turn in between."""
        results: list[O] = []
        for start in range(0, len(items), self._at_once):
            results += await self._place(_Order(items[start : start + self._at_once]))
        return results

    def close(self) -> None:
        """End the thread once what it is at is done."""
        self._thread.shutdown(cancel_futures=True)

    async def _place(self, order: _Order[I, O]) -> list[O]:
        with self._lock:
            self._waiting[order] = None
        try:
            return await wrap_future(self._thread.submit(self._fill, order))
        finally:
            with self._lock:
                self._waiting.pop(order, None)

    def _fill(self, order: _Order[I, O]) -> list[O]:
        """In the thread. An error reaches the one who is served; who shared the run gets another of their own."""
        if order.results is None:
            batch = self._batch(order)
            results = iter(self._work([item for each in batch for item in each.items]))
            for each in batch:
                each.results = list(islice(results, len(each.items)))
        return order.results or []

    def _batch(self, order: _Order[I, O]) -> list[_Order[I, O]]:
        """This order, and the next ones that wait, as far as there is room."""
        batch, room = [order], self._at_once - len(order.items)
        with self._lock:
            self._waiting.pop(order, None)
            for other in list(self._waiting):
                if len(other.items) > room:
                    break
                room -= len(other.items)
                del self._waiting[other]
                batch.append(other)
        return batch
