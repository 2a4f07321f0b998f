"""PostgreSQL through one pool; whatever fails because the server is away fails as `StoreUnavailable`."""

import asyncio
import json
import re
from collections.abc import AsyncGenerator, Generator, Iterable, Sequence
from contextlib import asynccontextmanager, contextmanager, suppress
from datetime import timedelta
from math import isfinite, isnan
from types import TracebackType
from typing import LiteralString, Self, TypeAlias, cast
from uuid import UUID
from weakref import WeakValueDictionary

import asyncpg

from mindfleet import ids
from mindfleet.errors import StoreUnavailable

Row: TypeAlias = asyncpg.Record

CONNECT_WITHIN = timedelta(seconds=10)
"""How long a new connection, or a free one of the pool, may take."""

ANSWER_WITHIN = timedelta(seconds=30)
"""How long a statement may take."""

TIDY_WITHIN = timedelta(seconds=1)
"""How long a connection may take to become as new; one that takes longer is dropped."""

SERVER_SETTINGS = {"application_name": "mindfleet", "timezone": "UTC", "jit": "off"}
"""Compiling a statement takes longer than any of ours."""

_AWAY: tuple[type[Exception], ...] = (
    asyncpg.PostgresConnectionError,
    asyncpg.OperatorInterventionError,
    asyncpg.InsufficientResourcesError,
    asyncpg.TransactionRollbackError,
    asyncpg.PostgresSystemError,
    asyncpg.ReadOnlySQLTransactionError,
    asyncpg.InternalClientError,
    OSError,
    TimeoutError,
)
"""The classes 08, 40, 53, 57 and 58 of PostgreSQL's error codes (its manual, appendix A), 25006 as a standby says it,
what sockets raise, and what asyncpg raises when it was told good-bye between two statements."""

_LOST = re.compile("is clos|been released back to the pool")
"""What asyncpg says, with the class that it also has for our own mistakes, of connections that are no more."""

_UNSTORABLE = re.compile("[\x00\ud800-\udfff]")


class Connection:
    """Runs statements, one after the other; in `Database.transaction` they hold together or not at all."""

    def __init__(self, connection: "asyncpg.pool.PoolConnectionProxy[Row]") -> None:
        self._connection = connection

    async def fetch(self, statement: LiteralString, *arguments: object) -> list[Row]:
        with _away():
            return await self._connection.fetch(statement, *map(storable, arguments))

    async def fetch_one(self, statement: LiteralString, *arguments: object) -> Row | None:
        with _away():
            return await self._connection.fetchrow(statement, *map(storable, arguments))

    async def execute(self, statement: LiteralString, *arguments: object, within: timedelta = ANSWER_WITHIN) -> None:
        """Run a statement; without arguments also several of them, as in a migration."""
        with _away():
            await self._connection.execute(statement, *map(storable, arguments), timeout=within.total_seconds())

    async def execute_as_it_is(self, statement: LiteralString, *arguments: object) -> None:
        """The same where the arguments are too many to look at each, and it is known that all are `storable`."""
        with _away():
            await self._connection.execute(statement, *arguments)

    async def execute_each(self, statement: LiteralString, rows: Iterable[Sequence[object]]) -> None:
        """Run a statement once for each row of arguments."""
        with _away():
            await self._connection.executemany(statement, [tuple(map(storable, row)) for row in rows])

    @asynccontextmanager
    async def transaction(self) -> AsyncGenerator["Connection"]:
        transaction = self._connection.transaction()
        with _away():
            await transaction.start()
        try:
            yield self
        except BaseException:
            with suppress(*_AWAY, asyncpg.InterfaceError):  # a lost connection has rolled back already
                await transaction.rollback()
            raise
        with _away():
            await transaction.commit()


