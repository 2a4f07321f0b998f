"""Every call leaves a record, also when the store of records is away for a while."""

import asyncio
import logging
from collections import deque

from mindfleet.errors import StoreUnavailable
from mindfleet.ports.model_calls import ModelCall, ModelCalls

_log = logging.getLogger(__name__)

_MOST_WAITING = 1000


class Ledger:
    """Hands records to the store in order. A store that is away fails no job: the records wait here for the next call.

    They are lost when the process ends before the store is back, and the oldest when more than 1000 wait.
    """

    def __init__(self, calls: ModelCalls) -> None:
        self._calls = calls
        self._waiting: deque[ModelCall] = deque(maxlen=_MOST_WAITING)

    async def record(self, call: ModelCall) -> None:
        self._waiting.append(call)
        try:
            await self._hand_over()
        except StoreUnavailable as error:
            _log.warning("%d records of model calls wait for their store: %s", len(self._waiting), error)

    async def _hand_over(self) -> None:
        while self._waiting:
            call = self._waiting.popleft()
            try:
                await self._calls.record(call)
            except (StoreUnavailable, asyncio.CancelledError):
                self._waiting.appendleft(call)
                raise
