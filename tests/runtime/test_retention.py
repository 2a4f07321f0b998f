"""What was over long ago is forgotten, all of it."""

from datetime import timedelta
from uuid import uuid4

import pytest

from mindfleet.ports.ledger import Ended
from mindfleet.runtime import retention
from mindfleet.runtime.retention import forget_old
from mindfleet.testing.clock import FakeClock
from mindfleet.testing.in_memory_effects import InMemoryEffects
from mindfleet.testing.in_memory_ledger import InMemoryLedger


async def test_forgets_in_pieces_until_nothing_old_is_left(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(retention, "AT_ONCE", 2)
    clock = FakeClock()
    ledger, effects = InMemoryLedger(clock=clock), InMemoryEffects(clock=clock)
    entry = int(clock.now().timestamp() * 1000) << 20
    await ledger.write([Ended(entry + number, f"job {number}", "done") for number in range(5)])
    for _ in range(3):
        key = uuid4()
        await effects.intend(key=key, job_id="job", kind="post", payload={}, fence=1)
        await effects.done(key, fence=1)
    clock.advance(timedelta(days=31))

    assert await forget_old(ledger, effects, older_than=timedelta(days=32)) == 0
    assert await forget_old(ledger, effects, older_than=timedelta(days=30)) == 8
    assert await ledger.states([f"job {number}" for number in range(5)]) == {}
