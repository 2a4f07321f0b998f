"""How jobs are put into the queues and worked off."""

from datetime import timedelta
from typing import Literal, cast

from pydantic import SecretStr, ValidationInfo, field_validator

from mindfleet.queues import PROMISES, Queue
from mindfleet.settings.section import Section, setting
from mindfleet.settings.values import Names, PositiveSeconds, Seconds

EACH_ITS_OWN = "each queue's own"

MONTH = timedelta(days=30)


class Producer(Section):
    """How jobs are put into the queues"""

    enqueue_timeout: PositiveSeconds = setting(
        "How long an enqueue may wait for Redis before it raises QueueUnavailable",
        side="client",
        default=timedelta(seconds=0.5),
    )
    serializer: Literal["json", "msgpack"] = setting(
        "How jobs and results are written; both are always read", side="both", default="json"
    )
    max_payload_bytes: int = setting(
        "The largest job that is accepted", side="both", unit="bytes", default=1_048_576, ge=1
    )
    results_kept: int = setting(
        "How many ends of jobs the fleet's stream of results keeps", side="both", default=10_000, ge=1
    )
    results_channel: str | None = setting(
        "The channel of Redis on which each of them is published too",
        side="both",
        default=None,
        default_in_words="none",
        pattern=r"^\S+$",
    )
    host: str | None = setting(
        "The host of Redis; this and the next three count only while REDIS_URL is not set",
        env="QUEUE_HOST",
        side="both",
        default=None,
        pattern=r"^[^\s/@]+$",
    )
    port: int | None = setting("The port of QUEUE_HOST", env="QUEUE_PORT", side="both", default=None, ge=1, le=65535)
    password: SecretStr | None = setting("The password of QUEUE_HOST", env="QUEUE_PASSWORD", side="both", default=None)
    db: int | None = setting("The number of the database there", env="QUEUE_DB", side="both", default=None, ge=0)

    @property
    def results(self) -> str:
        """What the scripts are told of the fleet's results: how many are kept, and the channel."""
        return f"{self.results_kept} {self.results_channel or ''}".rstrip()


class Ledger(Section):
    """What PostgreSQL keeps of jobs"""

    keep_ended: PositiveSeconds = setting(
        "How long jobs that ended, and what they sent, are remembered; without their payloads", default=MONTH
    )


class QueueWork(Section):
    """How one queue is worked off."""

    max_jobs: int = setting("How many jobs run at once", ge=1)
    job_timeout: PositiveSeconds = setting("How long a job may take; caps the time limit of every task on this queue")
    keep_result: Seconds = setting(
        "How long a result can be read, unless the task says otherwise", default=timedelta(hours=1)
    )
    drain: Seconds = setting(
        "How long running jobs may go on after SIGTERM before they are handed back", default=timedelta(seconds=30)
    )
    id: str | None = setting("Names the worker in logs", default=None, default_in_words="host and process id")


def _promised(queue: Queue) -> QueueWork:
    promise = PROMISES[queue]
    return QueueWork(max_jobs=promise.max_jobs, job_timeout=promise.job_timeout)


class Queues(Section):
    """Each queue"""

    cognition: QueueWork = _promised(Queue.COGNITION)
    sensory: QueueWork = _promised(Queue.SENSORY)
    action: QueueWork = _promised(Queue.ACTION)
    social: QueueWork = _promised(Queue.SOCIAL)

    def of(self, queue: Queue) -> QueueWork:
        work: QueueWork = getattr(self, queue.short)
        return work

    @field_validator("*", mode="before")
    @classmethod
    def _what_is_not_said_is_as_promised(cls, given: object, info: ValidationInfo) -> object:
        if not isinstance(given, dict):
            return given
        promise = PROMISES[Queue(f"arq:{info.field_name}")]
        said = cast("dict[str, object]", given)
        return {"max_jobs": promise.max_jobs, "job_timeout": promise.job_timeout, **said}


class Workers(Section):
    """All workers; a queue's own setting, such as MINDFLEET_QUEUES__SENSORY__MAX_JOBS, comes first"""

    id: str | None = setting(
        "Names the worker in logs", env="WORKER_ID", default=None, default_in_words="host and process id"
    )
    concurrency: int | None = setting(
        "How many jobs run at once on every queue that has no max_jobs of its own",
        env="WORKER_CONCURRENCY",
        default=None,
        default_in_words=EACH_ITS_OWN,
        ge=1,
    )
    job_timeout: PositiveSeconds | None = setting(
        "How long a job may take", default=None, default_in_words=EACH_ITS_OWN
    )
    keep_result: Seconds | None = setting(
        "How long a result can be read, unless the task says otherwise", default=None, default_in_words=EACH_ITS_OWN
    )
    drain: Seconds | None = setting(
        "How long running jobs may go on after SIGTERM before they are handed back",
        default=None,
        default_in_words=EACH_ITS_OWN,
    )


class Parked(Section):
    """Jobs that failed for good"""

    keep: Seconds = setting("How long they are kept; 0: for ever", default=timedelta(days=90))
    hooks: Names = setting(
        "What is called with each of them: module:function, separated by commas, each `async def hook(job)`", default=()
    )


class Health(Section):
    """How each worker process tells of its health, over HTTP"""

    port: int = setting(
        "The port of `/livez`, `/readyz` and `/health`; 0: one that is free, told by `./bot.sh ps`",
        env="HEALTH_PORT",
        default=0,
        ge=0,
        le=65535,
    )
    host: str = setting(
        "The address that it listens on; 0.0.0.0 where what asks is on another machine, or outside of the container",
        env="HEALTH_HOST",
        default="127.0.0.1",
        pattern=r"^[^\s/@]+$",
    )
    loop_patience: PositiveSeconds = setting(
        "How long the event loop may stand still before `/livez` fails", default=timedelta(seconds=5)
    )
    claim_patience: PositiveSeconds = setting(
        "How long jobs may be ready and slots free without any being claimed before `/livez` fails",
        default=timedelta(seconds=30),
    )


OF_EVERY_QUEUE: dict[str, str] = {
    "id": "id",
    "concurrency": "max_jobs",
    "job_timeout": "job_timeout",
    "keep_result": "keep_result",
    "drain": "drain",
}
"""Which setting of `workers` stands for which one of each queue."""
