"""Whom the jobs send to: carries effects out, and counts each that it had to carry out twice."""

import asyncio
import json
from collections import Counter
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from random import Random
from typing import Any


@dataclass
class Receiver:
    """Answers an idempotency key that it knows with its first answer, as Discord's `enforce_nonce` does.

    What is one effect is told by the body, whatever its key. Now and then an answer is late or gets lost, after the
    effect was carried out.
    """

    random: Random
    port: int = 0
    carried_out: Counter[str] = field(default_factory=Counter[str])
    repeated: int = 0
    """Requests under a known key."""

    _answers: dict[str, str] = field(default_factory=dict[str, str])

    @property
    def duplicates(self) -> int:
        """How many effects were carried out once too often."""
        return sum(times - 1 for times in self.carried_out.values())

    def take(self, key: str, identity: str) -> str:
        """Carry it out unless the key is known; what it is called here."""
        if key in self._answers:
            self.repeated += 1
        else:
            self.carried_out[identity] += 1
            self._answers[key] = f"effect-{len(self._answers) + 1}"
        return self._answers[key]

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """One request, one answer."""
        with suppress(ConnectionError, asyncio.IncompleteReadError):  # who asks may be killed meanwhile
            key, body = await _read(reader)
            answer = json.dumps({"id": self.take(key, body["identity"])}).encode()
            await asyncio.sleep(self.random.choice((0, 0, 0, 0.05, 1.0)))
            if self.random.random() > LOST:
                writer.write(f"HTTP/1.1 200 -\r\nContent-Length: {len(answer)}\r\n\r\n".encode() + answer)
                await writer.drain()
        writer.close()


LOST = 0.05
"""The part of the answers that get lost on their way."""


async def _read(reader: asyncio.StreamReader) -> tuple[str, dict[str, Any]]:
    lines = (await reader.readuntil(b"\r\n\r\n")).decode().splitlines()
    headers = dict(line.lower().split(": ", 1) for line in lines[1:] if line)
    body: dict[str, Any] = json.loads(await reader.readexactly(int(headers["content-length"])))
    return headers["idempotency-key"], body


@asynccontextmanager
async def receiving(random: Random) -> AsyncGenerator[Receiver]:
    """A receiver on a free port of this machine."""
    receiver = Receiver(random)
    server = await asyncio.start_server(receiver.serve, "127.0.0.1", 0)
    receiver.port = server.sockets[0].getsockname()[1]
    async with server:
        yield receiver
