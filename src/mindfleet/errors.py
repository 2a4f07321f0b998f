"""All that Mindfleet raises on purpose.

MindfleetError
├── InvalidJob             what was asked for cannot be done: unknown task, bad argument, too large
├── QueueUnavailable       Redis did not take the job, or did not say so in time
│   └── PartlyEnqueued     of many jobs it took some
├── LedgerBehind           Redis has the job, PostgreSQL not yet
├── ExtraMissing           this needs an extra that is not installed
├── SettingsInvalid        the settings contradict themselves or the schema
│   └── StoreUnnamed       no setting names a store, and no embedded stack runs
├── DimensionMismatch      the vectors of a collection were made by another embedder
├── LeaseLost              somebody else has the job by now: what this worker does to it does not count
├── GiveUp                 verdict of a task: running it again cannot help, park it
│   ├── ModelRefused       the endpoint rejects the request itself
│   └── ModelAnswerInvalid the answer and its repair do not fill the schema
├── Postpone               verdict of a task: the world is not ready, run it again, no attempt is lost
│   └── OnHold             a model may not be called now: limit, pause, breaker or budget
└── Transient              it may work next time
    ├── ModelUnavailable   the model endpoint is away, overloaded or limits us
    └── StoreUnavailable   a store is away
"""

from collections.abc import Sequence
from datetime import timedelta


class MindfleetError(Exception):
    """Root of everything that Mindfleet raises on purpose."""


class InvalidJob(MindfleetError, ValueError):
    """What was asked for cannot be done; nothing was enqueued."""


class QueueUnavailable(MindfleetError, ConnectionError):
    """Redis did not take the job, or did not answer in time.

    After a time-out the outcome is unknown; enqueueing again with the same `_job_id` is safe.
    """


class PartlyEnqueued(QueueUnavailable):
    """Of many jobs that were to be enqueued, Redis took the first, and then failed."""

    def __init__(self, why: str, *, accepted: Sequence[str], unknown: int, unsent: int) -> None:
        """Say where it stopped.

        Args:
            why: what Redis said, or did not.
            accepted: the receipts of the first jobs, in their order: these are queued and need nothing more.
            unknown: so many jobs after those were sent, and whether Redis took them is not known.
            unsent: so many jobs after those were not sent.
        """
        first = len(accepted)
        super().__init__(
            f"{why}; the first {first} of {first + unknown + unsent} jobs are queued, whether the {unknown} after "
            f"them are is not known, and {unsent} were not sent: enqueue the same entrants again from number {first} "
            "on, which is safe"
        )
        self.accepted = accepted
        self.unknown = unknown
        self.unsent = unsent


class LedgerBehind(MindfleetError, TimeoutError):
    """Redis has the job and will run it; PostgreSQL had not heard of it in time."""

    def __init__(self, job_id: str, seconds: float) -> None:
        super().__init__(
            f"job {job_id} is queued in Redis, but the ledger in PostgreSQL has not had it within {seconds:g} s: "
            "does a worker run, and does PostgreSQL answer? Enqueueing it again is not needed"
        )
        self.job_id = job_id


class ExtraMissing(MindfleetError, ImportError):
    """A part of Mindfleet was used whose dependencies are not installed."""


class SettingsInvalid(MindfleetError, ValueError):
    """Every error of the settings at once, one a line."""


class StoreUnnamed(SettingsInvalid):
    """No setting names a store that is needed, and no embedded stack runs."""

    def __init__(self, name: str) -> None:
        super().__init__(
            f"{name} is not set and no embedded stack is running: set {name}, or run `./bot.sh start stack`"
        )
        self.name = name
        """Of the setting."""


class DimensionMismatch(MindfleetError):
    """The vectors of a collection were made by another embedder; they cannot be compared with ours."""


class LeaseLost(MindfleetError):
    """Somebody else has the job by now; nothing was changed, and nothing this worker does to it counts."""


class GiveUp(MindfleetError):
    """Running the job again cannot help: park it for a person."""


class Postpone(MindfleetError):
    """The world is not ready: run the job again after a while, without losing an attempt."""

    def __init__(self, reason: str, *, after: timedelta) -> None:
        super().__init__(reason)
        self.after = after


class OnHold(Postpone):
    """A model may not be called now: a limit is reached, the provider asked for a pause, or a budget is spent."""

    def __init__(self, reason: str, *, after: timedelta, gate: str) -> None:
        """Say what is waited for.

        Args:
            reason: for the log.
            after: when to try again at the latest.
            gate: what is closed, such as `hold:openai/gpt-x`; whoever opens it says its name on a channel.
        """
        super().__init__(reason, after=after)
        self.gate = gate


class Transient(MindfleetError):
    """It may work next time."""


class ModelUnavailable(Transient):
    """The model endpoint is away, overloaded or limits us."""

    def __init__(self, reason: str, *, retry_after: timedelta | None = None) -> None:
        super().__init__(reason)
        self.retry_after = retry_after


class StoreUnavailable(Transient):
    """A store is away."""


class ModelRefused(GiveUp):
    """The endpoint rejects the request itself: key, model name or size."""


class ModelAnswerInvalid(GiveUp):
    """The answer, and the answer to the repair request, do not fill the schema."""
