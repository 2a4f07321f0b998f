"""Forgetting jobs and effects that were over long ago."""

from datetime import timedelta

from mindfleet.ports.effects import Effects
from mindfleet.ports.ledger import Ledger

AT_ONCE = 5000
"""Rows a statement: short enough to be in nobody's way."""


async def forget_old(ledger: Ledger, effects: Effects, *, older_than: timedelta) -> int:
    """Forget the jobs that ended, and the effects that were done, longer ago than that; returns how many rows."""
    total = 0
    for purge in (ledger.purge, effects.purge):
        while count := await purge(older_than, limit=AT_ONCE):
            total += count
    return total
