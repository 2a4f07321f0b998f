"""Commands on strings."""

from dataclasses import dataclass

from scripts.simulation.database import SYNTAX_ERROR, Database, command
from scripts.simulation.values import INT64, OK, RedisError, Reply, integer, long_double, sum_of_floats

_UNITS = {b"EX": 1000, b"PX": 1, b"EXAT": 1000, b"PXAT": 1}


@command("GET", 1)
def get(database: Database, arguments: list[bytes]) -> Reply:
    return database.typed(arguments[0], bytes)


@dataclass(slots=True)
class _Options:
    condition: bytes = b""
    gives_old: bool = False
    keeps_expiry: bool = False
    expires: int | None = None


@command("SET", 2, float("inf"))
def set_(database: Database, arguments: list[bytes]) -> Reply:
    if len(arguments) == 2:  # noqa: PLR2004 - the common case, key and value
        database.values[arguments[0]] = arguments[1]
        database.expires.pop(arguments[0], None)
        return OK
    key, value, *words = arguments
    options = _read(database, words)
    old = database.typed(key, bytes) if options.gives_old else database.live(key)
    written = options.condition != (b"NX" if old is not None else b"XX")
    if written:
        _store(database, key, value, options)
    if options.gives_old:
        assert old is None or isinstance(old, bytes)  # noqa: S101 - typed says so
        return old
    return OK if written else None


def _read(database: Database, words: list[bytes]) -> _Options:
    options = _Options()
    rest = [word.upper() for word in words]
    while rest:
        word = rest.pop(0)
        if word in (b"NX", b"XX") and not options.condition:
            options.condition = word
        elif word == b"GET":
            options.gives_old = True
        elif word == b"KEEPTTL" and options.expires is None:
            options.keeps_expiry = True
        elif word in _UNITS and rest and options.expires is None and not options.keeps_expiry:
            options.expires = _end(database, word, rest.pop(0))
        else:
            raise RedisError(SYNTAX_ERROR)
    return options


def _end(database: Database, unit: bytes, amount: bytes, name: str = "set") -> int:
    number = integer(amount)
    end = number * _UNITS[unit] + (0 if unit.endswith(b"AT") else database.now_ms)
    if number <= 0 or end not in INT64:
        raise RedisError(f"ERR invalid expire time in '{name}' command")
    return end


def _store(database: Database, key: bytes, value: bytes, options: _Options) -> None:
    database.values[key] = value
    if options.expires is not None:
        if options.expires <= database.now_ms:
            database.remove(key)
        else:
            database.expires[key] = options.expires
    elif not options.keeps_expiry:
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
    _store(database, key, value, _Options(expires=end))
    return OK


@command("PSETEX", 3)
def set_for_milliseconds(database: Database, arguments: list[bytes]) -> Reply:
    key, milliseconds, value = arguments
    end = _end(database, b"PX", milliseconds, "psetex")
    _store(database, key, value, _Options(expires=end))
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
