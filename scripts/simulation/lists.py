"""Commands on lists."""

from scripts.simulation.database import Database, command
from scripts.simulation.values import OK, Items, RedisError, Reply, integer

_EMPTY = Items()


def _of(database: Database, key: bytes) -> Items:
    """The list, or an empty one to read from."""
    return database.typed(key, Items) or _EMPTY


@command("RPUSH", 2, float("inf"))
def push_right(database: Database, arguments: list[bytes]) -> Reply:
    items = database.made(arguments[0], Items)
    items.extend(arguments[1:])
    return len(items)


@command("LPUSH", 2, float("inf"))
def push_left(database: Database, arguments: list[bytes]) -> Reply:
    items = database.made(arguments[0], Items)
    items[:0] = arguments[:0:-1]
    return len(items)


@command("LPOP", 1, 2)
def pop_left(database: Database, arguments: list[bytes]) -> Reply:
    return _pop(database, arguments, left=True)


@command("RPOP", 1, 2)
def pop_right(database: Database, arguments: list[bytes]) -> Reply:
    return _pop(database, arguments, left=False)


def _pop(database: Database, arguments: list[bytes], *, left: bool) -> Reply:
    key, *counts = arguments
    count = _positive(counts[0]) if counts else 1
    items = database.typed(key, Items)
    if items is None:
        return None
    taken = items[:count] if left else items[: -count - 1 : -1]
    del items[slice(count) if left else slice(max(len(items) - count, 0), None)]
    database.remove_if_empty(key, items)
    return [*taken] if counts else taken[0]


def _positive(text: bytes) -> int:
    error = "ERR value is out of range, must be positive"
    if (number := integer(text, error)) < 0:
        raise RedisError(error)
    return number


@command("LPOS", 2)
def position(database: Database, arguments: list[bytes]) -> Reply:
    key, element = arguments
    items = _of(database, key)
    return items.index(element) if element in items else None


@command("BLPOP", 2, float("inf"))
def pop_left_of_any(database: Database, arguments: list[bytes]) -> Reply:
    """Does not wait."""
    for key in arguments[:-1]:
        if database.typed(key, Items):
            item = _pop(database, [key], left=True)
            return [key, item]
    return None


@command("LLEN", 1)
def length(database: Database, arguments: list[bytes]) -> Reply:
    return len(_of(database, arguments[0]))


@command("LINDEX", 2)
def at(database: Database, arguments: list[bytes]) -> Reply:
    items, index = _of(database, arguments[0]), integer(arguments[1])
    return items[index] if -len(items) <= index < len(items) else None


def span(length: int, first: int, last: int) -> slice:
    """The slice of what Redis means by two indices, both included, negative ones from the end."""
    start = max(first + length, 0) if first < 0 else first
    stop = last + length + 1 if last < 0 else last + 1
    return slice(start, max(stop, start))


@command("LRANGE", 3)
def between(database: Database, arguments: list[bytes]) -> Reply:
    first, last = integer(arguments[1]), integer(arguments[2])
    items = _of(database, arguments[0])
    return [*items[span(len(items), first, last)]]


@command("LTRIM", 3)
def trim(database: Database, arguments: list[bytes]) -> Reply:
    first, last = integer(arguments[1]), integer(arguments[2])
    items = database.typed(arguments[0], Items)
    if items is not None:
        items[:] = items[span(len(items), first, last)]
        database.remove_if_empty(arguments[0], items)
    return OK


@command("LREM", 3)
def remove(database: Database, arguments: list[bytes]) -> Reply:
    key, count, item = arguments[0], integer(arguments[1]), arguments[2]
    items = database.typed(key, Items)
    if items is None:
        return 0
    places = [place for place, held in enumerate(items) if held == item]
    doomed = places[count:] if count < 0 else places[: count or len(places)]
    for place in reversed(doomed):
        del items[place]
    database.remove_if_empty(key, items)
    return len(doomed)
