"""The one PostgreSQL of a benchmark, the embedded stack's: the ledger of our own jobs is copied there as in a fleet."""

import asyncio
import logging
import os
import time
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from signal import Signals
from typing import Self

import asyncpg
from redis.asyncio import Redis

from mindfleet.adapters.postgres import Database, PostgresLedger
from mindfleet.embedded.home import Home
from mindfleet.embedded.servers.postgres import ENVIRONMENT, Postgres
from mindfleet.embedded.waiting import until
from mindfleet.migrations.runner import migrate
from mindfleet.runtime.ledger_entries import STREAM
from mindfleet.runtime.ledger_writer import writing
from scripts.benching.processes import BenchFailed, Process

SOON = timedelta(milliseconds=5)
READY_WITHIN = 60.0
COPIED_WITHIN = 600.0


@dataclass(frozen=True)
class Copied:
    """What it took to bring the ledger's stream to PostgreSQL while nothing else happened."""

    entries: int
    seconds: float
    writer_cpu_s: float
    postgres_cpu_s: float

    @property
    def cpu_s(self) -> float:
        """Of both; what Redis does for them is not in it."""
        return self.writer_cpu_s + self.postgres_cpu_s


class LedgerStore:
    """A running server; closed when its block ends."""

    def __init__(self, folder: Path) -> None:
        self._home = Home.at(folder)

    def __enter__(self) -> Self:
        self._home.create()
        asyncio.run(self._start())
        return self

    def __exit__(self, *_: object) -> None:
        self.process.stop(Signals.SIGINT)

    @property
    def url(self) -> str:
        return self._postgres.url

    def clean(self) -> None:
        """No rows."""
        asyncio.run(self._clean())

    def copy(self, redis_url: str) -> Copied:
        """Write down everything that the stream of that Redis has.

        Raises:
            BenchFailed: it took too long.
        """
        try:
            return asyncio.run(self._copy(redis_url))
        except TimeoutError:
            raise BenchFailed(f"the ledger was not written within {COPIED_WITHIN:.0f} s") from None

    async def _start(self) -> None:
        self._postgres = Postgres(self._home)
        await self._postgres.prepare()
        launch = self._postgres.launch()
        log = self._home.log("postgres")
        self.process = Process(launch.argv, ENVIRONMENT, log, before_exec=launch.before_exec)
        try:
            async with asyncio.timeout(READY_WITHIN):
                await self._postgres.ready(self.process.pid)
            async with await Database.open(self.url, size=2) as database:
                await migrate(database, None, pgvector=False)
        except BaseException:
            self.process.stop(Signals.SIGINT)
            raise

    async def _clean(self) -> None:
        connection = await asyncpg.connect(self.url)
        try:
            await connection.execute("TRUNCATE jobs")
        finally:
            await connection.close()

    async def _copy(self, redis_url: str) -> Copied:
        began, own, postgres = time.monotonic(), time.process_time(), self.process.cpu_s()
        redis = Redis.from_url(redis_url)
        try:
            async with (
                _unheard_complaints(),
                asyncio.timeout(COPIED_WITHIN),
                await Database.open(self.url, size=2) as database,
                writing(redis, PostgresLedger(database), owner=f"bench-{os.getpid()}") as writer,
            ):
                await until(lambda: _is_empty(redis), every=SOON)
                # Now, as PostgreSQL's side of these connections ends with them.
                used = time.process_time() - own, self.process.cpu_s() - postgres
                return Copied(writer.written, time.monotonic() - began, *used)
        finally:
            await redis.aclose()


@asynccontextmanager
async def _unheard_complaints() -> AsyncGenerator[None]:
    """That the ledger is behind is wanted here."""
    writer = logging.getLogger("mindfleet.runtime.ledger_writer")
    before = writer.level
    writer.setLevel(logging.ERROR)
    try:
        yield
    finally:
        writer.setLevel(before)


async def _is_empty(redis: Redis) -> bool:
    left: int = await redis.xlen(STREAM)
    return left == 0
