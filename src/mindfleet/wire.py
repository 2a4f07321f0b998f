"""How jobs and results look in Redis: arq's envelope as JSON or msgpack, never pickle.

arq's keys in the envelope: `t` try, `f` function, `a` positional and `k` keyword arguments, `et` enqueue time in ms;
ours alone, and ignored by arq, `n` names the call that enqueued it, and `o` the job that it is a replay of;
in a result also `s` success, `r` result, `st` and `ft` start and finish in ms, `q` queue, `id` job id.
"""

from asyncio import CancelledError
from collections.abc import Callable
from datetime import date, datetime, timedelta
from typing import Any, Literal, cast
from uuid import UUID

import msgpack
from pydantic_core import from_json, to_json

from mindfleet.errors import MindfleetError

Envelope = dict[str, Any]
Encode = Callable[[Envelope], bytes]
Decode = Callable[[bytes], Envelope]
Format = Literal["json", "msgpack"]

PICKLE_FIRST_BYTE = 0x80
"""The PROTO opcode that every pickle since protocol 2 starts with (PEP 307)."""

_ERROR = "__error__"
_CANCELLED = {"CancelledError", "Cancelled"}


class Unreadable(MindfleetError, ValueError):
    """These bytes are not a job of ours."""


class JobFailed(MindfleetError):
    """How an error of a job looks to whoever reads its result: the name of its class, and its words."""

    def __init__(self, kind: str, message: str) -> None:
        super().__init__(f"{kind}: {message}")
        self.kind = kind
        self.message = message


def encode_json(envelope: Envelope) -> bytes:
    return to_json(envelope, fallback=_plain, timedelta_mode="float", inf_nan_mode="constants")


def encode_msgpack(envelope: Envelope) -> bytes:
    return cast("bytes", msgpack.packb(envelope, default=_plain))


ENCODERS: dict[Format, Encode] = {"json": encode_json, "msgpack": encode_msgpack}

job_serializer = encode_json
"""For a producer that uses arq itself: `create_pool(…, job_serializer=mindfleet.job_serializer)`."""


def decode(data: bytes) -> Envelope:
    """The envelope, whichever of the two formats it is in.

    Raises:
        Unreadable: it is a pickle (which is never opened), or neither JSON nor msgpack.
    """
    if data[:1] == bytes([PICKLE_FIRST_BYTE]):
        raise Unreadable(
            "this is a pickle, which is never opened here; give the producer "
            "`create_pool(…, job_serializer=mindfleet.job_serializer)`"
        )
    try:
        read = cast("object", from_json(data) if data[:1] == b"{" else msgpack.unpackb(data))
    except ValueError as error:
        raise Unreadable(f"neither JSON nor msgpack: {error}") from error
    if not isinstance(read, dict):
        raise Unreadable("a job is a map of arq's fields, and this is none")
    envelope = cast("Envelope", read)
    result = envelope.get("r")
    if isinstance(result, dict) and _ERROR in result:
        kind, message = cast("dict[str, tuple[str, str]]", result)[_ERROR]
        envelope["r"] = JobFailed(kind, message)
    return envelope


def job_deserializer(data: bytes) -> Envelope:
    """For what reads results by arq itself, as `arq.jobs.Job`: an aborted job raises `CancelledError`, as in arq.

    Raises:
        Unreadable: as `decode`.
    """
    envelope = decode(data)
    result = envelope.get("r")
    if isinstance(result, JobFailed) and result.kind in _CANCELLED:
        envelope["r"] = CancelledError(result.message)
    return envelope


def _plain(value: object) -> object:
    match value:
        case datetime() | date():
            return value.isoformat()
        case timedelta():
            return value.total_seconds()
        case UUID():
            return str(value)
        case set() | frozenset() | tuple():
            return list(value)  # pyright: ignore[reportUnknownArgumentType, reportUnknownVariableType]
        case JobFailed():
            return {_ERROR: [value.kind, value.message]}
        case BaseException():
            return {_ERROR: [type(value).__name__, str(value)]}
        case _:
            raise TypeError(f"{type(value).__name__} cannot be sent to a worker")
