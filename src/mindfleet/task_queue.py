"""The facade: what a bot calls, in under a millisecond, to give the fleet something to think about."""

import asyncio
from collections.abc import Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any, ClassVar, Self
from uuid import UUID
from weakref import WeakKeyDictionary

from arq.connections import RedisSettings
from redis.asyncio import Redis

from mindfleet import options
from mindfleet.answering import answering
from mindfleet.demoted import leaving_replicas
from mindfleet.door import Door
from mindfleet.enqueue_methods import EnqueueMethods
from mindfleet.entrants import Entrant, pieces
from mindfleet.errors import InvalidJob, PartlyEnqueued, QueueUnavailable
from mindfleet.filing import entrant_of, validated
from mindfleet.following import Following
from mindfleet.job import Job, OrderedJob
from mindfleet.jobs import Desk
from mindfleet.options import Delay, Said
from mindfleet.queues import Queue
from mindfleet.receipt import Receipt
from mindfleet.task import AnyTask
from mindfleet.unconfirmed import UnconfirmedByLoop
from mindfleet.wire import ENCODERS, Encode

if TYPE_CHECKING:
    from mindfleet.registry import Registry
    from mindfleet.settings import Settings

LANES_REMEMBERED = 10_000
"""Channels whose last job a producer knows; in one that it forgot, order is left to chance."""


@dataclass(frozen=True)
class _Fleet:
    """What is read once, at the first call: the settings and the tasks that they name."""

    settings: "Settings"
    tasks: "Registry"


