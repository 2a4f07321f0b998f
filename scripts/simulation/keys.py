"""Commands on keys of any type: existence, expiry, names."""

import re

from scripts.simulation.database import SYNTAX_ERROR, Database, command
from scripts.simulation.values import INT64, OK, TYPE_NAMES, RedisError, Reply, Status, integer


@command("DEL", 1, float("inf"))
def delete(database: Database, keys: list[bytes]) -> Reply:
    removed = 0
    for key in keys:
        if database.live(key) is not None:
            database.remove(key)
            removed += 1
    return removed


command("UNLINK", 1, float("inf"))(delete)


@command("EXISTS", 1, float("inf"))
def exists(database: Database, keys: list[bytes]) -> Reply:
    return sum(database.live(key) is not None for key in keys)


@command("TYPE", 1)
def type_of(database: Database, keys: list[bytes]) -> Reply:
    value = database.live(keys[0])
    return Status(b"none" if value is None else TYPE_NAMES[type(value)])


@command("KEYS", 1)
def matching(database: Database, patterns: list[bytes]) -> Reply:
    database.sweep()
    pattern = glob(patterns[0])
    return [key for key in database.values if pattern.fullmatch(key)]


def glob(pattern: bytes) -> re.Pattern[bytes]:
    """Redis' patterns: `*`, `?`, `[abc]`, `[^a-c]`, and a backslash before what is meant as it stands."""
    parts = re.findall(rb"\\.|\[\^?(?:\\.|[^\]])*\]|.", pattern, re.DOTALL)
    return re.compile(b"".join(map(_as_regex, parts)), re.DOTALL)


def _as_regex(part: bytes) -> bytes:
    if part in (b"*", b"?"):
        return {b"*": b".*", b"?": b"."}[part]
    if part.startswith(b"[") and len(part) > 1:
        return part
    return re.escape(part[-1:])


@command("DBSIZE", 0)
def size(database: Database, _: list[bytes]) -> Reply:
    database.sweep()
    return len(database.values)


@command("FLUSHALL", 0, 1)
def flush(database: Database, _: list[bytes]) -> Reply:
    database.values.clear()
    database.expires.clear()
    return OK


command("FLUSHDB", 0, 1)(flush)


@command("RENAME", 2)
def rename(database: Database, arguments: list[bytes]) -> Reply:
    old, new = arguments
    value, when = database.live(old), database.expires.get(old)
    if value is None:
        raise RedisError("ERR no such key")
    database.remove(old)
    database.remove(new)
    database.values[new] = value
    if when is not None:
        database.expires[new] = when
    return OK


def _expire(name: str, unit: int, *, absolute: bool) -> None:
    """Enter one of the four commands that give a key an end."""

    @command(name, 2, 3)
    def expire(database: Database, arguments: list[bytes]) -> Reply:
        key, amount, *condition = arguments
        when = integer(amount) * unit + (0 if absolute else database.now_ms)
        if when not in INT64:
            raise RedisError(f"ERR invalid expire time in '{name.lower()}' command")
        if not _may_expire(database, key, when, condition):
            return 0
        if when <= database.now_ms:
            database.remove(key)
        else:
            database.expires[key] = when
        return 1


_expire("EXPIRE", 1000, absolute=False)
_expire("PEXPIRE", 1, absolute=False)
_expire("EXPIREAT", 1000, absolute=True)
_expire("PEXPIREAT", 1, absolute=True)


def _may_expire(database: Database, key: bytes, when: int, conditions: list[bytes]) -> bool:
    condition = conditions[0].upper() if conditions else b""
    if condition not in (b"", b"NX", b"XX", b"GT", b"LT"):
        raise RedisError(f"ERR Unsupported option {conditions[0].decode()}")
    if database.live(key) is None:
        return False
    return _condition_holds(condition, database.expires.get(key), when)


def _condition_holds(condition: bytes, current: int | None, when: int) -> bool:
    """A key without expiry counts as one that lives for ever."""
    match condition:
        case b"NX":
            return current is None
        case b"XX":
            return current is not None
        case b"GT":
            return current is not None and when > current
        case b"LT":
            return current is None or when < current
    return True


@command("PERSIST", 1)
def persist(database: Database, keys: list[bytes]) -> Reply:
    return int(database.live(keys[0]) is not None and database.expires.pop(keys[0], None) is not None)


@command("PTTL", 1)
def time_to_live(database: Database, keys: list[bytes]) -> Reply:
    """Milliseconds; -1 for a key without expiry, -2 for no key."""
    return _left(database, keys[0])


@command("TTL", 1)
def seconds_to_live(database: Database, keys: list[bytes]) -> Reply:
    left = _left(database, keys[0])
    return left if left < 0 else (left + 500) // 1000


@command("PEXPIRETIME", 1)
def expires_at(database: Database, keys: list[bytes]) -> Reply:
    if database.live(keys[0]) is None:
        return -2
    return database.expires.get(keys[0], -1)


def _left(database: Database, key: bytes) -> int:
    if database.live(key) is None:
        return -2
    when = database.expires.get(key)
    return -1 if when is None else when - database.now_ms


@command("SCAN", 1, float("inf"))
def scan(database: Database, arguments: list[bytes]) -> Reply:
    """All in one go, whatever COUNT says."""
    options = {name.upper(): value for name, value in zip(arguments[1::2], arguments[2::2], strict=True)}
    if not options.keys() <= {b"MATCH", b"COUNT"}:
        raise RedisError(SYNTAX_ERROR)
    found = matching(database, [options.get(b"MATCH", b"*")])
    return [b"0", found]
