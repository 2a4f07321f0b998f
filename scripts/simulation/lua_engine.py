"""Runs the Lua of Redis' scripts, in Lua 5.1 itself.

A script is atomic, but what it wrote before an error stays written, as in Redis. One that runs for more than some fifty
million instructions ends with a BUSY error. Errors have the text that the script sees; Redis adds the script's hash and
line for the client. The library `struct` is left out.
"""

from collections.abc import Callable, Sequence
from hashlib import sha1
from pathlib import Path
from typing import Any

from lupa.lua51 import LuaRuntime

from scripts.simulation.lua_values import BIT, Json, Packing
from scripts.simulation.values import RedisError, Reply, Status, written

PRELUDE = Path(__file__).with_name("prelude.lua")
JSON = Path(__file__).with_name("json.lua")

_AT_ONCE = 5000
"""How many values one call can give to Lua: its C stack ends at 8000."""

Run = Callable[[list[bytes]], Reply]


class Script:
    """One compiled script."""

    def __init__(self, chunk: object, engine: "LuaEngine") -> None:
        self._chunk = chunk
        self._engine = engine

    def __call__(self, keys: Sequence[bytes | str], arguments: Sequence[bytes | str | int | float]) -> Reply:
        """Run it.

        Raises:
            RedisError: it ended in an error, or returned one.
        """
        return self._engine.run(self._chunk, keys, arguments)


class LuaEngine:
    """One interpreter; `command` runs what a script asks of Redis."""

    def __init__(self, command: Run) -> None:
        self._lua = LuaRuntime(encoding=None, unpack_returned_tuples=True)
        self._command = command
        self._crash: Exception | None = None
        given = self._given()
        self._compile, self._register, self._run, self._run_flat, self._trace = self._load(PRELUDE, self._answer, given)

    def trace(self) -> Callable[[], frozenset[int]]:
        """Write down through which lines scripts go, which takes time; call it for those since the last call."""
        told = self._trace()
        return lambda: frozenset(told())

    def compile(self, text: bytes) -> Script:
        """Compile a script.

        Raises:
            RedisError: it is no Lua.
        """
        chunk, problem = self._compile(text)
        if chunk is None:
            raise RedisError(f"ERR Error compiling script (new function): {problem.decode(errors='replace')}")
        return Script(chunk, self)

    def register(self, library: bytes) -> Script:
        """Load a library, and find the function that it registers.

        Raises:
            RedisError: it is no Lua.
        """
        function, problem = self._register(library)
        if function is None:
            raise RedisError(f"ERR Error registering functions: {problem.decode(errors='replace')}")
        return Script(function, self)

    def run(self, chunk: object, keys: Sequence[bytes | str], arguments: Sequence[bytes | str | int | float]) -> Reply:
        self._crash = None
        words = [word if type(word) is bytes else _text(word) for word in (*keys, *arguments)]
        count = len(keys)
        reply: Reply
        if len(words) < _AT_ONCE:
            reply = self._run_flat(chunk, count, *words)
        else:
            table = self._lua.table_from
            reply = self._run(chunk, table(words[:count]), table(words[count:]))
        if self._crash:
            raise self._crash
        if type(reply) is RedisError:
            raise reply
        return reply

    def _load(self, path: Path, *arguments: object) -> Any:  # noqa: ANN401 - whatever the chunk returns
        return self._lua.execute(path.read_bytes(), *arguments, name=f"@{path.name}".encode())

    def _given(self) -> object:
        json = Json(self._lua)
        packing = Packing(self._lua)
        members: dict[bytes, object] = {
            b"sha1hex": lambda text: sha1(text, usedforsecurity=False).hexdigest().encode(),
            b"extended": _extended,
            b"smallest": -(2**63),
            b"error": lambda text: RedisError(text.decode(errors="replace")),
            b"status": Status,
            b"double": written,
            b"cjson": self._load(JSON, json.decode),
            b"cmsgpack": self._lua.table_from({b"pack": packing.pack, b"unpack": packing.unpack}),
            b"bit": self._lua.table_from(BIT),
        }
        return self._lua.table_from(members)

    def _answer(self, *words: object) -> object:
        """Run a command for a script; prelude.lua says how its reply is handed over."""
        try:
            reply = self._command([word if type(word) is bytes else _argument(word) for word in words])
        except RedisError as error:
            return None, False, str(error).encode()
        except Exception as error:
            self._crash = error  # a fault of the model must not be caught by a script's pcall
            raise
        kind = type(reply)
        if kind is bytes or kind is int:
            return reply
        if reply is None:
            return False
        return self._array(reply) if isinstance(reply, list) else (None, True, reply)

    def _array(self, items: list[Reply]) -> object:
        if len(items) > _AT_ONCE or any(type(item) is list for item in items):
            return self._table(items)
        return True, *[False if item is None else item for item in items]

    def _table(self, items: list[Reply]) -> object:
        return self._lua.table_from([self._item(item) for item in items])

    def _item(self, item: Reply) -> object:
        if isinstance(item, list):
            return self._table(item)
        return False if item is None else item


def _extended(items: list[Reply] | None, *more: Reply) -> list[Reply]:
    return [*items, *more] if items else [*more]


def _argument(word: object) -> bytes:
    if type(word) is int or type(word) is float:
        return written(word)
    raise RedisError("ERR Command arguments must be strings or integers")


def _text(word: bytes | str | float) -> bytes:
    if isinstance(word, bytes):
        return word
    return word.encode() if isinstance(word, str) else written(word)
