"""One attempt at a job: what its envelope says, read without trusting it."""

from base64 import b64encode
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from time import monotonic, time
from typing import Any, cast

from mindfleet.current_job import Origin
from mindfleet.queues import Queue
from mindfleet.registry import Registry
from mindfleet.runtime.held import Held
from mindfleet.wire import Envelope, Unreadable, decode

STALE = "if the code has it, this worker is older than that: ./bot.sh restart workers, then replay the job"


@dataclass(kw_only=True, slots=True, eq=False)
class Attempt:
    """One claim, read."""

    held: Held
    queue: Queue
    task: str
    """`unreadable` when even that is not known."""

    arguments: dict[str, Any]
    """The payload; of what cannot be read `{"raw": base64}`."""

    enqueued: int | None
    """ms since 1970."""

    call: str = ""
    """Which enqueueing it comes from."""

    origin: Origin | None = None
    """Of a replay: what it is one of."""

    later: tuple[dict[str, Any], ...] = ()
    """Payloads that were merged into this one while it waited."""

    trouble: str = ""
    """Why it cannot be run."""

    worth: timedelta | None = None
    """How long after it is due its task is worth starting, where no producer of ours said so."""

    was_performed: bool = False
    """Whether its task was run, so that this must not be done again for the sake of what came after."""

    began: float = field(default_factory=monotonic)
    began_ms: int = field(default_factory=lambda: int(time() * 1000))

    @property
    def job_id(self) -> str:
        return self.held.claim.job_id

    @property
    def enqueued_at(self) -> datetime | None:
        """None where that is not known, or no date."""
        try:
            return datetime.fromtimestamp(self.enqueued / 1000, UTC) if self.enqueued else None
        except (ValueError, OverflowError, OSError):
            return None

    @property
    def start(self) -> int:
        """The number of this start, counted from the first of what it is a replay of."""
        return self.held.claim.start + (self.origin.starts if self.origin else 0)

    @property
    def effects_of(self) -> tuple[str, str]:
        """Under which names its effects are: of a job, and of the call that enqueued it."""
        return self.origin[:2] if self.origin else (self.job_id, self.call)

    @property
    def is_late(self) -> bool:
        """Whether its deadline has passed."""
        deadline = self.held.claim.deadline
        if deadline is None and self.worth is not None:
            deadline = self.held.claim.due + int(self.worth.total_seconds() * 1000)
        return deadline is not None and self.began_ms > deadline


def read_attempt(held: Held, queue: Queue, tasks: Registry) -> Attempt:
    """Read the envelope of a claim; what is wrong with it is in `trouble`."""
    claim = held.claim
    if not claim.data:
        trouble = "its payload expired in Redis before a worker came to it"
        return Attempt(held=held, queue=queue, task="expired", arguments={}, enqueued=None, trouble=trouble)
    try:
        envelope = decode(claim.data)
        later = tuple(_payload(decode(data)) for data in claim.merged)
    except Unreadable as error:
        return _unreadable(held, queue, str(error))
    name, positional, arguments = str(envelope.get("f")), envelope.get("a"), _payload(envelope)
    enqueued, trouble = envelope.get("et"), ""
    if not isinstance(envelope.get("k") or {}, dict):
        trouble = "its payload is no map of fields"
    elif name not in tasks:
        trouble = f"no task is called {name!r} here; {STALE}"
    elif positional:
        trouble = "payload fields are keyword arguments, but this job has positional ones"
        arguments["positional"] = positional
    return Attempt(
        held=held,
        queue=queue,
        task=name,
        arguments=arguments,
        enqueued=enqueued if isinstance(enqueued, int) else None,
        call=str(envelope.get("n") or envelope.get("et") or ""),
        origin=_origin(envelope.get("o")),
        later=later,
        worth=tasks[name].expires if name in tasks else None,
        trouble=trouble,
    )


def _unreadable(held: Held, queue: Queue, trouble: str) -> Attempt:
    raw, *later = ({"raw": b64encode(data).decode()} for data in (held.claim.data, *held.claim.merged))
    return Attempt(
        held=held, queue=queue, task="unreadable", arguments=raw, later=tuple(later), enqueued=None, trouble=trouble
    )


def _origin(told: object) -> Origin | None:
    match told:
        case [str(job_id), str(call), int(starts)]:
            return Origin(job_id, call, starts)
        case _:
            return None


def _payload(envelope: Envelope) -> dict[str, Any]:
    fields: object = envelope.get("k") or {}
    return dict(cast("dict[str, Any]", fields)) if isinstance(fields, dict) else {"payload": fields}
