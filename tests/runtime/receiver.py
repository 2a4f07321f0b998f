"""A provider of posts on this machine, which counts what is carried out, and how often."""

import asyncio
import json
from collections import Counter
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from typing import Any


@dataclass
class Receiver:
    """What it was told to carry out.

    Args:
        keeps_keys: it answers a key that it knows with its first answer, as Discord's `enforce_nonce` does.
    """

    keeps_keys: bool
    port: int = 0
    carried_out: list[dict[str, Any]] = field(default_factory=list[dict[str, Any]])
    refusals: int = 0
    """The next so many requests are refused."""

    lost_answers: int = 0
    """The next so many requests are carried out, and then the wire breaks."""

    _dialled: list[asyncio.StreamWriter] = field(default_factory=list[asyncio.StreamWriter])
    _served: int = 0
    _one_more: asyncio.Event = field(default_factory=asyncio.Event)
    _answers: dict[str, dict[str, Any]] = field(default_factory=dict[str, dict[str, Any]])

    @property
    def duplicates(self) -> int:
        """How many effects were carried out once too often."""
        return sum(times - 1 for times in Counter(each["key"] for each in self.carried_out).values())

    async def dial(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        """A wire to it, which ends with it at the latest: who is cut off hangs up as little as who is dead."""
        reader, writer = await asyncio.open_connection("127.0.0.1", self.port)
        self._dialled.append(writer)
        return reader, writer

    async def hang_up(self) -> None:
        """End every wire, as a dead process does, and carry out what is still on one."""
        for writer in self._dialled:
            writer.close()
        while self._served < len(self._dialled):
            self._one_more.clear()
            await self._one_more.wait()

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """One request, one answer."""
        with suppress(asyncio.IncompleteReadError):  # the other end died
            method, asked = await _read(reader)
            status, answer = self._answer(method, asked)
            if answer is not None:
                body = json.dumps(answer).encode()
                writer.write(f"HTTP/1.1 {status} -\r\nContent-Length: {len(body)}\r\n\r\n".encode() + body)
        writer.close()
        self._served += 1
        self._one_more.set()

    def _answer(self, method: str, asked: dict[str, Any]) -> tuple[int, dict[str, Any] | None]:
        known = self._answers.get(asked["key"])
        if method == "GET":
            return 200, known or {"id": None}
        if self.refusals:
            self.refusals -= 1
            return 403, {}
        if not (known and self.keeps_keys):
            self.carried_out.append(asked)
            known = self._answers[asked["key"]] = {"id": f"m{len(self.carried_out)}"}
        if self.lost_answers:
            self.lost_answers -= 1
            return 0, None
        return 200, known


async def _read(reader: asyncio.StreamReader) -> tuple[str, dict[str, Any]]:
    head = (await reader.readuntil(b"\r\n\r\n")).decode()
    length = int(head.lower().split("content-length:")[1].split("\r\n")[0])
    asked: dict[str, Any] = json.loads(await reader.readexactly(length))
    return head.split()[0], asked


@asynccontextmanager
async def receiving(*, keeps_keys: bool) -> AsyncGenerator[Receiver]:
    """A receiver on a free port of this machine."""
    receiver = Receiver(keeps_keys=keeps_keys)
    server = await asyncio.start_server(receiver.serve, "127.0.0.1", 0)
    receiver.port = server.sockets[0].getsockname()[1]
    async with server:
        yield receiver
        await receiver.hang_up()
