"""What a loop does while a server is away: says so once, and tries again less and less often, within bounds."""

import asyncio
import logging
import random
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta


@dataclass
class Trouble:
    """One loop's trouble with the servers that it needs.

    Args:
        what: the loop, for the log: "the ledger".
        logger: of the loop.
        first: the first pause; each is twice the one before.
        cap: the longest one.
        random: a source of floats in [0, 1); a pause lies between half of and the whole of its length.
    """

    what: str
    logger: logging.Logger
    first: timedelta = timedelta(milliseconds=100)
    cap: timedelta = timedelta(seconds=2)
    random: Callable[[], float] = field(default=random.random)
    failures: int = 0

    async def wait(self, why: Exception) -> None:
        """Wait before the next try."""
        if not self.failures:
            self.logger.warning("%s waits for a server that is away: %s", self.what, str(why) or type(why).__name__)
        self.failures += 1
        whole = min(self.first * (1 << min(self.failures - 1, 16)), self.cap)
        await asyncio.sleep((whole * (0.5 + 0.5 * self.random())).total_seconds())

    def over(self) -> None:
        """It works."""
        if self.failures:
            self.logger.info("%s goes on after %d failed tries", self.what, self.failures)
        self.failures = 0
