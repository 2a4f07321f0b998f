"""Commands on hashes."""

from scripts.simulation.database import Database, command
from scripts.simulation.values import INT64, OK, Hash, RedisError, Reply, integer, long_double, sum_of_floats

_EMPTY = Hash()


def _of(database: Database, key: bytes) -> Hash:
    """The hash, or an empty one to read from."""
    return database.typed(key, Hash) or _EMPTY


@command("HSET", 3, float("inf"))
def set_(database: Database, arguments: list[bytes]) -> Reply:
    if len(arguments) % 2 == 0:
        raise RedisError("ERR wrong number of arguments for 'hset' command")
    fields = database.made(arguments[0], Hash)
    before = len(fields)
    fields.update(zip(arguments[1::2], arguments[2::2], strict=True))
    return len(fields) - before


@command("HMSET", 3, float("inf"))
def set_many(database: Database, arguments: list[bytes]) -> Reply:
    set_(database, arguments)
    return OK


@command("HSETNX", 3)
def set_if_new(database: Database, arguments: list[bytes]) -> Reply:
    key, field, value = arguments
    fields = database.made(key, Hash)
    if field in fields:
        return 0
    fields[field] = value
    return 1


@command("HGET", 2)
def get(database: Database, arguments: list[bytes]) -> Reply:
    return _of(database, arguments[0]).get(arguments[1])


@command("HMGET", 2, float("inf"))
def get_many(database: Database, arguments: list[bytes]) -> Reply:
    fields = _of(database, arguments[0])
    return [fields.get(field) for field in arguments[1:]]


@command("HGETALL", 1)
def get_all(database: Database, arguments: list[bytes]) -> Reply:
    return [word for pair in _of(database, arguments[0]).items() for word in pair]


@command("HKEYS", 1)
def names(database: Database, arguments: list[bytes]) -> Reply:
    return list(_of(database, arguments[0]))


@command("HVALS", 1)
def contents(database: Database, arguments: list[bytes]) -> Reply:
    return list(_of(database, arguments[0]).values())


@command("HLEN", 1)
def length(database: Database, arguments: list[bytes]) -> Reply:
    return len(_of(database, arguments[0]))


@command("HEXISTS", 2)
def exists(database: Database, arguments: list[bytes]) -> Reply:
    return int(arguments[1] in _of(database, arguments[0]))


@command("HSTRLEN", 2)
def length_of_field(database: Database, arguments: list[bytes]) -> Reply:
    return len(_of(database, arguments[0]).get(arguments[1], b""))


@command("HDEL", 2, float("inf"))
def delete(database: Database, arguments: list[bytes]) -> Reply:
    fields = database.typed(arguments[0], Hash)
    if fields is None:
        return 0
    removed = sum(fields.pop(field, None) is not None for field in arguments[1:])
    database.remove_if_empty(arguments[0], fields)
    return removed


@command("HINCRBY", 3)
def increment(database: Database, arguments: list[bytes]) -> Reply:
    key, field, amount = arguments
    added = integer(amount)
    total = integer(_of(database, key).get(field, b"0"), "ERR hash value is not an integer") + added
    if total not in INT64:
        raise RedisError("ERR increment or decrement would overflow")
    database.made(key, Hash)[field] = b"%d" % total
    return total


@command("HINCRBYFLOAT", 3)
def increment_by_float(database: Database, arguments: list[bytes]) -> Reply:
    key, field, amount = arguments
    added = long_double(amount)
    if added is None:
        raise RedisError("ERR value is NaN or Infinity")
    number = long_double(_of(database, key).get(field, b"0"), "ERR hash value is not a float")
    total = sum_of_floats(number, added, "ERR increment would produce NaN or Infinity")
    database.made(key, Hash)[field] = total
    return total
