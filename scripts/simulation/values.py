"""What a key of the model holds, what a command answers, and how Redis writes numbers.

Measured on Valkey 9.1; numbers as its fpconv writes them (RESP2). Where that algorithm, Grisu2, does not find the
shortest digits (about one double in a thousand, none of them an integer below 2**62), the model's are shorter.
"""

import math
import re
from bisect import bisect_left, insort
from fractions import Fraction
from typing import TypeAlias

Reply: TypeAlias = "int | bytes | list[Reply] | RedisError | None"
"""An error stands for itself only inside the array that a script returned."""

INT64 = range(-(2**63), 2**63)
_PLAIN_INTEGER = 2**62
_NUMBER = re.compile(rb"[+-]?(?:(?:\d+\.?\d*|\.\d+)(?:e[+-]?\d+)?|inf|infinity)", re.IGNORECASE)


class RedisError(Exception):
    """An error reply, with its code: `ERR syntax error`."""


class NotModelled(NotImplementedError):
    """Redis may know this, the model does not: whoever meets it must extend the model."""


class Status(bytes):
    """A simple string, such as OK; Lua sees it as a table."""

    __slots__ = ()


OK = Status(b"OK")


class Hash(dict[bytes, bytes]):
    """A hash, in order of insertion."""


class Members(dict[bytes, None]):
    """A set, in order of insertion, so that the same commands always meet the same order."""


class Items(list[bytes]):
    """A list, its left end first."""


class SortedSet:
    """Members by score, then by their bytes."""

    __slots__ = ("ranked", "scores")

    def __init__(self) -> None:
        self.scores: dict[bytes, float] = {}
        self.ranked: list[tuple[float, bytes]] = []

    def __len__(self) -> int:
        return len(self.ranked)

    def put(self, member: bytes, score: float) -> None:
        old = self.scores.get(member)
        if old is not None:
            del self.ranked[bisect_left(self.ranked, (old, member))]
        self.scores[member] = score
        insort(self.ranked, (score, member))

    def remove(self, member: bytes) -> bool:
        score = self.scores.pop(member, None)
        if score is None:
            return False
        del self.ranked[bisect_left(self.ranked, (score, member))]
        return True

    def rank(self, member: bytes) -> int | None:
        score = self.scores.get(member)
        return None if score is None else bisect_left(self.ranked, (score, member))

    def remove_between(self, start: int, stop: int) -> list[tuple[float, bytes]]:
        """Remove ranks from start up to, but without, stop."""
        removed = self.ranked[start:stop]
        del self.ranked[start:stop]
        for _, member in removed:
            del self.scores[member]
        return removed


StreamId = tuple[int, int]


class Stream:
    """Entries by id, milliseconds and sequence number."""

    __slots__ = ("entries", "last_id")

    def __init__(self) -> None:
        self.entries: list[tuple[StreamId, list[bytes]]] = []
        self.last_id: StreamId = (0, 0)

    def __len__(self) -> int:
        return len(self.entries)


Value = bytes | Hash | Members | Items | SortedSet | Stream

TYPE_NAMES: dict[type, bytes] = {
    bytes: b"string",
    Hash: b"hash",
    Members: b"set",
    Items: b"list",
    SortedSet: b"zset",
    Stream: b"stream",
}


def integer(text: bytes, error: str = "ERR value is not an integer or out of range") -> int:
    """Read what Redis reads as a signed integer of 64 bits: no sign but minus, no spaces, no leading zeros."""
    try:
        number = int(text)
    except ValueError:
        raise RedisError(error) from None
    if b"%d" % number != text or number not in INT64:
        raise RedisError(error)
    return number


def double(text: bytes, error: str = "ERR value is not a valid float") -> float:
    if not text.isdigit() and not _NUMBER.fullmatch(text):
        raise RedisError(error)
    return float(text)


def written(number: float) -> bytes:
    """Write a double as replies and arguments from Lua do: `17`, `1.5`, `1e+20`."""
    if number == 0:
        return b"0"
    if -_PLAIN_INTEGER <= number <= _PLAIN_INTEGER and number == int(number):
        return b"%d" % int(number)
    if not math.isfinite(number):
        return b"nan" if math.isnan(number) else (b"inf" if number > 0 else b"-inf")
    return _laid_out(float(number)).encode()


def _laid_out(number: float) -> str:
    """The layout of fpconv's `emit_digits`."""
    mantissa, _, power = f"{abs(number)!r}".partition("e")
    whole, _, part = mantissa.partition(".")
    exponent = int(power or 0) - len(part)
    digits = (whole + part).lstrip("0")
    stripped = digits.rstrip("0")
    exponent += len(digits) - len(stripped)
    sign = "-" if number < 0 else ""
    return sign + _placed(stripped, exponent)


def _placed(digits: str, exponent: int) -> str:
    scientific = exponent + len(digits) - 1
    if exponent >= 0 and abs(scientific) < len(digits) + 7:
        return digits + "0" * exponent
    if exponent < 0 and (exponent > -7 or abs(scientific) < 4):  # noqa: PLR2004 - fpconv's own bounds
        padded = digits.rjust(1 - exponent, "0")
        return f"{padded[:exponent]}.{padded[exponent:]}"
    tail = f".{digits[1:]}" if len(digits) > 1 else ""
    return f"{digits[0]}{tail}e{'-' if scientific < 0 else '+'}{abs(scientific)}"


def sum_of_floats(one: Fraction | None, other: Fraction | None, error: str) -> bytes:
    """Add as INCRBYFLOAT does, and write with 17 decimals without trailing zeros; None is infinite."""
    if one is None or other is None:
        raise RedisError(error)
    scaled = round(_extended(one + other) * 10**17)
    whole, decimals = divmod(abs(scaled), 10**17)
    text = f"{whole}.{decimals:017d}".rstrip("0").rstrip(".")
    return f"{'-' if scaled < 0 else ''}{text}".encode()


def long_double(text: bytes, error: str = "ERR value is not a valid float") -> Fraction | None:
    """Read into one of the 80-bit floats of x86, as INCRBYFLOAT does; None for what is infinite."""
    if not _NUMBER.fullmatch(text):
        raise RedisError(error)
    return None if b"i" in text.lower() else _extended(Fraction(text.decode()))


def _extended(number: Fraction) -> Fraction:
    """Round to the 64 bits of the mantissa, half to even."""
    if not number:
        return number
    scale = 64 - (abs(number.numerator).bit_length() - number.denominator.bit_length())
    unit = Fraction(1, 2**scale) if scale >= 0 else Fraction(2**-scale)
    if abs(number) / unit >= 2**64:
        unit *= 2
    return round(number / unit) * unit
