"""Commands on sorted sets that go by rank or by score."""

from bisect import bisect_left
from dataclasses import dataclass, replace
from functools import lru_cache
from math import inf, nextafter
from typing import Any

from scripts.simulation.database import SYNTAX_ERROR, Database, command
from scripts.simulation.lists import span
from scripts.simulation.sorted_sets import of
from scripts.simulation.values import NotModelled, RedisError, Reply, SortedSet, double, integer, written


@dataclass(frozen=True, slots=True)
class _Asked:
    """The words behind the two bounds."""

    by_score: bool = False
    reverse: bool = False
    with_scores: bool = False
    limit: tuple[int, int] | None = None


@lru_cache(maxsize=1000)
def _read(words: tuple[bytes, ...], allowed: frozenset[bytes]) -> _Asked:
    asked: dict[str, Any] = {}
    rest = [word.upper() for word in words]
    while rest:
        word = rest.pop(0)
        if word not in allowed:
            raise RedisError(SYNTAX_ERROR)
        asked |= _noted(word, rest)
    return _Asked(**asked)


def _noted(word: bytes, rest: list[bytes]) -> dict[str, Any]:
    match word:
        case b"BYSCORE":
            return {"by_score": True}
        case b"REV":
            return {"reverse": True}
        case b"WITHSCORES":
            return {"with_scores": True}
        case b"LIMIT" if len(rest) > 1:
            return {"limit": (integer(rest.pop(0)), integer(rest.pop(0)))}
        case b"BYLEX":
            raise NotModelled("BYLEX")
    raise RedisError(SYNTAX_ERROR)


_OF_ZRANGE = frozenset({b"BYSCORE", b"BYLEX", b"REV", b"LIMIT", b"WITHSCORES"})
_OF_BYSCORE = frozenset({b"LIMIT", b"WITHSCORES"})
_OF_REVRANGE = frozenset({b"WITHSCORES"})


@command("ZRANGE", 3, float("inf"))
def between(database: Database, arguments: list[bytes]) -> Reply:
    key, first, last, *words = arguments
    asked = _read(tuple(words), _OF_ZRANGE)
    if asked.limit and asked.limit[1] != -1 and not asked.by_score:
        raise RedisError("ERR syntax error, LIMIT is only supported in combination with either BYSCORE or BYLEX")
    return _by_score(database, key, first, last, asked) if asked.by_score else _by_rank(database, arguments, asked)


@command("ZREVRANGE", 3, 4)
def between_from_the_end(database: Database, arguments: list[bytes]) -> Reply:
    asked = _read(tuple(arguments[3:]), _OF_REVRANGE)
    return _by_rank(database, arguments, replace(asked, reverse=True))


@command("ZRANGEBYSCORE", 3, float("inf"))
def between_scores(database: Database, arguments: list[bytes]) -> Reply:
    key, first, last, *words = arguments
    return _by_score(database, key, first, last, _read(tuple(words), _OF_BYSCORE))


@command("ZREVRANGEBYSCORE", 3, float("inf"))
def between_scores_from_the_end(database: Database, arguments: list[bytes]) -> Reply:
    key, first, last, *words = arguments
    asked = _read(tuple(words), _OF_BYSCORE)
    return _by_score(database, key, first, last, replace(asked, reverse=True))


def _by_rank(database: Database, arguments: list[bytes], asked: _Asked) -> Reply:
    first, last = integer(arguments[1]), integer(arguments[2])
    ranked = of(database, arguments[0]).ranked
    wanted = span(len(ranked), first, last)
    return _listed((ranked[::-1] if asked.reverse else ranked)[wanted], asked)


def _by_score(database: Database, key: bytes, first: bytes, last: bytes, asked: _Asked) -> Reply:
    low, high = (last, first) if asked.reverse else (first, last)
    bounds = _bound(low), _bound(high)
    held = of(database, key)
    ranked = held.ranked
    start, stop = _places(held, *bounds)
    offset, count = asked.limit or (0, -1)
    if offset < 0:
        return []
    if asked.reverse:
        stop = max(stop - offset, start)
        start = start if count < 0 else max(start, stop - count)
        return _listed(ranked[start:stop][::-1], asked)
    start += offset
    return _listed(ranked[start : stop if count < 0 else min(stop, start + count)], asked)


def _listed(found: list[tuple[float, bytes]], asked: _Asked) -> Reply:
    if asked.with_scores:
        return [word for score, member in found for word in (member, written(score))]
    return [member for _, member in found]


_Bound = tuple[float, bool]
"""A score, and whether it is itself left out."""


def _places(ranked: SortedSet, low: _Bound, high: _Bound) -> tuple[int, int]:
    """Ranks from the first up to, but without, the second: those of the scores between two bounds."""
    start, stop = _place(ranked, *low), _place(ranked, high[0], not high[1])
    return start, max(start, stop)


def _place(ranked: SortedSet, score: float, behind: bool) -> int:  # noqa: FBT001 - private, and called once a step
    """The rank before, or behind, all members of this score: a tuple sorts before those that it begins."""
    if not behind:
        return bisect_left(ranked.ranked, (score,))
    return len(ranked) if score == inf else bisect_left(ranked.ranked, (nextafter(score, inf),))


def _bound(text: bytes) -> _Bound:
    without = text.startswith(b"(")
    return double(text[without:], "ERR min or max is not a float"), without


@command("ZCOUNT", 3)
def count_between(database: Database, arguments: list[bytes]) -> Reply:
    key, low, high = arguments
    bounds = _bound(low), _bound(high)
    start, stop = _places(of(database, key), *bounds)
    return stop - start


@command("ZREMRANGEBYSCORE", 3)
def remove_between_scores(database: Database, arguments: list[bytes]) -> Reply:
    key, low, high = arguments
    bounds = _bound(low), _bound(high)
    return _remove(database, key, _places(of(database, key), *bounds))


@command("ZREMRANGEBYRANK", 3)
def remove_between(database: Database, arguments: list[bytes]) -> Reply:
    key, first, last = arguments[0], integer(arguments[1]), integer(arguments[2])
    ranked = of(database, key)
    start, stop, _ = span(len(ranked), first, last).indices(len(ranked))
    return _remove(database, key, (start, max(start, stop)))


def _remove(database: Database, key: bytes, places: tuple[int, int]) -> int:
    ranked = of(database, key)
    removed = ranked.remove_between(*places)
    if removed:
        database.remove_if_empty(key, ranked)
    return len(removed)
