"""The ledger's stream in Redis, read as events."""

import logging
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import lru_cache

from redis.asyncio import Redis

from mindfleet.lua import plain
from mindfleet.ports.ledger import Again, Ended, Event, Merged, Queued

STREAM = "mindfleet:ledger"
WATERMARK = "mindfleet:ledger:watermark"
"""Up to which entry PostgreSQL has the stream; also the channel on which every move of it is told."""

BEGINNING = "0-0"

Words = Sequence[bytes]
"""The fields of an entry, each followed by its value; the first is `e`, its kind."""

Entry = tuple[bytes, Words]

QUEUED = [
    *(b"e", b"id", b"queue", b"task", b"bot", b"user", b"prio", b"lane", b"gates", b"due", b"seq", b"deadline"),
    *(b"name", b"unique", b"merge", b"supersede", b"job"),
]
"""The fields of a job that was accepted, as `entering.lua` has them."""

FLOOR = b"floor"
"""The kind of an entry that tells of no job: those after it have greater ids than all that PostgreSQL has."""

WORK_OF_A_JOB = 2
"""That was accepted: to write it takes so many times as long as to write its end."""

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


async def read(redis: Redis, since: str = "-", *, count: int) -> Sequence[Entry]:
    """The oldest entries of the stream.

    Args:
        redis: with bytes as answers.
        since: an id, or `(` and an id to leave out that one.
        count: at most so many.
    """
    entries: Sequence[Entry] = await plain(redis, "XRANGE", STREAM, since, "+", "COUNT", count)
    return entries


def made(entries: Iterable[Entry]) -> int | None:
    """When the first of them was made that tells of a job, ms; the id of a floor is no time."""
    return next((int(its_id.partition(b"-")[0]) for its_id, words in entries if words[1] != FLOOR), None)


def work_of(entry: Entry) -> int:
    """What it takes to write it, in ends of jobs; one entry may tell of a thousand."""
    _, words = entry
    return len(words) // 2 - 1 if words[1] == b"ended" else WORK_OF_A_JOB


def events_of(entries: Iterable[Entry]) -> list[Event]:
    """What the entries say; those of a kind that this version does not know are passed over."""
    events: list[Event] = []
    for its_id, words in entries:
        kind = words[1]
        if kind in _READ:
            events += _READ[kind](entry_number(its_id), words)
        elif kind != FLOOR:
            logger.warning("the ledger's stream has an entry that this version cannot read: %s", text(kind))
    return events


def text(raw: bytes) -> str:
    """As PostgreSQL can hold it."""
    return raw.decode("utf-8", "replace").replace("\x00", "\ufffd")


_word = lru_cache(4096)(text)
"""The same, of what many jobs have in common."""


def _queued(entry: int, words: Words) -> list[Event]:
    values = words[1::2]
    if words[::2] != QUEUED:  # it comes from another version
        told = _told(words)
        values = [told.get(field, b"") for field in QUEUED]
    _, its, queue, task, bot, user, prio, lane, gates, due, seq, deadline, name, unique, merge, supersede, job = values
    queued = Queued(
        entry=entry,
        id=text(its),
        queue=_word(queue),
        task=_word(task),
        bot_name=_word(bot),
        user_id=_word(user),
        priority=_number(prio, INTEGER),
        lane=_word(lane),
        gates=_word(gates),
        due=_number(due),
        seq=_number(seq),
        deadline=_number(deadline),
        name=text(name),
        unique=_word(unique),
        merge=_word(merge),
        envelope=job,
        supersede=supersede == b"1",
    )
    return [queued]


def _merged(entry: int, words: Words) -> list[Event]:
    told = _told(words)
    return [Merged(entry, text(told.get(b"id", b"")), told.get(b"job", b""))]


def _again(entry: int, words: Words) -> list[Event]:
    told = _told(words)
    fails = _number(told.get(b"fails", b""), INTEGER) or 0
    return [Again(entry, text(told.get(b"id", b"")), fails, _number(told.get(b"due", b"")))]


def _ended(entry: int, words: Words) -> list[Event]:
    """One entry tells of all jobs that one script ended: `id:<id>` and the outcome."""
    told = zip(words[2::2], words[3::2], strict=True)
    return [Ended(entry, text(field[3:]), _word(outcome)) for field, outcome in told if field.startswith(b"id:")]


_READ: Mapping[bytes, Callable[[int, Words], list[Event]]] = {
    b"queued": _queued,
    b"merged": _merged,
    b"again": _again,
    b"ended": _ended,
}


def _told(words: Words) -> Mapping[bytes, bytes]:
    return dict(zip(words[::2], words[1::2], strict=True))


def _number(raw: bytes, limit: int = BIGINT) -> int | None:
    """None for what is no number, or too large for its column."""
    if not raw:
        return None
    try:
        number = int(raw) if raw.isdigit() or raw.lstrip(b"-").isdigit() else round(float(raw))
    except (ValueError, OverflowError):
        return None
    return number if -limit <= number < limit else None
