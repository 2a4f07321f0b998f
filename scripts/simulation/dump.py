"""All that the model holds, in one order and in plain types, for invariants and for comparing."""

from dataclasses import dataclass

from scripts.simulation.database import Database
from scripts.simulation.values import TYPE_NAMES, Hash, Items, Members, SortedSet, Value, written

Plain = bytes | dict[bytes, bytes] | list[bytes] | list[tuple[bytes, bytes]] | list[tuple[bytes, list[bytes]]]


@dataclass(frozen=True, slots=True)
class Held:
    """What one key holds."""

    type: str
    """As TYPE names it."""

    value: Plain
    """Bytes; a dict for a hash; a list for a list, sorted for a set; pairs of member and score in order for a sorted
    set; pairs of id and fields for a stream."""

    ttl_ms: int | None
    """How long it still lives; None: for ever."""


def dump(database: Database) -> dict[bytes, Held]:
    """Every key that is alive, in the order of the keys' bytes."""
    database.sweep()
    held: dict[bytes, Held] = {}
    for key in sorted(database.values):
        value, when = database.values[key], database.expires.get(key)
        ttl = None if when is None else when - database.now_ms
        held[key] = Held(TYPE_NAMES[type(value)].decode(), _plain(value), ttl)
    return held


def _plain(value: Value) -> Plain:
    match value:
        case bytes():
            return value
        case Hash():
            return dict(sorted(value.items()))
        case Members():
            return sorted(value)
        case Items():
            return list(value)
        case SortedSet():
            return [(member, written(score)) for score, member in value.ranked]
    return [(b"%d-%d" % entry, list(fields)) for entry, fields in value.entries]
