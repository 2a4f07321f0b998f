"""A wire to a server that can be cut, left silent, and mended: what a killed or stuck server looks like."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager, suppress
from urllib.parse import urlsplit, urlunsplit


class Wire:
    """Carries bytes to the server at `url` and back."""

    def __init__(self, url: str) -> None:
        self._to = urlsplit(url)
        self._server: asyncio.Server | None = None
        self._port = 0
        self._carrying: dict[asyncio.Task[None], asyncio.StreamWriter] = {}
        self._clients: list[asyncio.StreamWriter] = []
        self._speaks = asyncio.Event()
        self._speaks.set()

    @property
    def url(self) -> str:
        login, _, _ = self._to.netloc.rpartition("@")
        return urlunsplit(self._to._replace(netloc=f"{login}@127.0.0.1:{self._port}"))

    @property
    def carried(self) -> int:
        """How many connections there are now."""
        return sum(not writer.is_closing() for writer in self._carrying.values()) // 2

    async def mend(self) -> None:
        self._server = await asyncio.start_server(self._connect, "127.0.0.1", self._port)
        self._port = self._server.sockets[0].getsockname()[1]

    async def cut(self) -> None:
        """End every connection, and refuse new ones."""
        if self._server is not None:
            self._server.close()
        for writer in self._carrying.values():
            writer.transport.abort()
        if self._carrying:
            await asyncio.wait(self._carrying)

    def silence(self) -> None:
        """Carry nothing any more, and tell nobody."""
        self._speaks.clear()

    def tell(self, message: bytes) -> None:
        """Have the server say something to every client that nobody asked for."""
        for writer in self._clients:
            writer.write(message)

    async def _connect(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._clients.append(writer)
        there_reader, there_writer = await asyncio.open_connection(self._to.hostname, self._to.port)
        for source, target in ((reader, there_writer), (there_reader, writer)):
            task = asyncio.create_task(self._carry(source, target))
            self._carrying[task] = target
            task.add_done_callback(self._carrying.pop)

    async def _carry(self, source: asyncio.StreamReader, target: asyncio.StreamWriter) -> None:
        with suppress(ConnectionError):
            while data := await source.read(65536):
                await self._speaks.wait()
                target.write(data)
                await target.drain()
        target.close()


@asynccontextmanager
async def wire_to(url: str) -> AsyncGenerator[Wire]:
    wire = Wire(url)
    await wire.mend()
    try:
        yield wire
    finally:
        wire._speaks.set()
        await wire.cut()
