"""JSON and MessagePack for scripts: Lua's values from bytes, and back."""

import json
from typing import Any

import msgpack
from lupa.lua51 import LuaRuntime, lua_type

_INTEGERS = range(-(2**63), 2**64)


class Json:
    """The half of `cjson` that reads; the other is in json.lua."""

    def __init__(self, lua: LuaRuntime) -> None:
        self._lua = lua

    def decode(self, text: bytes, null: object) -> object:
        """The value, or nil and what is wrong with the text."""
        try:
            read = json.loads(text.decode("utf-8", "surrogateescape"), parse_int=float, strict=False)
        except (ValueError, RecursionError) as error:
            return None, f"Expected value but found invalid token: {error}".encode()
        return self._of(read, null)

    def _of(self, value: Any, null: object) -> object:  # noqa: ANN401 - any JSON
        if isinstance(value, str):
            return value.encode("utf-8", "surrogateescape")
        if isinstance(value, list):
            return self._lua.table_from([self._of(item, null) for item in value])
        if isinstance(value, dict):
            members = {self._of(name, null): self._of(item, null) for name, item in value.items()}
            return self._lua.table_from(members)
        return null if value is None else value


class Packing:
    """The library `cmsgpack`, without its streaming calls."""

    def __init__(self, lua: LuaRuntime) -> None:
        self._lua = lua

    def pack(self, *values: object) -> bytes:
        return b"".join(msgpack.packb(_plain(value), use_bin_type=False) for value in values)

    def unpack(self, data: bytes) -> object:
        unpacker = msgpack.Unpacker(raw=True, strict_map_key=False)
        unpacker.feed(data)
        return tuple(self._of(value) for value in unpacker)

    def _of(self, value: Any) -> object:  # noqa: ANN401 - any MessagePack
        if isinstance(value, list):
            return self._lua.table_from([self._of(item) for item in value])
        if isinstance(value, dict):
            return self._lua.table_from({self._of(key): self._of(item) for key, item in value.items()})
        return value


def _plain(value: Any) -> object:  # noqa: ANN401 - any value of Lua
    """Lua's value as one that msgpack writes as cmsgpack does: whole numbers as integers, arrays by their keys."""
    if lua_type(value) != b"table" and lua_type(value) != "table":
        return int(value) if isinstance(value, float) and value.is_integer() and int(value) in _INTEGERS else value
    members = dict(value.items())
    if members.keys() == set(range(1, len(members) + 1)):
        return [_plain(members[place]) for place in range(1, len(members) + 1)]
    return {_plain(key): _plain(item) for key, item in members.items()}
