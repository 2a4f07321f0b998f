"""Commands on streams; there are no consumer groups.

A trim with `~` removes as much as one with `=`: Redis may keep more, never less, than what is asked for.
"""

from bisect import bisect_left, bisect_right
from dataclasses import dataclass
from operator import itemgetter

from scripts.simulation.database import SYNTAX_ERROR, Database, command
from scripts.simulation.values import NotModelled, RedisError, Reply, Stream, StreamId, integer

_EMPTY = Stream()
_id = itemgetter(0)
_LAST = 2**64 - 1
_INVALID = "ERR Invalid stream ID specified as stream command argument"


def _of(database: Database, key: bytes) -> Stream:
    """The stream, or an empty one to read from."""
    return database.typed(key, Stream) or _EMPTY


@dataclass(slots=True)
class _Trim:
    """What to keep: so many entries, or those from an id on."""

    length: int | None = None
    first: StreamId | None = None


@command("XADD", 4, float("inf"))
def add(database: Database, arguments: list[bytes]) -> Reply:
    key, *rest = arguments
    makes = rest[0].upper() != b"NOMKSTREAM"
    trim, words = _read_trim(rest if makes else rest[1:])
    asked, *fields = words or [b""]
    of_id = _asked_id(asked)
    if not fields or len(fields) % 2:
        raise RedisError("ERR wrong number of arguments for 'xadd' command")
    old = database.typed(key, Stream)
    if old is None and not makes:
        return None
    entry = _next_id(_EMPTY if old is None else old, of_id, database.now_ms)
    stream = database.made(key, Stream)
    stream.entries.append((entry, fields))
    stream.last_id = entry
    _trim(stream, trim)
    return _written(entry)


def _read_trim(words: list[bytes]) -> tuple[_Trim, list[bytes]]:
    trim = _Trim()
    if not words or words[0].upper() not in (b"MAXLEN", b"MINID"):
        return trim, words
    strategy, *rest = words
    if len(rest) > 1 and rest[0] in (b"~", b"="):
        del rest[0]
    if not rest:
        raise RedisError(SYNTAX_ERROR)
    if strategy.upper() == b"MAXLEN":
        trim.length = integer(rest[0])
        if trim.length < 0:
            raise RedisError("ERR The MAXLEN argument must be >= 0.")
    else:
        trim.first = _parsed(rest[0], sequence=0)
    if rest[1:2] and rest[1].upper() == b"LIMIT":
        raise NotModelled("LIMIT of a trim")
    return trim, rest[1:]


def _trim(stream: Stream, trim: _Trim) -> int:
    doomed = 0
    if trim.length is not None:
        doomed = max(len(stream.entries) - trim.length, 0)
    elif trim.first is not None:
        doomed = bisect_left(stream.entries, trim.first, key=_id)
    if doomed:
        del stream.entries[:doomed]
    return doomed


def _asked_id(text: bytes) -> tuple[int | None, int | None]:
    """Milliseconds and sequence number, None for what Redis chooses."""
    if text == b"*":
        return None, None
    if text.endswith(b"-*"):
        return _natural(text[:-2]), None
    entry = _parsed(text, sequence=0)
    if entry == (0, 0):
        raise RedisError("ERR The ID specified in XADD must be greater than 0-0")
    return entry


def _next_id(stream: Stream, asked: tuple[int | None, int | None], now_ms: int) -> StreamId:
    last, (at, sequence) = stream.last_id, asked
    if at is None:
        return (now_ms, 0) if now_ms > last[0] else (last[0], last[1] + 1)
    if sequence is None:
        sequence = last[1] + 1 if at == last[0] else 0
    if (at, sequence) <= last:
        raise RedisError("ERR The ID specified in XADD is equal or smaller than the target stream top item")
    return at, sequence


def _parsed(text: bytes, *, sequence: int) -> StreamId:
    """An id; one without a sequence number gets the one given."""
    at, dash, number = text.partition(b"-")
    return _natural(at), _natural(number) if dash else sequence


def _natural(text: bytes) -> int:
    if not text.isdigit() or int(text) > _LAST:
        raise RedisError(_INVALID)
    return int(text)


