"""JSON, MessagePack and 32-bit integers for scripts: the libraries that Redis adds to Lua."""

import json
import struct
from collections.abc import Callable
from functools import reduce
from operator import and_, or_, xor
from typing import Any

import msgpack
from lupa.lua51 import LuaRuntime, lua_type

_INTEGERS = range(-(2**63), 2**63)


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
        return b"".join(map(_packed, values))

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


def _packed(value: Any) -> bytes:  # noqa: ANN401 - any value of Lua
    """Write a value of Lua as cmsgpack does: arrays by their keys, whole numbers as integers, floats in short."""
    if lua_type(value) == "table":
        return _packed_table(dict(value.items()))
    if isinstance(value, float):
        return _packed_float(value)
    packed: bytes = msgpack.packb(value, use_bin_type=False)
    return packed


def _packed_table(members: dict[object, object]) -> bytes:
    packer = msgpack.Packer()
    count = len(members)
    if members.keys() == set(range(1, count + 1)):
        return bytes(packer.pack_array_header(count)) + b"".join(_packed(members[n]) for n in range(1, count + 1))
    pairs = [_packed(key) + _packed(item) for key, item in members.items()]
    return bytes(packer.pack_map_header(count)) + b"".join(pairs)


def _packed_float(number: float) -> bytes:
    if number.is_integer() and int(number) in _INTEGERS:
        return _packed(int(number))
    try:
        is_short = struct.unpack(">f", struct.pack(">f", number))[0] == number
    except OverflowError:
        is_short = False
    packed: bytes = msgpack.packb(number, use_single_float=is_short)
    return packed


def _signed(number: int) -> int:
    return (number & 0xFFFFFFFF ^ 0x80000000) - 0x80000000


def _folded(operation: Callable[[int, int], int]) -> Callable[..., int]:
    return lambda *numbers: _signed(reduce(operation, map(round, numbers)))


BIT: dict[bytes, object] = {
    b"tobit": lambda number: _signed(round(number)),
    b"bnot": lambda number: _signed(~round(number)),
    b"band": _folded(and_),
    b"bor": _folded(or_),
    b"bxor": _folded(xor),
    b"lshift": lambda number, by: _signed(round(number) << (by & 31)),
    b"rshift": lambda number, by: _signed((round(number) & 0xFFFFFFFF) >> (by & 31)),
    b"arshift": lambda number, by: _signed(round(number)) >> (by & 31),
}
"""The library `bit`, without rotating, swapping and hexadecimal."""
