"""Commands on strings."""

from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from scripts.simulation.database import SYNTAX_ERROR, Database, command
from scripts.simulation.values import INT64, OK, RedisError, Reply, integer, long_double, sum_of_floats

_UNITS = {b"EX": 1000, b"PX": 1, b"EXAT": 1000, b"PXAT": 1}


@command("GET", 1)
def get(database: Database, arguments: list[bytes]) -> Reply:
    return database.typed(arguments[0], bytes)


@dataclass(frozen=True, slots=True)
class _Options:
    condition: bytes = b""
    gives_old: bool = False
    keeps_expiry: bool = False
    expires: tuple[bytes, bytes] | None = None
    """Unit and amount."""


@command("SET", 2, float("inf"))
def set_(database: Database, arguments: list[bytes]) -> Reply:
    key, value, *words = arguments
    if not words:
        database.values[key] = value
        database.expires.pop(key, None)
        return OK
    options = _read(tuple(words))
    end = _end(database, *options.expires) if options.expires else None
    old = database.typed(key, bytes) if options.gives_old else database.live(key)
    is_written = options.condition != (b"NX" if old is not None else b"XX")
    if is_written:
        _store(database, key, value, end, keeps_expiry=options.keeps_expiry)
    if options.gives_old:
        assert old is None or isinstance(old, bytes)  # noqa: S101 - typed says so
        return old
    return OK if is_written else None


@lru_cache(maxsize=1000)
def _read(words: tuple[bytes, ...]) -> _Options:
    options: dict[str, Any] = {}
    rest = [word.upper() for word in words]
    while rest:
        name, value = _option(rest.pop(0), rest)
        if name in options or (name in _LIFETIMES and _LIFETIMES & options.keys()):
            raise RedisError(SYNTAX_ERROR)
        options[name] = value
    return _Options(**options)


_LIFETIMES = frozenset({"keeps_expiry", "expires"})


def _option(word: bytes, rest: list[bytes]) -> tuple[str, object]:
    match word:
        case b"NX" | b"XX":
            return "condition", word
        case b"GET":
            return "gives_old", True
        case b"KEEPTTL":
            return "keeps_expiry", True
        case _ if word in _UNITS and rest:
            return "expires", (word, rest.pop(0))
    raise RedisError(SYNTAX_ERROR)


def _end(database: Database, unit: bytes, amount: bytes, name: str = "set") -> int:
    number = integer(amount)
    end = number * _UNITS[unit] + (0 if unit.endswith(b"AT") else database.now_ms)
    if number <= 0 or end not in INT64:
        raise RedisError(f"ERR invalid expire time in '{name}' command")
    return end


def _store(database: Database, key: bytes, value: bytes, end: int | None, *, keeps_expiry: bool = False) -> None:
    database.values[key] = value
    if end is not None:
        database.expires[key] = end
        if end <= database.now_ms:
            database.remove(key)
    elif not keeps_expiry:
        database.expires.pop(key, None)


@command("SETNX", 2)
def set_if_new(database: Database, arguments: list[bytes]) -> Reply:
    return int(set_(database, [*arguments, b"NX"]) is not None)


@command("GETSET", 2)
def get_and_set(database: Database, arguments: list[bytes]) -> Reply:
    return set_(database, [*arguments, b"GET"])


@command("GETDEL", 1)
def get_and_delete(database: Database, arguments: list[bytes]) -> Reply:
    old = database.typed(arguments[0], bytes)
    database.remove(arguments[0])
    return old


@command("SETEX", 3)
def set_for_seconds(database: Database, arguments: list[bytes]) -> Reply:
    key, seconds, value = arguments
    end = _end(database, b"EX", seconds, "setex")
    _store(database, key, value, end)
    return OK


@command("PSETEX", 3)
def set_for_milliseconds(database: Database, arguments: list[bytes]) -> Reply:
    key, milliseconds, value = arguments
    end = _end(database, b"PX", milliseconds, "psetex")
    _store(database, key, value, end)
    return OK


@command("MGET", 1, float("inf"))
def get_many(database: Database, keys: list[bytes]) -> Reply:
    """A key of another type counts as missing."""
    found = [database.live(key) for key in keys]
    return [value if isinstance(value, bytes) else None for value in found]


@command("MSET", 2, float("inf"))
def set_many(database: Database, arguments: list[bytes]) -> Reply:
    if len(arguments) % 2:
        raise RedisError("ERR wrong number of arguments for 'mset' command")
    for key, value in zip(arguments[::2], arguments[1::2], strict=True):
        set_(database, [key, value])
    return OK


@command("STRLEN", 1)
def length(database: Database, arguments: list[bytes]) -> Reply:
    return len(database.typed(arguments[0], bytes) or b"")


@command("APPEND", 2)
def append(database: Database, arguments: list[bytes]) -> Reply:
    value = (database.typed(arguments[0], bytes) or b"") + arguments[1]
    database.values[arguments[0]] = value
    return len(value)


@command("INCR", 1)
def increment(database: Database, arguments: list[bytes]) -> Reply:
    return _add(database, arguments[0], 1)


@command("DECR", 1)
def decrement(database: Database, arguments: list[bytes]) -> Reply:
    return _add(database, arguments[0], -1)


@command("INCRBY", 2)
def increment_by(database: Database, arguments: list[bytes]) -> Reply:
    return _add(database, arguments[0], integer(arguments[1]))


@command("DECRBY", 2)
def decrement_by(database: Database, arguments: list[bytes]) -> Reply:
    amount = integer(arguments[1])
    if -amount not in INT64:
        raise RedisError("ERR decrement would overflow")
    return _add(database, arguments[0], -amount)


def _add(database: Database, key: bytes, amount: int) -> int:
    value = database.typed(key, bytes)
    total = (0 if value is None else integer(value)) + amount
    if total not in INT64:
        raise RedisError("ERR increment or decrement would overflow")
    database.values[key] = b"%d" % total
    return total


@command("INCRBYFLOAT", 2)
def increment_by_float(database: Database, arguments: list[bytes]) -> Reply:
    key, amount = arguments
    value = database.typed(key, bytes)
    number = long_double(b"0" if value is None else value)
    total = sum_of_floats(number, long_double(amount), "ERR increment would produce NaN or Infinity")
    database.values[key] = total
    return total