class TaskQueue(EnqueueMethods, Following):
    """Gives jobs to the fleet.

    Usable from several event loops: each has its own connections.

    Args:
        url: of Redis; by default as the settings say.
        bot_name: written into every payload that names no bot; by default `BOT_NAME`.
        settings: by default read from the environment at the first call.
        tasks: what can be enqueued; by default the packages that the settings name.
        patience: seconds after which a connection that owes an answer is given up, whoever waits for it; by default
            each call has its own limit, and what uses `redis` directly has none.
    """

    QUEUE_COGNITION: ClassVar[str] = Queue.COGNITION.value
    QUEUE_SENSORY: ClassVar[str] = Queue.SENSORY.value
    QUEUE_ACTION: ClassVar[str] = Queue.ACTION.value
    QUEUE_SOCIAL: ClassVar[str] = Queue.SOCIAL.value

    def __init__(
        self,
        url: str | None = None,
        *,
        bot_name: str | None = None,
        settings: "Settings | None" = None,
        tasks: "Registry | None" = None,
        patience: float | None = None,
    ) -> None:
        self._url = url
        self._bot_name = bot_name
        self._given_settings = settings
        self._given_tasks = tasks
        self._patience = patience
        self._read: _Fleet | None = None
        self._lanes: dict[tuple[str, str], UUID | None] = {}
        self._unconfirmed = UnconfirmedByLoop()
        self._doors: WeakKeyDictionary[asyncio.AbstractEventLoop, Door] = WeakKeyDictionary()

    async def __aenter__(self) -> Self:
        await self.connect()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()

    async def connect(self) -> None:
        """Reach Redis now rather than at the first call.

        Raises:
            QueueUnavailable: Redis does not answer.
        """
        async with self._answering("connect"):
            await self.redis.ping()

    async def close(self) -> None:
        """Close the connections of the running event loop; the next call opens new ones.

        Whoever waits for a job here, or follows events or results, is told so at once, by `QueueUnavailable`.
        """
        door = self._doors.pop(asyncio.get_running_loop(), None)
        if door:
            await door.close()

    async def enqueue(
        self,
        task_name: str,
        *,
        _defer_by: Delay | None = None,
        _defer_until: datetime | None = None,
        _job_id: str | None = None,
        _queue_name: str | None = None,
        _priority: int | None = None,
        _expires: Delay | None = None,
        _durable: bool = False,
        **payload: Any,  # noqa: ANN401 - checked against the task's payload
    ) -> Receipt:
        """Give the fleet one job; it is validated before Redis is touched.

        Args:
            task_name: for example `run_summarization`.
            _defer_by: run it not before so many seconds (or a timedelta) from now.
            _defer_until: run it not before this instant; aware.
            _job_id: names the job; while one of this name waits or runs, another is a duplicate.
            _queue_name: one of `QUEUE_*`, instead of the task's own.
            _priority: 0 to 10, instead of the task's own; the higher starts first.
            _expires: do not start it later than so many seconds (or a timedelta) after it is due.
            _durable: return only when PostgreSQL has the job too.
            **payload: the fields of the task's payload.

        Raises:
            InvalidJob: unknown task or queue, unknown, missing or bad argument, too large, naive time.
            QueueUnavailable: Redis is away; or it did not answer in time and the outcome is unknown:
                repeating the call with the same `_job_id` is safe.
            LedgerBehind: with `_durable`: Redis has the job, PostgreSQL has not had it within 5 s.
        """
        task = self._fleet.tasks.named(task_name)
        queue = options.queue(_queue_name) if _queue_name is not None else task.queue
        due, job_id = options.due(_defer_by, _defer_until), options.job_id(_job_id)
        priority, expires = options.priority(_priority), options.expires(_expires)
        job = self._in_line(validated(task, self._with_bot_name(task, payload)))
        told = {"queue": queue, "due": due, "job_id": job_id, "priority": priority, "expires": expires}
        receipt = await self.put(job, durable=_durable, **told)
        if isinstance(job, OrderedJob) and job.step:
            self._line_behind(job)
        return receipt

    async def put(self, job: Job, *, durable: bool = False, **told: Any) -> Receipt:  # noqa: ANN401 - see `Said`
        """Enqueue a payload that is already made.

        Args:
            job: the payload.
            durable: return only when PostgreSQL has the job too.
            **told: the fields of `options.Said`.

        Raises:
            InvalidJob, QueueUnavailable, LedgerBehind: as `enqueue`.
        """
        if self.is_off(job):
            task = self._fleet.tasks.of(job)
            return Receipt("", "disabled", f"{task.name} is switched off by ENABLE_{str(task.feature).upper()}")
        entrant = self.entrant(job, Said(**told))
        if durable and not entrant.durable:
            raise InvalidJob(f"_durable: PostgreSQL has no jobs of {entrant.task}, which is not durable")
        async with self._answering(f"enqueue {entrant.job_id}"):
            receipt = await self._door.let_in(entrant)
        if durable:
            await self._door.confirmed(entrant, receipt)
        return receipt

    async def put_all(self, entrants: Sequence[Entrant]) -> Sequence[Receipt]:
        """Enqueue many jobs; see `entrant`. Up to a hundred take one round trip, more go so many at a time.

        Returns:
            A receipt for each, in their order.

        Raises:
            QueueUnavailable: as `enqueue`.
            PartlyEnqueued: the same, of more than a hundred: it says which are queued.
        """
        receipts: list[Receipt] = []
        for piece in pieces(entrants):
            try:
                async with self._answering(f"enqueue {len(piece)} jobs"):
                    receipts += await self._door.let_all_in(piece)
            except QueueUnavailable as away:
                unsent = len(entrants) - len(receipts) - len(piece)
                if not receipts and not unsent:
                    raise
                raise PartlyEnqueued(str(away), accepted=receipts, unknown=len(piece), unsent=unsent) from away
        return receipts

    def entrant(self, job: Job, said: Said | None = None) -> Entrant:
        """What Redis is told of a payload that is already made.

        Raises:
            InvalidJob: it is larger than the settings allow.
        """
        task = self._fleet.tasks.of(job)
        entrant = entrant_of(task, job, said or Said(), self.encode)
        limit = self._fleet.settings.queue.max_payload_bytes
        if len(entrant.data) > limit:
            raise InvalidJob(
                f"the payload of {task.name} has {len(entrant.data)} bytes, the limit is {limit}: "
                "send ids instead of texts, or raise MINDFLEET_QUEUE__MAX_PAYLOAD_BYTES"
            )
        return entrant

    def is_off(self, job: Job) -> bool:
        """Whether a switch in the settings turns its task off."""
        feature = self._fleet.tasks.of(job).feature
        return feature is not None and not getattr(self._fleet.settings.features, feature)

    @classmethod
    def get_redis_settings(cls) -> RedisSettings:
        """What an arq worker or producer needs to reach the same Redis."""
        from mindfleet.settings import load  # noqa: PLC0415 - settings are read at the first call

        return RedisSettings.from_dsn(load().redis.url.get_secret_value())

    @property
    def encode(self) -> Encode:
        """How jobs and results are written."""
        return ENCODERS[self._fleet.settings.queue.serializer]

    @property
    def redis(self) -> Redis:
        """The connections of the running event loop."""
        return self._door.redis

    @property
    def _fleet(self) -> _Fleet:
        if self._read is None:
            from mindfleet.registry import Registry  # noqa: PLC0415 - tasks are imported at the first call
            from mindfleet.settings import load  # noqa: PLC0415 - settings are read at the first call

            settings = self._given_settings or load()
            tasks = self._given_tasks if self._given_tasks is not None else Registry.load(settings.tasks)
            self._read = _Fleet(settings, tasks)
        return self._read

    @property
    def _desk(self) -> Desk:
        door, queue = self._door, self._fleet.settings.queue
        limit = queue.enqueue_timeout.total_seconds()
        return Desk(redis=door.redis, room=door.room, encode=self.encode, limit=limit, results=queue.results)

    @property
    def _door(self) -> Door:
        loop = asyncio.get_running_loop()
        if loop not in self._doors:
            url = self._url or self._fleet.settings.redis.url.get_secret_value()
            limits: dict[str, Any] = {"socket_timeout": self._patience, "health_check_interval": 15}
            redis = leaving_replicas(Redis.from_url(url, socket_keepalive=True, **limits))
            queue = self._fleet.settings.queue
            within, unconfirmed = queue.enqueue_timeout.total_seconds(), self._unconfirmed.of(loop)
            self._doors[loop] = Door(redis, queue.results, within, unconfirmed)
        return self._doors[loop]

    def _with_bot_name(self, task: AnyTask, payload: Mapping[str, Any]) -> dict[str, Any]:
        named = dict(payload)
        if "bot_name" not in task.payload.model_fields or named.keys() & {"bot_name", "character_name"}:
            return named
        bot_name = self._bot_name or self._fleet.settings.bot_name
        if not bot_name:
            raise InvalidJob(
                f"{task.name} needs a bot_name: pass it, or give the producer one by TaskQueue(bot_name=…) or BOT_NAME"
            )
        return {**named, "bot_name": bot_name}

    def _in_line(self, job: Job) -> Job:
        """A job of a channel comes after the one that this producer enqueued there before."""
        if not isinstance(job, OrderedJob) or job.after:
            return job
        before = self._lanes.get(job.lane)
        return job.model_copy(update={"after": before}) if before and before != job.step else job

    def _line_behind(self, job: OrderedJob) -> None:
        self._lanes.pop(job.lane, None)
        self._lanes[job.lane] = job.step
        while len(self._lanes) > LANES_REMEMBERED:
            self._lanes.pop(next(iter(self._lanes)))

    def _answering(self, doing: str) -> AbstractAsyncContextManager[None]:
        limit = self._fleet.settings.queue.enqueue_timeout.total_seconds()
        return answering(doing, limit, unknown="so the outcome is unknown; repeating it with the same _job_id is safe")


task_queue = TaskQueue()
"""The queue of the settings: `from mindfleet import task_queue`."""
