"""Reading and steering one job from outside: its status, result, events, and its end."""

import asyncio
import json
from collections.abc import AsyncGenerator, Mapping
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from time import time
from typing import Any, cast

from redis.asyncio import Redis

from mindfleet import lua
from mindfleet.answering import START_IT, answering
from mindfleet.awaiting import Ending, Event, Waiter, Watcher, progress_key, read_event
from mindfleet.errors import MindfleetError, QueueUnavailable
from mindfleet.queues import Queue
from mindfleet.results import starting_place
from mindfleet.streams import place, rows
from mindfleet.waiting_room import WaitingRoom
from mindfleet.wire import Encode, Envelope, JobFailed, Unreadable, decode

CANCELLED_KEPT = timedelta(hours=1)
"""How long it can be read that a job was cancelled."""

EVENTS_KEPT = 200
"""The most that a job's stream may hold: Redis trims it to 100 when it is cheap."""


class JobStatus(StrEnum):
    """Where a job is."""

    QUEUED = "queued"
    """Its time has come; it waits for a slot, for its turn, or at a gate."""

    DEFERRED = "deferred"
    """Its time has not come: it was put off, or waits out a retry."""

    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"
    UNKNOWN = "unknown"
    """There is no such job, or nothing is kept of it."""


class JobPending(MindfleetError, TimeoutError):
    """The job has no result yet, or its result is not kept."""


@dataclass(frozen=True)
class Progress:
    """What a running task last said of itself."""

    done: int
    total: int
    note: str


@dataclass(frozen=True, kw_only=True)
class Desk:
    """What all handles of a producer share on one event loop."""

    redis: Redis
    room: WaitingRoom
    encode: Encode
    limit: float
    """Seconds that Redis may take to answer."""

    results: str
    """What the scripts are told of the fleet's results; see `waiting.lua`."""