def _written(entry: StreamId) -> bytes:
    return b"%d-%d" % entry


@command("XLEN", 1)
def length(database: Database, arguments: list[bytes]) -> Reply:
    return len(_of(database, arguments[0]))


@command("XRANGE", 3, 5)
def between(database: Database, arguments: list[bytes]) -> Reply:
    key, first, last, *words = arguments
    return _range(database, key, (first, last), words)


@command("XREVRANGE", 3, 5)
def between_from_the_end(database: Database, arguments: list[bytes]) -> Reply:
    key, last, first, *words = arguments
    return _range(database, key, (first, last), words, reverse=True)


def _range(
    database: Database, key: bytes, bounds: tuple[bytes, bytes], words: list[bytes], *, reverse: bool = False
) -> Reply:
    start, stop = _start(bounds[0]), _stop(bounds[1])
    count = _count(words)
    stream = database.typed(key, Stream)
    if stream is None or not count:
        return [] if stream is None else None
    entries = stream.entries
    found = entries[start.place(entries) : stop.place(entries)]
    if reverse:
        found.reverse()
    return _shown(found if count < 0 else found[:count])


@dataclass(frozen=True, slots=True)
class _Edge:
    entry: StreamId
    before: bool
    """Whether it lies before the entry of this id or behind it."""

    def place(self, entries: list[tuple[StreamId, list[bytes]]]) -> int:
        return (bisect_left if self.before else bisect_right)(entries, self.entry, key=_id)


def _start(text: bytes) -> _Edge:
    without = text.startswith(b"(")
    return _Edge(_bound(text[without:], sequence=0), before=not without)


def _stop(text: bytes) -> _Edge:
    without = text.startswith(b"(")
    return _Edge(_bound(text[without:], sequence=_LAST), before=without)


def _bound(text: bytes, *, sequence: int) -> StreamId:
    ends = {b"-": (0, 0), b"+": (_LAST, _LAST)}
    return ends[text] if text in ends else _parsed(text, sequence=sequence)


def _count(words: list[bytes]) -> int:
    match words:
        case []:
            return -1
        case [word, number] if word.upper() == b"COUNT":
            return max(integer(number), -1)
    raise RedisError(SYNTAX_ERROR)


def _shown(entries: list[tuple[StreamId, list[bytes]]]) -> Reply:
    return [[_written(entry), [*fields]] for entry, fields in entries]


@command("XDEL", 2, float("inf"))
def delete(database: Database, arguments: list[bytes]) -> Reply:
    stream = database.typed(arguments[0], Stream)
    if stream is None:
        return 0
    doomed = {_parsed(text, sequence=0) for text in arguments[1:]}
    entries = stream.entries
    before = len(entries)
    entries[:] = [entry for entry in entries if entry[0] not in doomed]
    return before - len(entries)


@command("XTRIM", 3, float("inf"))
def trim(database: Database, arguments: list[bytes]) -> Reply:
    wanted, rest = _read_trim(arguments[1:])
    if rest or wanted == _Trim():
        raise RedisError(SYNTAX_ERROR)
    return _trim(_of(database, arguments[0]), wanted)


@command("XREAD", 3, float("inf"))
def read(database: Database, arguments: list[bytes]) -> Reply:
    """Does not wait."""
    upper = [word.upper() for word in arguments]
    if b"STREAMS" not in upper:
        raise RedisError(SYNTAX_ERROR)
    split = upper.index(b"STREAMS")
    options = dict(zip(upper[:split:2], arguments[1:split:2], strict=False))
    names = arguments[split + 1 :]
    half = len(names) // 2
    count = integer(options.get(b"COUNT", b"-1")) or -1
    found = [_news(database, key, after, count) for key, after in zip(names[:half], names[half:], strict=True)]
    return [stream for stream in found if stream is not None] or None


def _news(database: Database, key: bytes, after: bytes, count: int) -> Reply:
    stream = _of(database, key)
    last = stream.last_id if after == b"$" else _parsed(after, sequence=0)
    new = stream.entries[_Edge(last, before=False).place(stream.entries) :]
    return [key, _shown(new if count < 0 else new[:count])] if new else None
