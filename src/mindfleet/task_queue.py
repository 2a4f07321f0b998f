"""The facade: what a bot calls, in under a millisecond, to give the fleet something to think about."""

import asyncio
from collections.abc import AsyncGenerator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime
from difflib import get_close_matches
from importlib.resources import files
from time import time
from typing import TYPE_CHECKING, Any, ClassVar, Self, cast
from uuid import UUID, uuid4
from weakref import WeakKeyDictionary

from arq.connections import RedisSettings
from pydantic import ValidationError
from pydantic_core import ErrorDetails
from redis.asyncio import Redis
from redis.commands.core import AsyncScript
from redis.exceptions import RedisError

from mindfleet import options
from mindfleet.enqueue_methods import EnqueueMethods
from mindfleet.errors import InvalidJob, QueueUnavailable
from mindfleet.job import Job, OrderedJob, is_hidden
from mindfleet.jobs import JobHandle
from mindfleet.options import Delay
from mindfleet.queues import Queue
from mindfleet.receipt import Receipt
from mindfleet.task import AnyTask
from mindfleet.wire import ENCODERS, Envelope

if TYPE_CHECKING:
    from mindfleet.registry import Registry
    from mindfleet.settings import Settings

ENQUEUE = files("mindfleet").joinpath("enqueue.lua").read_text(encoding="utf-8")

LANES_REMEMBERED = 10_000
"""Channels whose last job a producer knows; in one that it forgot, order is left to chance."""


@dataclass(frozen=True)
class _Fleet:
    """What is read once, at the first call: the settings and the tasks that they name."""

    settings: "Settings"
    tasks: "Registry"


