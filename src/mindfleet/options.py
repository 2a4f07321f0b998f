"""What a producer says of a job beside its payload: when it is due, what it is called, and on which queue it runs.

Each function takes whatever was passed, for a bot need not be checked by mypy, and refuses what it cannot be.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

from mindfleet.current_job import Origin
from mindfleet.errors import InvalidJob
from mindfleet.queues import Queue

Delay = float | int | timedelta
"""Seconds, or a timedelta."""

OPTIONS = ("_defer_by", "_defer_until", "_job_id", "_queue_name", "_priority", "_expires", "_durable")

HIGHEST_PRIORITY = 10

MAX_ID_LENGTH = 500

SHOWN = 60
"""Characters of a wrong value that a refusal repeats."""


@dataclass(frozen=True, kw_only=True)
class Said:
    """What is said of one job; None is as its task and payload say."""

    queue: Queue | None = None
    due: datetime | None = None
    """Not before; None is at once."""

    job_id: str | None = None
    priority: int | None = None
    expires: timedelta | None = None
    """How long after it is due it is still worth starting."""

    supersede: bool = True
    """Whether it may take the place of another one, if its task says so."""

    origin: Origin | None = None
    """Of a replay: what it is one of."""


def due(by: object, until: object) -> datetime | None:
    """When the job may run at the earliest; None is at once.

    Raises:
        InvalidJob: both were given, or one that is no delay and no aware time.
    """
    if by is not None and until is not None:
        raise InvalidJob("give _defer_by or _defer_until, not both")
    if by is not None:
        return _from_now(by)
    return _instant(until) if until is not None else None


def job_id(given: object) -> str | None:
    """The id that the producer gave, if it did.

    Raises:
        InvalidJob: it is no text, empty, too long, no Unicode, or with a NUL, which PostgreSQL cannot keep.
    """
    if given is None:
        return None
    if not isinstance(given, str) or not 0 < len(given) <= MAX_ID_LENGTH or not _is_unicode(given) or "\0" in given:
        raise InvalidJob(f"_job_id is a text of 1 to {MAX_ID_LENGTH} characters without NUL, not {_shown(given)}")
    return given


def known_id(given: str) -> str:
    """The id of a job, whoever named it.

    Raises:
        InvalidJob: it is no text, empty (as that of a receipt whose feature is off), or no Unicode.
    """
    if not isinstance(given, str) or not given or not _is_unicode(given):  # pyright: ignore[reportUnnecessaryIsInstance]
        raise InvalidJob(f"{_shown(given)} is no id of a job")
    return given


def queue(name: object) -> Queue:
    """The queue of that name.

    Raises:
        InvalidJob: there is none.
    """
    try:
        return Queue(str(name))
    except ValueError:
        raise InvalidJob(f"there is no queue {_shown(name)}; there are {', '.join(Queue)}") from None


def priority(given: object) -> int | None:
    """The priority that the producer gave, if it did.

    Raises:
        InvalidJob: it is no whole number from 0 to 10.
    """
    if given is None:
        return None
    if isinstance(given, bool) or not isinstance(given, int) or not 0 <= given <= HIGHEST_PRIORITY:
        raise InvalidJob(f"_priority is a whole number from 0 to {HIGHEST_PRIORITY}, not {_shown(given)}")
    return given


def expires(given: object) -> timedelta | None:
    """How long after it is due the job is still worth starting.

    Raises:
        InvalidJob: it is no delay longer than zero.
    """
    if given is None:
        return None
    try:
        span = given if isinstance(given, timedelta) else timedelta(seconds=_seconds(given))
    except (TypeError, ValueError, OverflowError):
        raise InvalidJob(f"_expires is a number of seconds or a timedelta, not {_shown(given)}") from None
    if span <= timedelta():
        raise InvalidJob(f"_expires={given} leaves no time to start")
    return span


def _from_now(by: object) -> datetime:
    try:
        delay = by if isinstance(by, timedelta) else timedelta(seconds=_seconds(by))
        moment = datetime.now().astimezone() + delay
    except (TypeError, ValueError, OverflowError):
        raise InvalidJob(f"_defer_by is a number of seconds or a timedelta, not {_shown(by)}") from None
    if delay < timedelta():
        raise InvalidJob(f"_defer_by={by} lies in the past")
    return moment


def _seconds(by: object) -> float:
    if isinstance(by, bool) or not isinstance(by, int | float):
        raise TypeError
    return by


def _instant(until: object) -> datetime:
    if not isinstance(until, datetime):
        raise InvalidJob(f"_defer_until is an aware datetime, not {_shown(until)}")
    if until.tzinfo is None:
        raise InvalidJob(f"_defer_until={until.isoformat()} has no time zone: use an aware datetime")
    return until


def _is_unicode(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def _shown(value: object) -> str:
    text = ascii(value)
    return text if len(text) <= SHOWN else f"{text[:SHOWN]}…"
