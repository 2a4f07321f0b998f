"""How commands reach a running supervisor: a unix socket, one JSON object a line, one answer for each."""

import asyncio
import json
import os
import socket
import tempfile
from asyncio import StreamReader, StreamWriter
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

from mindfleet.embedded.home import Home
from mindfleet.errors import MindfleetError

Message = dict[str, Any]

_LONGEST_PATH = 100
"""Bytes; the address of a unix socket has room for 103 on macOS and 107 on Linux."""

_LONGEST_LINE = 2**24
"""Bytes: a command carries the environments of its programs."""


class CommandRefused(MindfleetError):
    """The supervisor did not do what it was told."""


def socket_for(home: Home) -> Path:
    """Where the socket goes: into the home, or where its path is too long into a new directory of our own."""
    path = home.run / "control.sock"
    if len(os.fsencode(path)) <= _LONGEST_PATH:
        return path
    return Path(tempfile.mkdtemp(prefix="mindfleet-")) / "control.sock"


async def serve(path: Path, answer: Callable[[Message], Awaitable[Message]]) -> asyncio.Server:
    """Listens, for the owner's processes only; a `CommandRefused` from `answer` goes to the one who asked."""

    async def converse(reader: StreamReader, writer: StreamWriter) -> None:
        try:
            async for line in reader:
                writer.write(json.dumps(await _answered(answer, line)).encode() + b"\n")
                await writer.drain()
        except ConnectionError:
            pass  # whoever asked has gone
        finally:
            writer.close()

    return await asyncio.start_unix_server(converse, sock=_bound(path), limit=_LONGEST_LINE)


async def ask(path: Path | str, message: Message) -> Message:
    """The supervisor's answer.

    Raises:
        CommandRefused: it says why.
        OSError: nobody listens.
    """
    reader, writer = await asyncio.open_unix_connection(path, limit=_LONGEST_LINE)
    try:
        writer.write(json.dumps(message).encode() + b"\n")
        line = await reader.readline()
    finally:
        writer.close()
    if not line:
        raise ConnectionResetError("the supervisor hung up")
    answer: Message = json.loads(line)
    if "refused" in answer:
        raise CommandRefused(answer["refused"])
    return answer


def _bound(path: Path) -> socket.socket:
    path.unlink(missing_ok=True)
    listener = socket.socket(socket.AF_UNIX)
    listener.bind(str(path))
    path.chmod(0o600)
    return listener


async def _answered(answer: Callable[[Message], Awaitable[Message]], line: bytes) -> Message:
    try:
        return await answer(json.loads(line))
    except CommandRefused as refusal:
        return {"refused": str(refusal)}
    except (ValueError, KeyError, TypeError) as error:
        return {"refused": f"not a command: {error!r}"}
