"""What arq's functions are run by: the worker's settings, and one job on its way through."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

from arq.constants import default_queue_name
from arq.cron import CronJob
from arq.jobs import Deserializer, Serializer
from arq.utils import timestamp_ms
from arq.worker import Function

from mindfleet.runtime.claims import Claim

Hook = Callable[[dict[str, Any]], Awaitable[Any]]


class Tally(Protocol):
    """What arq's worker counts."""

    jobs_complete: int
    jobs_failed: int
    jobs_retried: int


@dataclass(frozen=True, kw_only=True)
class Ways:
    """How jobs are run unless their function says otherwise; arq's arguments."""

    functions: Mapping[str, Function | CronJob]
    context: dict[str, Any]
    queue: str = default_queue_name
    timeout: float | None
    """Seconds; None: without end."""

    keep_result: float
    keep_result_forever: bool
    max_tries: int
    retries: Callable[[], bool]
    log_results: bool
    serializer: Serializer | None
    deserializer: Deserializer | None
    on_job_start: Hook | None
    on_job_end: Hook | None
    after_job_end: Hook | None
    aborted: Callable[[str, int], bool]
    """Whether a job of that id, enqueued at that time (ms), was aborted."""


@dataclass(kw_only=True)
class ArqJob:
    """One job on its way through."""

    claim: Claim
    function: str = "<unknown>"
    args: tuple[Any, ...] = ()
    kwargs: dict[str, Any] = field(default_factory=dict[str, Any])
    tries: int = 1
    enqueued: int = 0
    """ms."""

    began: int = field(default_factory=timestamp_ms)
    shown: str = ""
    """Its result, for the log."""

    details: Any = None
    """What its error says beside its text, for the log."""

    is_cron: bool = False

    @property
    def ref(self) -> str:
        """How the log calls it."""
        return self.function if self.is_cron else f"{self.claim.job_id}:{self.function}"

    @property
    def age(self) -> float:
        """Seconds since it was enqueued."""
        return (timestamp_ms() - self.enqueued) / 1000

    @property
    def lasted(self) -> float:
        """Seconds since it began."""
        return (timestamp_ms() - self.began) / 1000


class Over(Exception):
    """The job ends before its function is called."""

    def __init__(self, reason: BaseException, said: str, function: Function | CronJob | None = None) -> None:
        super().__init__(said)
        self.reason = reason
        self.function = function
