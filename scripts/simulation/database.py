"""The keys of the model, their expiry against a clock that stands until it is moved, and the table of commands."""

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from random import Random
from typing import TypeVar

from scripts.simulation.values import Hash, Items, Members, RedisError, Reply, SortedSet, Stream, Value

Kind = TypeVar("Kind", bytes, Hash, Members, Items, SortedSet, Stream)
Emptied = TypeVar("Emptied", Hash, Members, Items, SortedSet)

WRONG_TYPE = "WRONGTYPE Operation against a key holding the wrong kind of value"
SYNTAX_ERROR = "ERR syntax error"

Deliver = Callable[[bytes, bytes], int]
"""Takes channel and message, gives how many received it."""


class Database:
    """Keys with values, and the instants, in ms, after which they are gone."""

    def __init__(self, *, now_ms: int, seed: int) -> None:
        self.now_ms = now_ms
        self.values: dict[bytes, Value] = {}
        self.expires: dict[bytes, int] = {}
        self.published: deque[tuple[bytes, bytes]] = deque(maxlen=1000)
        self.on_publish: Deliver | None = None
        self.random = Random(seed)  # noqa: S311 - the same seed must give the same run
        self.run_id = self._new_run_id()

    def _new_run_id(self) -> str:
        return f"{self.random.getrandbits(160):040x}"

    def live(self, key: bytes) -> Value | None:
        """What the key holds now."""
        when = self.expires.get(key)
        if when is not None and self.now_ms > when:
            self.remove(key)
            return None
        return self.values.get(key)

    def typed(self, key: bytes, kind: type[Kind]) -> Kind | None:
        """What the key holds.

        Raises:
            RedisError: it holds another type.
        """
        value = self.live(key)
        if value is None or isinstance(value, kind):
            return value
        raise RedisError(WRONG_TYPE)

    def made(self, key: bytes, kind: type[Kind]) -> Kind:
        """What the key holds, or a new, empty value that it holds from now on."""
        value = self.typed(key, kind)
        if value is None:
            value = kind()
            self.values[key] = value
        return value

    def remove(self, key: bytes) -> None:
        self.values.pop(key, None)
        self.expires.pop(key, None)

    def remove_if_empty(self, key: bytes, value: Emptied) -> None:
        """A collection without members is no key; a stream without entries is one."""
        if not value:
            self.remove(key)

    def sweep(self) -> None:
        """Remove whatever has expired, touched or not."""
        for key in [key for key, when in self.expires.items() if self.now_ms > when]:
            self.remove(key)

    def publish(self, channel: bytes, message: bytes) -> int:
        self.published.append((channel, message))
        return self.on_publish(channel, message) if self.on_publish else 0


Run = Callable[[Database, list[bytes]], Reply]


@dataclass(frozen=True, slots=True)
class Command:
    """One command; `run` takes its arguments without the name."""

    name: str
    run: Run
    least: int
    most: float


COMMANDS: dict[bytes, Command] = {}


def command(name: str, least: int, most: float | None = None) -> Callable[[Run], Run]:
    """Enter a command that takes exactly `least` arguments, or up to `most`."""

    def enter(run: Run) -> Run:
        COMMANDS[name.encode()] = Command(name, run, least, least if most is None else most)
        return run

    return enter
