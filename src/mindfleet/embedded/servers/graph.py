"""The graph: ArcadeDB's Bolt server, for the ordinary neo4j driver. Engine and JVM come out of `arcadedb-embedded`."""

import asyncio
from dataclasses import dataclass, field
from pathlib import Path
from signal import Signals

import psutil

from mindfleet.embedded import ports, wheels
from mindfleet.embedded.credentials import Credentials, Keyring
from mindfleet.embedded.home import Home, write_private
from mindfleet.embedded.ports import LOOPBACK
from mindfleet.embedded.runfile import Kind
from mindfleet.embedded.service import Launch
from mindfleet.embedded.waiting import until

USER = DATABASE = "neo4j"

_PACKAGE = "arcadedb_embedded"

JVM = (
    "-XX:+UseSerialGC",
    "-XX:TieredStopAtLevel=1",
    "-Xmx256m",
    "-XX:-UsePerfData",
    "-XX:+ExitOnOutOfMemoryError",
    "--enable-native-access=ALL-UNNAMED",
    "--add-opens=java.base/java.util.concurrent.atomic=ALL-UNNAMED",
    "--add-opens=java.base/java.nio.channels.spi=ALL-UNNAMED",
    "--add-opens=java.base/sun.nio.ch=ALL-UNNAMED",
)
"""A small heap and the quick compiler only: start time and memory matter here, throughput does not."""


@dataclass
class Graph:
    home: Home
    jvm: tuple[str, ...] = ()
    """Options on top of JVM."""

    name: str = "graph"
    kind: Kind = "store"
    stop_signal: Signals = Signals.SIGTERM
    health: str | None = None
    user: str = USER
    _at: Credentials = field(init=False)

    def __post_init__(self) -> None:
        self._at = Keyring(self.home).settle(self.name, count=2)

    @property
    def url(self) -> str:
        return f"bolt://{LOOPBACK}:{self._bolt}"

    @property
    def password(self) -> str:
        return self._at.password

    async def prepare(self) -> None:
        """Also looks whether the ports are free: an ArcadeDB that cannot have them neither serves nor ends."""
        if not all(map(ports.free, self._at.ports)):
            raise OSError(f"another program listens on one of the ports {self._at.ports}")
        self.home.data(self.name).mkdir(mode=0o700, exist_ok=True)
        options = (
            *JVM,
            *self.jvm,
            *self._settings(),
            "-cp",
            _classpath(),
            "com.arcadedb.server.ArcadeDBServer",
        )
        write_private(self._arguments, "\n".join(map(_quoted, options)))

    def launch(self) -> Launch:
        java = str(wheels.inside(_PACKAGE, "jre/bin/java"))
        return Launch(argv=[java, f"@{self._arguments}"], env={"LC_ALL": "C.UTF-8"}, cwd=self.home.data(self.name))

    async def ready(self, pid: int) -> None:
        """Asks over HTTP, as the Bolt port opens before its user exists and failed logins lock that user out.

        Another's ArcadeDB would answer the same, so the ports must be this process's own.
        """
        await until(self._answers)
        await until(lambda: _listens(pid, set(self._at.ports)))

    def move(self) -> None:
        self._at = Keyring(self.home).move(self.name)

    @property
    def _bolt(self) -> int:
        return self._at.ports[0]

    @property
    def _http(self) -> int:
        return self._at.ports[1]

    @property
    def _arguments(self) -> Path:
        """A file, as a command line can be read by every user of the machine."""
        return self.home.run / "graph.arguments"

    def _settings(self) -> tuple[str, ...]:
        root = self.home.data(self.name)
        password = self._at.password
        settings = {
            "server.rootPath": root,
            "server.databaseDirectory": root / "databases",
            "server.rootPassword": password,
            "server.defaultDatabases": f"{DATABASE}[{USER}:{password}:admin]",
            "server.plugins": "Bolt:com.arcadedb.bolt.BoltProtocolPlugin",
            "bolt.host": LOOPBACK,
            "bolt.port": self._bolt,
            "server.httpIncomingHost": LOOPBACK,
            "server.httpIncomingPort": self._http,
            "serverMetrics": "false",
        }
        return tuple(f"-Darcadedb.{name}={value}" for name, value in settings.items())

    async def _answers(self) -> bool:
        try:
            reader, writer = await asyncio.open_connection(LOOPBACK, self._http)
        except OSError:
            return False
        writer.write(b"GET /api/v1/ready HTTP/1.0\r\n\r\n")
        try:
            return b" 204 " in await reader.readline()
        except (OSError, ValueError):  # or no line at all: something else listens there
            return False
        finally:
            writer.close()


def _classpath() -> str:
    jars = wheels.inside(_PACKAGE, "jars")
    return ":".join(str(jar) for jar in sorted(jars.glob("*.jar")))


def _listens(pid: int, wanted: set[int]) -> bool:
    try:
        sockets = psutil.Process(pid).net_connections(kind="tcp")
    except psutil.NoSuchProcess:
        return False
    return wanted <= {socket.laddr.port for socket in sockets if socket.status == psutil.CONN_LISTEN}


def _quoted(option: str) -> str:
    """As the java launcher reads its argument files: quoted, with a backslash before each quote and backslash."""
    escaped = option.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'
