"""Calls that come while one is under way go together in the next, as databases group their commits."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence

from redis.exceptions import RedisError

from mindfleet.closing import PoolClosed
from mindfleet.ending import end
from mindfleet.entrants import Entrant, pieces
from mindfleet.receipt import Receipt

Send = Callable[[Sequence[Entrant]], Awaitable[list[Receipt]]]
Place = tuple[Entrant, "asyncio.Future[Receipt]"]


class Joining:
    """One exchange at a time for jobs that come one by one; a lone one goes at once.

    Args:
        send: one round trip.
        within: seconds that it may take, whoever of its callers still waits.
    """

    def __init__(self, send: Send, within: float) -> None:
        self._send = send
        self._within = within
        self._waiting: list[Place] = []
        self._is_under_way = False
        self._sending: asyncio.Task[None] | None = None

    async def let_in(self, entrant: Entrant) -> Receipt:
        """Send one job, alone or with others.

        Raises:
            RedisError, OSError: as `send`.
        """
        if self._is_under_way:
            place: Place = (entrant, asyncio.get_running_loop().create_future())
            self._waiting.append(place)
            return await place[1]
        self._is_under_way = True
        try:
            [receipt] = await self._send([entrant])
        finally:
            self._is_under_way = False
            self._send_next()
        return receipt

    async def close(self) -> None:
        """Tell those who wait that nothing comes of it."""
        await end(self._sending)
        _tell(self._waiting, PoolClosed("the queue was closed"))
        self._waiting.clear()

    def _send_next(self) -> None:
        if self._waiting:
            self._is_under_way = True
            self._sending = asyncio.create_task(self._send_waiting(), name="jobs that are enqueued together")

    async def _send_waiting(self) -> None:
        try:
            while together := self._taken():
                await self._see_in(together)
        finally:
            self._is_under_way = False

    def _taken(self) -> Sequence[Place]:
        """As many as one script takes; whoever has given up meanwhile is not sent."""
        waiting = [place for place in self._waiting if not place[1].done()]
        most = len(next(pieces([entrant for entrant, _ in waiting]), ()))
        self._waiting = waiting[most:]
        return waiting[:most]

    async def _see_in(self, together: Sequence[Place]) -> None:
        error: Exception = PoolClosed("the queue was closed")
        try:
            async with asyncio.timeout(self._within):
                receipts = await self._send([entrant for entrant, _ in together])
            for (_, told), receipt in zip(together, receipts, strict=True):
                if not told.done():
                    told.set_result(receipt)
        except (RedisError, OSError) as away:
            error = away
        finally:
            _tell(together, error)


def _tell(places: Sequence[Place], error: Exception) -> None:
    for _, told in places:
        if not told.done():
            told.set_exception(error)
