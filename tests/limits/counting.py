"""An endpoint that counts how many it answers at once."""

import asyncio

from mindfleet.testing.model_server.behaviours import Answers, Exchange


class Counting:
    """The right answer, and how many were given at once."""

    def __init__(self) -> None:
        self.now = self.most = self.given = 0

    async def respond(self, exchange: Exchange) -> None:
        self.now += 1
        self.most = max(self.most, self.now)
        for _ in range(20):
            await asyncio.sleep(0)
        self.now -= 1
        self.given += 1
        await Answers().respond(exchange)
