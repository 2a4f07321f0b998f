"""The real server, seen as the model shows itself: replies as they come over the wire, all keys in one dict."""

import re
from collections.abc import Callable, Sequence
from typing import Any

from redis import ConnectionPool, ResponseError

from scripts.simulation.dump import Held
from scripts.simulation.redis_model import Model
from scripts.simulation.values import RedisError

Words = Sequence[str | bytes | int]

_WHERE = re.compile(r" script: .*on @user_script:\d+\.$", re.DOTALL)


class RealServer:
    """One connection, without anything that redis-py makes of a reply."""

    def __init__(self, url: str) -> None:
        self._pool = ConnectionPool.from_url(url)
        self._connection: Any = self._pool.get_connection()

    def close(self) -> None:
        self._pool.disconnect()

    def execute(self, *words: str | bytes | int) -> Any:
        return self.execute_all([words])[0]

    def execute_all(self, commands: Sequence[Words]) -> list[Any]:
        """The replies, errors among them; in one round trip."""
        self._connection.send_packed_command(self._connection.pack_commands(commands))
        return [self._reply() for _ in commands]

    def now_ms(self) -> int:
        seconds, microseconds = map(int, self.execute("TIME"))
        return seconds * 1000 + microseconds // 1000

    def dump(self) -> dict[bytes, Held]:
        keys = sorted(self.execute("KEYS", "*"))
        types = [kind.decode() for kind in self.execute_all([("TYPE", key) for key in keys])]
        lifetimes = self.execute_all([("PTTL", key) for key in keys])
        contents = self.execute_all([_READ[kind](key) for key, kind in zip(keys, types, strict=True)])
        return {
            key: Held(kind, _plain(kind, content), None if ttl < 0 else ttl)
            for key, kind, content, ttl in zip(keys, types, contents, lifetimes, strict=True)
        }

    def _reply(self) -> Any:
        try:
            return self._connection.read_response()
        except ResponseError as error:
            return error


_READ: dict[str, Callable[[bytes], Words]] = {
    "string": lambda key: ("GET", key),
    "hash": lambda key: ("HGETALL", key),
    "set": lambda key: ("SMEMBERS", key),
    "list": lambda key: ("LRANGE", key, 0, -1),
    "zset": lambda key: ("ZRANGE", key, 0, -1, "WITHSCORES"),
    "stream": lambda key: ("XRANGE", key, "-", "+"),
}


def _plain(kind: str, content: Any) -> Any:
    match kind:
        case "hash":
            return dict(sorted(zip(content[::2], content[1::2], strict=True)))
        case "zset":
            return list(zip(content[::2], content[1::2], strict=True))
        case "set":
            return sorted(content)
        case "stream":
            return [(entry, fields) for entry, fields in content]
    return content


def answer_of(model: Model, words: Words) -> Any:
    """The model's reply, an error too."""
    try:
        return model.execute(*words)
    except RedisError as error:
        return error


def comparable(reply: Any) -> Any:
    """Errors as their text, without what redis-py takes from it or Redis adds to a script's."""
    if isinstance(reply, list):
        return [comparable(item) for item in reply]
    if isinstance(reply, Exception):
        return "error: " + _WHERE.sub("", str(reply)).removeprefix("ERR ")
    return reply