class TaskQueue(EnqueueMethods):
    """Gives jobs to the fleet.

    Usable from several event loops: each has its own connections.

    Args:
        url: of Redis; by default as the settings say.
        bot_name: written into every payload that names no bot; by default `BOT_NAME`.
        settings: by default read from the environment at the first call.
        tasks: what can be enqueued; by default the packages that the settings name.
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
    ) -> None:
        self._url = url
        self._bot_name = bot_name
        self._given_settings = settings
        self._given_tasks = tasks
        self._read: _Fleet | None = None
        self._lanes: dict[tuple[str, str], UUID | None] = {}
        self._connections: WeakKeyDictionary[asyncio.AbstractEventLoop, tuple[Redis, AsyncScript]] = WeakKeyDictionary()

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
        """Close the connections of the running event loop; the next call opens new ones."""
        connection = self._connections.pop(asyncio.get_running_loop(), None)
        if connection:
            await connection[0].aclose()

    async def enqueue(
        self,
        task_name: str,
        *,
        _defer_by: Delay | None = None,
        _defer_until: datetime | None = None,
        _job_id: str | None = None,
        _queue_name: str | None = None,
        **payload: Any,  # noqa: ANN401 - checked against the task's payload
    ) -> Receipt:
        """Give the fleet one job; it is validated before Redis is touched.

        Args:
            task_name: for example `run_summarization`.
            _defer_by: run it not before so many seconds (or a timedelta) from now.
            _defer_until: run it not before this instant; aware.
            _job_id: names the job; while one of this name waits or runs, another is a duplicate.
            _queue_name: one of `QUEUE_*`, instead of the task's own.
            **payload: the fields of the task's payload.

        Raises:
            InvalidJob: unknown task or queue, unknown, missing or bad argument, too large, naive time.
            QueueUnavailable: Redis is away; or it did not answer in time and the outcome is unknown:
                repeating the call with the same `_job_id` is safe.
        """
        fleet = self._fleet
        task = fleet.tasks.named(task_name)
        queue = options.queue(_queue_name) if _queue_name is not None else task.queue
        due, job_id = options.due(_defer_by, _defer_until), options.job_id(_job_id)
        job = self._in_line(_validated(task, self._with_bot_name(task, payload)))
        receipt = await self.put(job, queue=queue, due=due, job_id=job_id)
        if isinstance(job, OrderedJob) and job.step:
            self._line_behind(job)
        return receipt

    async def put(
        self, job: Job, *, queue: Queue | None = None, due: datetime | None = None, job_id: str | None = None
    ) -> Receipt:
        """Enqueue a payload that is already made; workers put follow-ups so."""
        fleet = self._fleet
        task = fleet.tasks.of(job)
        if task.feature and not getattr(fleet.settings.features, task.feature):
            return Receipt("", "disabled", f"{task.name} is switched off by ENABLE_{task.feature.upper()}")
        key = job.key()
        job_id = job_id or (f"{task.name}:{key}" if key else uuid4().hex)
        added = await self._add(task, job, queue or task.queue, due, job_id)
        return Receipt(job_id, "queued" if added else "duplicate")

    def job(self, job_id: str) -> JobHandle:
        """One job: its status, result and progress, and how to cancel it."""
        return JobHandle(job_id, self.redis)

    async def wait(self, job_id: str, timeout: float = 30) -> Any:  # noqa: ANN401, ASYNC109 - each task has its own result
        """The result of a job, as soon as there is one; see `JobHandle.wait`."""
        return await self.job(job_id).wait(timeout)

    @classmethod
    def get_redis_settings(cls) -> RedisSettings:
        """What an arq worker or producer needs to reach the same Redis."""
        from mindfleet.settings import load  # noqa: PLC0415 - settings are read at the first call

        return RedisSettings.from_dsn(load().redis.url.get_secret_value())

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
    def redis(self) -> Redis:
        """The connections of the running event loop."""
        return self._connection[0]

    @property
    def _connection(self) -> tuple[Redis, AsyncScript]:
        loop = asyncio.get_running_loop()
        if loop not in self._connections:
            url = self._url or self._fleet.settings.redis.url.get_secret_value()
            redis = Redis.from_url(url, socket_keepalive=True, health_check_interval=15)
            self._connections[loop] = (redis, redis.register_script(ENQUEUE))
        return self._connections[loop]

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

    async def _add(self, task: AnyTask, job: Job, queue: Queue, due: datetime | None, job_id: str) -> bool:
        settings = self._fleet.settings
        now = int(time() * 1000)
        envelope: Envelope = {"t": None, "f": task.name, "a": [], "k": _fields(job), "et": now, "n": uuid4().hex}
        data = ENCODERS[settings.queue.serializer](envelope)
        if len(data) > settings.queue.max_payload_bytes:
            raise InvalidJob(
                f"the payload of {task.name} has {len(data)} bytes, the limit is {settings.queue.max_payload_bytes}: "
                "send ids instead of texts, or raise MINDFLEET_QUEUE__MAX_PAYLOAD_BYTES"
            )
        score = int(due.timestamp() * 1000) if due else now
        keys = (f"arq:job:{job_id}", f"arq:result:{job_id}", queue.value)
        async with self._answering(f"enqueue {job_id}"):
            added = cast("int", await self._connection[1](keys=keys, args=(data, score, job_id)))
            return added == 1

    @asynccontextmanager
    async def _answering(self, doing: str) -> AsyncGenerator[None]:
        """Bounds the time that a call may take, and says what a failure means."""
        limit = self._fleet.settings.queue.enqueue_timeout.total_seconds()
        try:
            async with asyncio.timeout(limit):
                yield
        except TimeoutError as error:
            raise QueueUnavailable(
                f"{doing}: Redis did not answer within {limit:g} s, so the outcome is unknown; "
                "repeating it with the same _job_id is safe"
            ) from error
        except (RedisError, OSError) as error:
            raise QueueUnavailable(
                f"{doing}: Redis is away ({error}): start it, for one by `./bot.sh start stack`, or set REDIS_URL"
            ) from error


def _fields(job: Job) -> dict[str, Any]:
    fields = job.model_dump(mode="json", exclude_none=True)
    return fields if job.version == 1 else {**fields, "_v": job.version}


def _validated(task: AnyTask, payload: Mapping[str, Any]) -> Job:
    try:
        job: Job = task.payload.model_validate(payload)
    except ValidationError as error:
        known = [name for name, field in task.payload.model_fields.items() if not is_hidden(field)]
        problems = "; ".join(_told(problem, known) for problem in error.errors())
        raise InvalidJob(f"{task.name}: {problems} (it takes {', '.join(known)})") from error
    return job


def _told(problem: ErrorDetails, known: Sequence[str]) -> str:
    """One problem of a payload; of a misspelt argument it names the nearest that there is."""
    where = ".".join(map(str, problem["loc"]))
    text = problem["msg"].removeprefix("Value error, ")
    if problem["type"] == "extra_forbidden":
        near = get_close_matches(where, [*known, *options.OPTIONS], n=1)
        text = f"there is no such argument; did you mean {near[0]}?" if near else "there is no such argument"
    return f"{where}: {text}" if where else text


task_queue = TaskQueue()
"""The queue of the settings: `from mindfleet import task_queue`."""
