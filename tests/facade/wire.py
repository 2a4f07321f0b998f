"""A wire to a server that can be cut so that what was sent arrives, and no answer comes back."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from urllib.parse import urlsplit


@dataclass
class Wire:
    url: str = ""
    is_cut: bool = False
    """Hangs up instead of answering."""

    calls_left: int | None = None
    """After so many calls of scripts it is cut."""

    _tasks: set["asyncio.Task[None]"] = field(default_factory=set["asyncio.Task[None]"])

    async def join(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, host: str, port: int) -> None:
        far_reader, far_writer = await asyncio.open_connection(host, port)
        forth = asyncio.create_task(self._carry(reader, far_writer, answers=False))
        self._tasks.add(forth)
        await self._carry(far_reader, writer, answers=True)
        far_writer.close()
        await forth
        self._tasks.discard(forth)

    async def _carry(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, *, answers: bool) -> None:
        with suppress(ConnectionError):
            while data := await reader.read(65536):
                if answers and self.is_cut:
                    break
                if not answers and self.calls_left is not None:
                    self.calls_left -= data.count(b"FCALL")
                    self.is_cut = self.calls_left < 0
                writer.write(data)
                await writer.drain()
        writer.close()


@asynccontextmanager
async def wire_to(url: str) -> AsyncGenerator[Wire]:
    """A wire on a free port of this machine."""
    parts, wire = urlsplit(url), Wire()
    host, port = parts.hostname or "", parts.port or 0

    server = await asyncio.start_server(lambda r, w: wire.join(r, w, host, port), "127.0.0.1", 0)
    wire.url = url.replace(f":{port}/", f":{server.sockets[0].getsockname()[1]}/")
    async with server:
        yield wire
