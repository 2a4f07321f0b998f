"""What the scripts of the queue append to the ledger's stream, and stores that fail when a test says so."""

from collections.abc import Sequence
from time import time
from typing import Any
from uuid import uuid4

from redis.asyncio import Redis

from mindfleet.errors import StoreUnavailable
from mindfleet.ports.ledger import Event, LedgerRefused
from mindfleet.runtime.ledger_entries import STREAM
from mindfleet.testing.in_memory_ledger import InMemoryLedger


def new_id() -> str:
    return f"job {uuid4().hex}"


async def enqueued(redis: Redis, job_id: str, **fields: str) -> bytes:
    """The entry of a job that was accepted."""
    told = {"queue": "arq:cognition", "task": "run_summarization", "bot": "juniper", "user": "ana", "prio": "7"}
    now = str(int(time() * 1000))
    entry: Any = {
        "e": "queued",
        "id": job_id,
        **told,
        "due": now,
        "seq": "1",
        "job": f'{{"n":"{job_id}"}}',
        **fields,
    }
    added: bytes = await redis.xadd(STREAM, entry)
    return added


async def ended(redis: Redis, job_id: str, outcome: str = "done") -> bytes:
    added: bytes = await redis.xadd(STREAM, {"e": "ended", f"id:{job_id}": outcome})
    return added


class Failing(InMemoryLedger):
    """A ledger that is away while `is_away`, and cannot hold the ids in `cannot_hold`."""

    def __init__(self) -> None:
        super().__init__()
        self.is_away = False
        self.asked = 0
        self.cannot_hold: set[str] = set()
        self.written: list[Event] = []

    async def write(self, events: Sequence[Event]) -> None:
        self.asked += 1
        if self.is_away:
            raise StoreUnavailable("PostgreSQL is away")
        if self.cannot_hold & {event.id for event in events}:
            raise LedgerRefused("it is too long")
        await super().write(events)
        self.written += events
