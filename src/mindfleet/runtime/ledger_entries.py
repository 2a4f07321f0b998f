"""The ledger's stream in Redis, read as events."""

import logging
from collections.abc import Callable, Iterable, Mapping, Sequence

from mindfleet.ports.ledger import Again, Ended, Event, Merged, Queued

STREAM = "mindfleet:ledger"
WATERMARK = "mindfleet:ledger:watermark"
"""Up to which entry PostgreSQL has the stream; also the channel on which every move of it is told."""

BEGINNING = "0-0"

Fields = Mapping[bytes, bytes]
Entry = tuple[bytes, Fields]

FLOOR = b"floor"
"""The kind of an entry that tells of no job: those after it have greater ids than all that PostgreSQL has."""

COUNT_BITS = 20
"""Of an entry's number; what a millisecond cannot hold goes into the next one, so that order is kept."""

BIGINT = 1 << 63
INTEGER = 1 << 31

logger = logging.getLogger(__name__)


def entry_number(entry_id: bytes | str) -> int:
    """An id of the stream (`ms-count`) as one number of the same order."""
    ms, _, number = (entry_id if isinstance(entry_id, bytes) else entry_id.encode()).partition(b"-")
    return (int(ms) << COUNT_BITS) + int(number or 0)


def entry_id(number: int) -> str:
    """The id that has that number."""
    return f"{number >> COUNT_BITS}-{number & ((1 << COUNT_BITS) - 1)}"


def made(entries: Iterable[Entry]) -> int | None:
    """When the first of them was made that tells of a job, ms; the id of a floor is no time."""
    return next((int(its_id.partition(b"-")[0]) for its_id, fields in entries if fields.get(b"e") != FLOOR), None)


def events_of(entries: Iterable[Entry]) -> list[Event]:
    """What the entries say; those of a kind that this version does not know are passed over."""
    events: list[Event] = []
    for its_id, fields in entries:
        kind = fields.get(b"e", b"")
        if kind in _READ:
            events += _READ[kind](entry_number(its_id), fields)
        elif kind != FLOOR:
            logger.warning("the ledger's stream has an entry that this version cannot read: %s", text(kind))
    return events


def text(raw: bytes) -> str:
    """As PostgreSQL can hold it."""
    return raw.decode("utf-8", "replace").replace("\x00", "\ufffd")


def _queued(entry: int, fields: Fields) -> list[Event]:
    get = fields.get
    queued = Queued(
        entry=entry,
        id=text(get(b"id", b"")),
        queue=text(get(b"queue", b"")),
        task=text(get(b"task", b"")),
        bot_name=text(get(b"bot", b"")),
        user_id=text(get(b"user", b"")),
        priority=_number(get(b"prio"), INTEGER),
        lane=text(get(b"lane", b"")),
        gates=text(get(b"gates", b"")),
        due=_number(get(b"due")),
        seq=_number(get(b"seq")),
        deadline=_number(get(b"deadline")),
        name=text(get(b"name", b"")),
        unique=text(get(b"unique", b"")),
        merge=text(get(b"merge", b"")),
        envelope=get(b"job", b""),
        supersede=get(b"supersede") == b"1",
    )
    return [queued]


def _merged(entry: int, fields: Fields) -> list[Event]:
    return [Merged(entry, text(fields.get(b"id", b"")), fields.get(b"job", b""))]


def _again(entry: int, fields: Fields) -> list[Event]:
    fails = _number(fields.get(b"fails"), INTEGER) or 0
    return [Again(entry, text(fields.get(b"id", b"")), fails, _number(fields.get(b"due")))]


def _ended(entry: int, fields: Fields) -> list[Event]:
    """One entry tells of all jobs that one script ended: `id:<id>` and the outcome."""
    return [
        Ended(entry, text(name.removeprefix(b"id:")), text(outcome))
        for name, outcome in fields.items()
        if name.startswith(b"id:")
    ]


_READ: Mapping[bytes, Callable[[int, Fields], Sequence[Event]]] = {
    b"queued": _queued,
    b"merged": _merged,
    b"again": _again,
    b"ended": _ended,
}


def _number(raw: bytes | None, limit: int = BIGINT) -> int | None:
    """None for what is no number, or too large for its column."""
    try:
        number = round(float(raw or b"")) if not (raw or b"").lstrip(b"-").isdigit() else int(raw or b"")
    except (ValueError, OverflowError):
        return None
    return number if -limit <= number < limit else None
