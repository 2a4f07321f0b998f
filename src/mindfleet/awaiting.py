"""What a job tells of itself, and those who listen to it."""

import asyncio
from collections import deque
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

from mindfleet.errors import QueueUnavailable
from mindfleet.streams import Row, place

FINAL = frozenset({"done", "error"})


def progress_key(job_id: str) -> str:
    """The stream in which a job tells of itself."""
    return f"task:{job_id}:progress"


@dataclass(frozen=True)
class Event:
    """What a job told of itself."""

    id: str
    """Its place in the job's stream, from which it can be read on."""

    kind: str
    """`started`, `progress`, `retrying`, `done` or `error`."""

    at: datetime
    """When it was told."""

    fields: Mapping[str, str]
    """Of `started`: worker, start; `progress`: done, total, note; `retrying`: outcome, delay (ms), reason; `done` and
    `error`: outcome, text (JSON)."""

    @property
    def is_last(self) -> bool:
        """Whether the job ended with it."""
        return self.kind in FINAL


def read_event(row: Row) -> Event:
    """An entry of a job's stream."""
    entry, told = row
    fields = dict(told)
    at = float(fields.pop("at", "") or place(entry)[0])
    return Event(entry, fields.pop("event", ""), datetime.fromtimestamp(at / 1000, UTC), fields)


@dataclass(frozen=True)
class Ending:
    """How a job ended: its result, or where that was not kept its last event."""

    result: bytes | None
    event: Event | None = None


class Watcher:
    """Somebody who wants to hear every event of a job."""

    def __init__(self, job_id: str, after: str = "0-0") -> None:
        self.job_id = job_id
        self.after = after
        """The last event that it has heard."""

        self._events: deque[Event] = deque()
        self._changed = asyncio.Event()
        self._is_left = False

    def hear(self, events: Iterable[Event]) -> None:
        """Take in what is new."""
        new = [event for event in events if place(event.id) > place(self.after)]
        if new:
            self.after = new[-1].id
            self._events += new
            self._changed.set()

    def leave_alone(self) -> None:
        """Nothing more will be heard."""
        self._is_left = True
        self._changed.set()

    async def next_event(self) -> Event:
        """The next one, as soon as it was told.

        Raises:
            QueueUnavailable: nothing more will be heard.
        """
        while not self._events:
            if self._is_left:
                raise closed(self.job_id)
            self._changed.clear()
            await self._changed.wait()
        return self._events.popleft()


class Waiter:
    """Somebody who wants to know how a job ends."""

    def __init__(self, job_id: str) -> None:
        self.job_id = job_id
        self.after = "0-0"
        self._ending: asyncio.Future[Ending] = asyncio.get_running_loop().create_future()

    def hear(self, events: Iterable[Event]) -> Event | None:
        """The last event of the job, if that is among them."""
        last = None
        for event in events:
            self.after = max(self.after, event.id, key=place)
            last = event if event.is_last else last
        return last

    def end(self, ending: Ending) -> None:
        """Say how it ended."""
        if not self._ending.done():
            self._ending.set_result(ending)

    def leave_alone(self) -> None:
        """Nobody will say how it ended."""
        if not self._ending.done():
            self._ending.set_exception(closed(self.job_id))

    async def ending(self) -> Ending:
        """How it ended, as soon as it has.

        Raises:
            QueueUnavailable: nobody will say.
        """
        return await self._ending


Listener = Watcher | Waiter


def closed(job_id: str) -> QueueUnavailable:
    """What whoever waits is told when there is nobody any more who could tell."""
    return QueueUnavailable(f"wait for job {job_id}: the task queue was closed meanwhile; the job itself goes on")
