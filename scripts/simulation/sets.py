"""Commands on sets."""

from scripts.simulation.database import Database, command
from scripts.simulation.values import Members, RedisError, Reply, integer

_EMPTY = Members()


def _of(database: Database, key: bytes) -> Members:
    """The set, or an empty one to read from."""
    return database.typed(key, Members) or _EMPTY


@command("SADD", 2, float("inf"))
def add(database: Database, arguments: list[bytes]) -> Reply:
    members = database.made(arguments[0], Members)
    before = len(members)
    members.update(dict.fromkeys(arguments[1:]))
    return len(members) - before


@command("SREM", 2, float("inf"))
def remove(database: Database, arguments: list[bytes]) -> Reply:
    members = database.typed(arguments[0], Members)
    if members is None:
        return 0
    before = len(members)
    for member in arguments[1:]:
        members.pop(member, None)
    removed = before - len(members)
    database.remove_if_empty(arguments[0], members)
    return removed


@command("SCARD", 1)
def size(database: Database, arguments: list[bytes]) -> Reply:
    return len(_of(database, arguments[0]))


@command("SISMEMBER", 2)
def holds(database: Database, arguments: list[bytes]) -> Reply:
    return int(arguments[1] in _of(database, arguments[0]))


@command("SMISMEMBER", 2, float("inf"))
def holds_many(database: Database, arguments: list[bytes]) -> Reply:
    members = _of(database, arguments[0])
    return [int(member in members) for member in arguments[1:]]


@command("SMEMBERS", 1)
def all_(database: Database, arguments: list[bytes]) -> Reply:
    return list(_of(database, arguments[0]))


@command("SPOP", 1, 2)
def pop(database: Database, arguments: list[bytes]) -> Reply:
    """Takes members by the model's seed."""
    key, *counts = arguments
    count = _positive(counts[0]) if counts else 1
    members = database.typed(key, Members)
    if members is None:
        return [] if counts else None
    taken = database.random.sample(list(members), min(count, len(members)))
    for member in taken:
        del members[member]
    database.remove_if_empty(key, members)
    return [*taken] if counts else taken[0]


def _positive(text: bytes) -> int:
    error = "ERR value is out of range, must be positive"
    if (number := integer(text, error)) < 0:
        raise RedisError(error)
    return number


@command("SRANDMEMBER", 1)
def choose(database: Database, arguments: list[bytes]) -> Reply:
    members = _of(database, arguments[0])
    return database.random.choice(list(members)) if members else None
