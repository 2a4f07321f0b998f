"""What Redis has told and PostgreSQL may not have heard yet: the end of the ledger's stream."""

from redis.asyncio import Redis

from mindfleet.ports.ledger import Ended, Queued
from mindfleet.runtime.ledger_entries import events_of, read

AT_ONCE = 1000


class LedgerTail:
    """Reads the stream as it grows, whoever trims it meanwhile.

    What was told before `read_on` is either among what it read, or was trimmed: then PostgreSQL has it by now.
    """

    def __init__(self, redis: Redis) -> None:
        self._redis = redis
        self._at = "-"
        self._queued: dict[str, int] = {}
        self._ended: dict[str, int] = {}

    async def read_on(self) -> None:
        """Read what was added since."""
        while entries := await read(self._redis, self._at, count=AT_ONCE):
            for event in events_of(entries):
                match event:
                    case Queued():
                        self._queued[event.id] = event.entry
                    case Ended():
                        self._ended[event.id] = event.entry
                    case _:
                        pass
            self._at = f"({entries[-1][0].decode()}"

    def tells_end(self, job_id: str, *, after: int) -> bool:
        """Whether the job ended after that entry."""
        return self._ended.get(job_id, 0) > after

    def tells_of(self, job_id: str) -> bool:
        """Whether the job was accepted."""
        return job_id in self._queued