class JobHandle:
    """One job, by its id.

    Every call raises `QueueUnavailable` when Redis is away or silent; `events` only when it begins, `wait` at its end.
    Both raise it at once when the task queue is closed.
    """

    def __init__(self, job_id: str, desk: Desk) -> None:
        self.id = job_id
        self._desk = desk

    async def status(self) -> JobStatus:
        """Where the job is now."""
        async with self._answering("ask where it is"), self._desk.redis.pipeline(transaction=True) as pipe:
            pipe.get(f"arq:result:{self.id}")
            pipe.exists(f"arq:in-progress:{self.id}")
            pipe.xrevrange(progress_key(self.id), count=1)
            for queue in Queue:
                pipe.zscore(queue.value, self.id)
            result, is_running, told, *scores = await pipe.execute()
        due = [score for score in scores if score is not None]
        if due:
            return _waiting(due[0], is_running=bool(is_running))
        return _ended(Ending(result, _last(told)))

    async def result(self) -> Any:  # noqa: ANN401 - each task has its own
        """What the task returned, as plain JSON values.

        Raises:
            JobPending: it has not ended, or its result is not kept.
            JobFailed: it was parked, or cancelled.
        """
        ending = await self._ending()
        if ending is None:
            raise JobPending(f"job {self.id} has no result: it has not ended, or its result is not kept")
        return self._returned(ending)

    async def progress(self) -> Progress | None:
        """What the task last reported, or None."""
        async with self._answering("ask how far it is"):
            told = await self._desk.redis.xrevrange(progress_key(self.id), count=EVENTS_KEPT)
        for event in map(read_event, rows(told)):
            if event.kind == "progress":
                return _progress(event.fields)
        return None

    async def events(self, after: str = "0") -> AsyncGenerator[Event]:
        """What the job told of itself and goes on to tell, up to its end; through every loss of Redis.

        Its stream holds about the last hundred events, and is gone a day after the last. A job of arq's own workers
        tells nothing. Where there is neither a job nor a stream it is over at once.

        Args:
            after: the `id` of the last event that is known.

        Raises:
            InvalidJob: `after` is no id.
        """
        after = starting_place(after)
        if await self._has_told_all(after):
            return
        with self._desk.room.joined(Watcher(self.id, after)) as watcher:
            while True:
                event = await watcher.next_event()
                yield event
                if event.is_last:
                    return

    async def cancel(self) -> bool:
        """End the job: a waiting one at once, a running one is stopped by its worker within about a second.

        A job that arq's own worker runs is stopped only if that was told `allow_abort_jobs`.

        Returns:
            Whether there was such a job to cancel.
        """
        async with self._answering("cancel it", unknown="so that it may be cancelled; repeating it is safe"):
            data, queue = await self._where_it_waits()
            if data is None:
                return False
            ended, task = self._as_cancelled(data, queue)
            keep = int(CANCELLED_KEPT.total_seconds() * 1000)
            told = json.dumps({"error": CANCELLED.kind, "message": CANCELLED.message})
            arguments = (self.id, "cancelled", ended, keep, told, self._desk.results, queue, task)
            return bool(await lua.CANCEL(self._desk.redis, *arguments) != b"unknown")

    async def wait(self, timeout: float = 30, *, cancel_on_timeout: bool = False) -> Any:  # noqa: ANN401, ASYNC109 - the public name; enforced below
        """The result, as soon as there is one; at once, if the job has ended.

        However many wait, one connection and one blocking command serve them all. A restart of Redis is waited out.

        Args:
            timeout: seconds.
            cancel_on_timeout: have the job cancelled when it has not ended by then.

        Raises:
            JobPending: there is no result after `timeout` seconds, or it is not kept; the job goes on if
                there is one, unless `cancel_on_timeout`.
            JobFailed: it was parked, or cancelled.
            QueueUnavailable: Redis was away at the end, or the task queue was closed meanwhile.
        """
        with self._desk.room.joined(Waiter(self.id)) as waiter:
            try:
                async with asyncio.timeout(timeout):
                    ending = await waiter.ending()
            except TimeoutError:
                ending = None
        if ending is None:
            ending = await self._after_all(timeout, cancel=cancel_on_timeout)
        return self._returned(ending)

    async def _after_all(self, timeout: float, *, cancel: bool) -> Ending:  # noqa: ASYNC109 - for the message
        """Its time is over: one last look."""
        if trouble := self._desk.room.trouble:
            raise QueueUnavailable(f"wait for job {self.id}: Redis is away ({trouble}): {START_IT}")
        late = f"job {self.id} did not end within {timeout:g} s"
        ending = await self._ending()
        if ending is None and cancel and await self.cancel():
            raise JobPending(f"{late}; it was cancelled")
        ending = ending or (await self._ending() if cancel else None)
        if ending is None:
            is_known = await self.status() is not JobStatus.UNKNOWN
            raise JobPending(f"{late}; it goes on" if is_known else f"there is no job {self.id}, or none any more")
        return ending

    async def _ending(self) -> Ending | None:
        async with self._answering("ask for its result"), self._desk.redis.pipeline(transaction=True) as pipe:
            pipe.get(f"arq:result:{self.id}")
            pipe.xrevrange(progress_key(self.id), count=1)
            pipe.exists(f"arq:job:{self.id}")
            result, told, is_there = await pipe.execute()
        event = _last(told)
        has_ended = result is not None or (event is not None and event.is_last and not is_there)
        return Ending(result, event) if has_ended else None

    def _returned(self, ending: Ending) -> Any:  # noqa: ANN401 - each task has its own
        if ending.result is not None:
            envelope = decode(ending.result)
            if not envelope["s"]:
                raise envelope["r"] if isinstance(envelope["r"], JobFailed) else JobFailed("Failed", str(envelope["r"]))
            return envelope["r"]
        told = _told(ending.event)
        if ending.event and ending.event.kind == "error":
            raise JobFailed(told.get("error", ending.event.fields["outcome"].capitalize()), told.get("message", ""))
        if not told or told.get("cut"):
            raise JobPending(f"job {self.id} is done, and its result is not kept")
        return told

    async def _has_told_all(self, after: str) -> bool:
        async with self._answering("ask for its events"), self._desk.redis.pipeline(transaction=True) as pipe:
            pipe.xrevrange(progress_key(self.id), count=1)
            pipe.exists(f"arq:job:{self.id}")
            told, is_there = await pipe.execute()
        event = _last(told)
        if event is None:
            return not is_there
        return event.is_last and place(event.id) <= place(after)

    async def _where_it_waits(self) -> tuple[bytes | None, str]:
        async with self._desk.redis.pipeline(transaction=True) as pipe:
            pipe.get(f"arq:job:{self.id}")
            for queue in Queue:
                pipe.zscore(queue.value, self.id)
            data, *scores = await pipe.execute()
        on = [queue.value for queue, score in zip(Queue, scores, strict=True) if score is not None]
        return data, on[0] if on else ""

    def _as_cancelled(self, data: bytes, queue: str) -> tuple[bytes, str]:
        """The result of a job that was cancelled before it began, in arq's form, and its task."""
        try:
            job = decode(data)
        except Unreadable:
            job = cast("Envelope", {})
        now, task = int(time() * 1000), str(job.get("f", ""))
        about: Envelope = {
            "t": 0,
            "f": task,
            "a": job.get("a") or [],
            "k": job.get("k") or {},
            "et": job.get("et") or now,
        }
        end = {"s": False, "r": CANCELLED, "st": now, "ft": now, "q": queue, "id": self.id}
        return self._desk.encode({**about, **end}), task

    def _answering(self, doing: str, *, unknown: str = "") -> Any:  # noqa: ANN401 - an asynchronous context
        return answering(f"job {self.id}: {doing}", self._desk.limit, unknown=unknown)


CANCELLED = JobFailed("Cancelled", "somebody asked for its end")


def _told(event: Event | None) -> dict[str, Any]:
    """What the last event says of the result."""
    told = json.loads(event.fields.get("text", "null")) if event else None
    return cast("dict[str, Any]", told) if isinstance(told, dict) else {}


def _progress(fields: Mapping[str, str]) -> Progress:
    return Progress(int(fields["done"]), int(fields["total"]), fields["note"])


def _waiting(score: float, *, is_running: bool) -> JobStatus:
    if is_running:
        return JobStatus.RUNNING
    return JobStatus.DEFERRED if score > time() * 1000 else JobStatus.QUEUED


def _ended(ending: Ending) -> JobStatus:
    if ending.result is not None:
        return JobStatus.DONE if decode(ending.result)["s"] else JobStatus.FAILED
    if ending.event is None or not ending.event.is_last:
        return JobStatus.UNKNOWN
    return JobStatus.DONE if ending.event.kind == "done" else JobStatus.FAILED


def _last(told: Any) -> Event | None:  # noqa: ANN401 - as redis-py gives it
    entries = rows(told)
    return read_event(entries[0]) if entries else None