class Database:
    """The pool of one process; a lost connection is replaced when the next statement asks for one.

    Close it, or use it as `async with await Database.open(url)`.
    """

    def __init__(self, pool: "asyncpg.Pool[Row]") -> None:
        self._pool = pool
        self._locks: WeakValueDictionary[UUID, asyncio.Lock] = WeakValueDictionary()
        # Who holds a name may need a second connection for a moment: holders never take them all.
        self._holders = asyncio.Semaphore(max(1, pool.get_max_size() // 2))

    @classmethod
    async def open(cls, url: str, *, size: int = 10) -> Self:
        """Prepare a pool; connects when the first statement runs, so that a server may come up later.

        Args:
            url: `postgresql://user:password@host:port/database`.
            size: the most connections at a time, at least 2.

        Raises:
            ValueError: `size` is too small.
        """
        if size < 2:  # noqa: PLR2004 - one to hold a name, one for everything else
            raise ValueError(f"a pool of {size} connections cannot work: give it 2 or more")
        pool = await asyncpg.create_pool(
            url,
            min_size=0,
            max_size=size,
            timeout=CONNECT_WITHIN.total_seconds(),
            command_timeout=ANSWER_WITHIN.total_seconds(),
            server_settings=SERVER_SETTINGS,
            init=_speak_json,
        )
        return cls(pool)

    async def close(self) -> None:
        """Give the connections back; what still runs has a few seconds to end."""
        try:
            await asyncio.wait_for(self._pool.close(), CONNECT_WITHIN.total_seconds())
        except TimeoutError:
            self._pool.terminate()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()

    async def ping(self) -> None:
        """Ask the server for nothing.

        Raises:
            StoreUnavailable: it does not answer, or every connection of the pool is taken.
        """
        await self.execute("SELECT")

    async def fetch(self, statement: LiteralString, *arguments: object) -> list[Row]:
        async with self.connection() as connection:
            return await connection.fetch(statement, *arguments)

    async def fetch_one(self, statement: LiteralString, *arguments: object) -> Row | None:
        async with self.connection() as connection:
            return await connection.fetch_one(statement, *arguments)

    async def execute(self, statement: LiteralString, *arguments: object) -> None:
        async with self.connection() as connection:
            await connection.execute(statement, *arguments)

    async def execute_each(self, statement: LiteralString, rows: Iterable[Sequence[object]]) -> None:
        """Run a statement once for each row of arguments; all hold, or none."""
        async with self.connection() as connection:
            await connection.execute_each(statement, rows)

    @asynccontextmanager
    async def connection(self) -> AsyncGenerator[Connection]:
        """One connection for several statements; each holds by itself."""
        with _away((*_AWAY, asyncpg.PostgresError)):  # whatever it says to a newcomer, there is no entry
            connection = await self._pool.acquire(timeout=CONNECT_WITHIN.total_seconds())
        try:
            yield Connection(connection)
        finally:
            with suppress(*_AWAY):  # a lost connection needs no tidying
                await self._pool.release(connection, timeout=TIDY_WITHIN.total_seconds())

    @asynccontextmanager
    async def transaction(self) -> AsyncGenerator[Connection]:
        """What the body writes holds together when it ends, or not at all when it raises."""
        async with self.connection() as connection, connection.transaction():
            yield connection

    @asynccontextmanager
    async def hold(self, kind: str, *parts: str) -> AsyncGenerator[Connection]:
        """A transaction that nobody else has at the same time under that name, in any process.

        Who waits in this process takes no connection. The body may use the database, but hold no second name.
        """
        name = ids.name(kind, *parts)
        lock = self._locks.setdefault(name, asyncio.Lock())
        key = int.from_bytes(name.bytes[:8], signed=True)
        async with lock, self._holders, self.transaction() as transaction:
            await transaction.execute("SELECT pg_advisory_xact_lock($1)", key)
            yield transaction


def storable(value: object) -> object:
    """The same value, without the characters that PostgreSQL has no place for: NUL and halves of surrogate pairs."""
    match value:
        case str():
            return _UNSTORABLE.sub("\ufffd", value)
        case list() | tuple():
            return [storable(item) for item in cast(Iterable[object], value)]
        case dict():
            return {storable(name): storable(item) for name, item in cast(dict[str, object], value).items()}
        case _:
            return value


@contextmanager
def _away(errors: tuple[type[Exception], ...] = _AWAY) -> Generator[None]:
    try:
        yield
    except errors as error:
        raise _unavailable(error) from error
    except asyncpg.InterfaceError as error:
        if not _LOST.search(str(error)):
            raise
        raise _unavailable(error) from error


def _unavailable(error: Exception) -> StoreUnavailable:
    reason = str(error) or "no answer in time"
    return StoreUnavailable(f"PostgreSQL is away or cannot do it now ({type(error).__name__}: {reason}): try again")


def _json(value: object) -> str:
    """As PostgreSQL takes it: without NaN and the infinities, which JSON has no place for and Python writes."""
    try:
        return json.dumps(value, allow_nan=False)
    except ValueError:
        return json.dumps(_finite(value))


def _finite(value: object) -> object:
    """The same value, with the names of such numbers."""
    match value:
        case float() if not isfinite(value):
            return "NaN" if isnan(value) else f"{'-' if value < 0 else ''}Infinity"
        case list() | tuple():
            return [_finite(item) for item in cast(Iterable[object], value)]
        case dict():
            return {name: _finite(item) for name, item in cast(dict[str, object], value).items()}
        case _:
            return value


async def _speak_json(connection: "asyncpg.Connection[Row]") -> None:
    await connection.set_type_codec("jsonb", schema="pg_catalog", encoder=_json, decoder=json.loads)
