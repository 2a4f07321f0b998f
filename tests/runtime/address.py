"""One address behind which one server after the other stands, as behind a virtual IP or a service's name."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager, suppress


class Address:
    """Leads each new connection to the server that stands there now; old ones stay where they are."""

    def __init__(self, port: int) -> None:
        self.to = port
        self.port = 0
        self.loses_answers_to = b""
        """The next time that this is said, it is done, and then the wire breaks."""

        self.lost = 0
        """How many answers were."""

        self.is_silent: set[asyncio.Event] = set()
        """Those connections that carry nothing any more, and stay."""

        self._connections: set[asyncio.Event] = set()
        self._carrying: dict[asyncio.Task[None], asyncio.StreamWriter] = {}
        self._server: asyncio.Server | None = None

    @property
    def url(self) -> str:
        return f"redis://127.0.0.1:{self.port}/0"

    async def open(self) -> None:
        self._server = await asyncio.start_server(self._connect, "127.0.0.1", 0)
        self.port = self._server.sockets[0].getsockname()[1]

    def fall_silent(self) -> None:
        """Nothing that is said on the connections that there are arrives, in either direction; new ones are well."""
        self.is_silent |= self._connections

    async def close(self) -> None:
        if self._server:
            self._server.close()
        for writer in self._carrying.values():
            writer.transport.abort()
        if self._carrying:
            await asyncio.wait(self._carrying)

    async def _connect(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            there_reader, there_writer = await asyncio.open_connection("127.0.0.1", self.to)
        except OSError:
            writer.transport.abort()
            return
        breaks = asyncio.Event()
        self._connections.add(breaks)
        for source, target, carry in (
            (reader, there_writer, self._carry_there),
            (there_reader, writer, self._carry_back),
        ):
            task = asyncio.create_task(carry(source, target, breaks))
            self._carrying[task] = target
            task.add_done_callback(self._carrying.pop)

    async def _carry_there(
        self, source: asyncio.StreamReader, target: asyncio.StreamWriter, breaks: asyncio.Event
    ) -> None:
        with suppress(ConnectionError):
            while data := await source.read(65536):
                if breaks in self.is_silent:
                    continue
                if self.loses_answers_to and self.loses_answers_to in data:
                    self.loses_answers_to = b""
                    breaks.set()
                target.write(data)
                await target.drain()
        target.close()

    async def _carry_back(
        self, source: asyncio.StreamReader, target: asyncio.StreamWriter, breaks: asyncio.Event
    ) -> None:
        with suppress(ConnectionError):
            while data := await source.read(65536):
                if breaks in self.is_silent:
                    continue
                if breaks.is_set():
                    self.lost += 1
                    break
                target.write(data)
                await target.drain()
        target.close()


@asynccontextmanager
async def address_of(port: int) -> AsyncGenerator[Address]:
    address = Address(port)
    await address.open()
    try:
        yield address
    finally:
        await address.close()
