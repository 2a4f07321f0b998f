"""The vital signs of one worker process: its engine and its probes write them, heartbeat and health read them.

A plain record that threads may share; it judges nothing, and knows neither Redis nor HTTP.
"""

import threading
import time
from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from mindfleet.queues import Queue

TICK = 0.25
"""Seconds between two ticks of a loop that is not held up."""

LAGS_KEPT = 40
"""Ticks of the loop over which its worst lag is told: ten seconds of them."""

REDIS = "redis"
"""The store without which nobody can claim."""

Now = Callable[[], float]
"""Seconds since some moment, never going back."""


@dataclass(frozen=True, kw_only=True)
class QueueSigns:
    """One queue at one moment."""

    queue: Queue
    slots: int
    active: int
    processed: int
    failed: int
    claiming: bool
    """The engine has said that it claims from this queue."""

    paused: bool
    neglected: float
    """Seconds for which jobs have been ready and slots free, and nothing was claimed; 0 unless all three are so."""


@dataclass(frozen=True, kw_only=True)
class Signs:
    """All of a process at one moment."""

    worker_id: str
    up: bool
    draining: bool
    silence: float
    """Seconds since the loop last ticked."""

    lag: float
    """Seconds by which the loop was late, at worst in the last ten seconds; a silence that goes on counts."""

    queues: tuple[QueueSigns, ...]
    stores: Mapping[str, str | None]
    """By name: why it is lost, or None while it answers."""

    @property
    def slots(self) -> int:
        return sum(queue.slots for queue in self.queues)

    @property
    def active(self) -> int:
        return sum(queue.active for queue in self.queues)

    @property
    def processed(self) -> int:
        return sum(queue.processed for queue in self.queues)

    @property
    def failed(self) -> int:
        return sum(queue.failed for queue in self.queues)

    @property
    def redis_answers(self) -> bool:
        return self.stores.get(REDIS) is None


@dataclass
class _Counts:
    slots: int
    active: int = 0
    processed: int = 0
    failed: int = 0
    claiming: bool = False
    paused: bool = False
    neglected_since: float | None = None


class QueueVitals:
    """Where the engine of one queue says what it does."""

    def __init__(self, counts: _Counts, lock: threading.Lock, now: Now) -> None:
        self._counts = counts
        self._lock = lock
        self._now = now

    def claims(self, slots: int, *, paused: bool = False) -> None:
        """The engine is at work; said at its start and when something changes, or as often as one likes.

        Before this is said, a queue that nobody works off is no bad sign.

        Args:
            slots: how many jobs may run at once.
            paused: somebody has paused the queue, so that nothing is to be claimed.
        """
        with self._lock:
            self._counts.claiming = True
            self._counts.slots = slots
            self._counts.paused = paused
            if paused:
                self._counts.neglected_since = None

    def claimed(self, jobs: int = 1) -> None:
        """So many jobs have begun here."""
        with self._lock:
            self._counts.active += jobs
            self._counts.neglected_since = None

    def settled(self, *, failed: bool = False, jobs: int = 1) -> None:
        """So many jobs have ended here for good, well or (`failed`) parked."""
        with self._lock:
            self._counts.active -= jobs
            self._counts.processed += jobs
            self._counts.failed += jobs if failed else 0

    def put_back(self, jobs: int = 1) -> None:
        """So many jobs have left here without an end: they run again later, or were lost to another worker."""
        with self._lock:
            self._counts.active -= jobs

    def seen(self, *, ready: int, free: int | None = None) -> None:
        """What somebody who looked has seen.

        Args:
            ready: jobs that a claim would get now.
            free: slots that a claim may fill now; by default all that are not busy, or none while the queue is paused.
        """
        with self._lock:
            counts = self._counts
            idle = 0 if counts.paused else counts.slots - counts.active
            room = idle if free is None else free
            if ready <= 0 or room <= 0:
                counts.neglected_since = None
            elif counts.neglected_since is None:
                counts.neglected_since = self._now()


@dataclass
class _Process:
    up: bool = False
    draining: bool = False
    ticked: float = 0.0
    lags: deque[float] = field(default_factory=lambda: deque[float](maxlen=LAGS_KEPT))
    stores: dict[str, str | None] = field(default_factory=dict[str, str | None])


class Vitals:
    """The signs of one process, however many queues it works off.

    Args:
        worker_id: its name in logs, heartbeats and results.
        slots: how many jobs at once each of its queues may run.
        now: a monotonic clock, in seconds.
    """

    def __init__(self, worker_id: str, slots: Mapping[Queue, int], *, now: Now = time.monotonic) -> None:
        self.worker_id = worker_id
        self._lock = threading.Lock()
        self._now = now
        self._process = _Process(ticked=now())
        self._counts = {queue: _Counts(most) for queue, most in slots.items()}
        self._queues = {queue: QueueVitals(each, self._lock, now) for queue, each in self._counts.items()}

    def queue(self, queue: Queue) -> QueueVitals:
        """Where the engine of that queue writes."""
        return self._queues[queue]

    @property
    def queues(self) -> tuple[Queue, ...]:
        return tuple(self._counts)

    def comes_up(self) -> None:
        """Its stores are open and its engine may claim."""
        with self._lock:
            self._process.up = True

    def drains(self) -> None:
        """It takes no more jobs and is about to end."""
        with self._lock:
            self._process.draining = True

    def ticked(self, lag: float) -> None:
        """The loop runs, and came so many seconds later than it should have."""
        with self._lock:
            self._process.ticked = self._now()
            self._process.lags.append(lag)

    def store(self, name: str, *, lost: str | None) -> None:
        """Whether a store answers: None, or in a few words why it is lost; no addresses, as health tells it to all."""
        with self._lock:
            self._process.stores[name] = lost
            if name == REDIS and lost:
                for counts in self._counts.values():
                    counts.neglected_since = None

    def signs(self) -> Signs:
        """Everything as of now."""
        with self._lock:
            now, process = self._now(), self._process
            silence = now - process.ticked
            return Signs(
                worker_id=self.worker_id,
                up=process.up,
                draining=process.draining,
                silence=silence,
                lag=max(0.0, silence - TICK, *process.lags),
                queues=tuple(_signs(queue, counts, now) for queue, counts in self._counts.items()),
                stores=dict(process.stores),
            )


def _signs(queue: Queue, counts: _Counts, now: float) -> QueueSigns:
    return QueueSigns(
        queue=queue,
        slots=counts.slots,
        active=counts.active,
        processed=counts.processed,
        failed=counts.failed,
        claiming=counts.claiming,
        paused=counts.paused,
        neglected=0.0 if counts.neglected_since is None else now - counts.neglected_since,
    )
