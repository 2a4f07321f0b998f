"""Commands on sorted sets that name their members; `sorted_set_ranges` has those that go by rank and score."""

import math
from dataclasses import dataclass

from scripts.simulation.database import SYNTAX_ERROR, Database, command
from scripts.simulation.values import RedisError, Reply, SortedSet, double, integer, written

_EMPTY = SortedSet()
_FLAGS = frozenset({b"NX", b"XX", b"GT", b"LT", b"CH", b"INCR"})
_NOT_A_NUMBER = "ERR resulting score is not a number (NaN)"


def of(database: Database, key: bytes) -> SortedSet:
    """The sorted set, or an empty one to read from."""
    return database.typed(key, SortedSet) or _EMPTY


@dataclass(slots=True)
class _Tally:
    added: int = 0
    changed: int = 0
    last: float | None = None
    """The score that INCR gives back; None where a flag forbade it."""


@command("ZADD", 3, float("inf"))
def add(database: Database, arguments: list[bytes]) -> Reply:
    if len(arguments) == 3 and arguments[1].isdigit():  # noqa: PLR2004 - the common case, one score and member
        return _put(database, *arguments)
    flags, rest = _flags(arguments)
    if not rest or len(rest) % 2:
        raise RedisError(SYNTAX_ERROR)
    _check(flags, len(rest) // 2)
    scores = [double(text) for text in rest[::2]]
    ranked = _to_add_to(database, arguments[0], flags)
    if ranked is None:
        return None if b"INCR" in flags else 0
    tally = _Tally()
    for score, member in zip(scores, rest[1::2], strict=True):
        _add_one(ranked, member, score, flags, tally)
    database.remove_if_empty(arguments[0], ranked)
    if b"INCR" in flags:
        return None if tally.last is None else written(tally.last)
    return tally.added + (tally.changed if b"CH" in flags else 0)


def _put(database: Database, key: bytes, score: bytes, member: bytes) -> int:
    ranked = database.made(key, SortedSet)
    is_new = member not in ranked.scores
    ranked.put(member, float(score))
    return int(is_new)


def _flags(arguments: list[bytes]) -> tuple[set[bytes], list[bytes]]:
    flags: set[bytes] = set()
    start = 1
    while start < len(arguments) and (word := arguments[start].upper()) in _FLAGS:
        flags.add(word)
        start += 1
    return flags, arguments[start:]


def _check(flags: set[bytes], pairs: int) -> None:
    if {b"NX", b"XX"} <= flags:
        raise RedisError("ERR XX and NX options at the same time are not compatible")
    if len(flags & {b"NX", b"GT", b"LT"}) > 1:
        raise RedisError("ERR GT, LT, and/or NX options at the same time are not compatible")
    if b"INCR" in flags and pairs > 1:
        raise RedisError("ERR INCR option supports a single increment-element pair")


def _to_add_to(database: Database, key: bytes, flags: set[bytes]) -> SortedSet | None:
    return database.typed(key, SortedSet) if b"XX" in flags else database.made(key, SortedSet)


def _add_one(ranked: SortedSet, member: bytes, score: float, flags: set[bytes], tally: _Tally) -> None:
    old = ranked.scores.get(member)
    if flags and not _allowed(old, flags):
        return
    if b"INCR" in flags:
        score += old or 0.0
        if math.isnan(score):
            raise RedisError(_NOT_A_NUMBER)
    if old is not None and not _is_further(old, score, flags):
        return
    tally.last = score
    if old is None:
        tally.added += 1
    elif old != score:
        tally.changed += 1
    if old != score:
        ranked.put(member, score)


def _allowed(old: float | None, flags: set[bytes]) -> bool:
    return not (b"XX" in flags if old is None else b"NX" in flags)


def _is_further(old: float, score: float, flags: set[bytes]) -> bool:
    if b"GT" in flags:
        return score > old
    return score < old if b"LT" in flags else True


@command("ZINCRBY", 3)
def increment(database: Database, arguments: list[bytes]) -> Reply:
    key, amount, member = arguments
    added = double(amount)
    old = of(database, key).scores.get(member, 0.0)
    if math.isnan(old + added):
        raise RedisError(_NOT_A_NUMBER)
    database.made(key, SortedSet).put(member, old + added)
    return written(old + added)


@command("ZREM", 2, float("inf"))
def remove(database: Database, arguments: list[bytes]) -> Reply:
    ranked = database.typed(arguments[0], SortedSet)
    if ranked is None:
        return 0
    removed = sum(ranked.remove(member) for member in arguments[1:])
    database.remove_if_empty(arguments[0], ranked)
    return removed


@command("ZCARD", 1)
def size(database: Database, arguments: list[bytes]) -> Reply:
    return len(of(database, arguments[0]))


@command("ZSCORE", 2)
def score_of(database: Database, arguments: list[bytes]) -> Reply:
    score = of(database, arguments[0]).scores.get(arguments[1])
    return None if score is None else written(score)


@command("ZMSCORE", 2, float("inf"))
def scores_of(database: Database, arguments: list[bytes]) -> Reply:
    scores = of(database, arguments[0]).scores
    return [written(scores[member]) if member in scores else None for member in arguments[1:]]


@command("ZRANK", 2)
def rank(database: Database, arguments: list[bytes]) -> Reply:
    ranked = of(database, arguments[0])
    return ranked.rank(arguments[1])


@command("ZREVRANK", 2)
def rank_from_the_end(database: Database, arguments: list[bytes]) -> Reply:
    ranked = of(database, arguments[0])
    place = ranked.rank(arguments[1])
    return None if place is None else len(ranked) - 1 - place


@command("ZPOPMIN", 1, 2)
def pop_lowest(database: Database, arguments: list[bytes]) -> Reply:
    return _pop(database, arguments, lowest=True)


@command("ZPOPMAX", 1, 2)
def pop_highest(database: Database, arguments: list[bytes]) -> Reply:
    return _pop(database, arguments, lowest=False)


def _pop(database: Database, arguments: list[bytes], *, lowest: bool) -> Reply:
    key, *counts = arguments
    error = "ERR value is out of range, must be positive"
    count = integer(counts[0], error) if counts else 1
    if count < 0:
        raise RedisError(error)
    ranked = database.typed(key, SortedSet)
    if ranked is None:
        return []
    length = len(ranked)
    bounds = (0, min(count, length)) if lowest else (max(length - count, 0), length)
    taken = ranked.remove_between(*bounds)
    database.remove_if_empty(key, ranked)
    return [word for score, member in (taken if lowest else taken[::-1]) for word in (member, written(score))]


@command("BZPOPMIN", 2, float("inf"))
def pop_lowest_of_any(database: Database, arguments: list[bytes]) -> Reply:
    """Does not wait."""
    for key in arguments[:-1]:
        if popped := _pop(database, [key], lowest=True):
            assert isinstance(popped, list)  # noqa: S101 - _pop gives nothing else
            return [key, *popped]
    return None
