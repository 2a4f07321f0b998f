"""The graph through one driver; whatever fails because the server is away fails as `StoreUnavailable`."""

import asyncio
from collections.abc import Awaitable, Callable, Generator
from contextlib import contextmanager
from datetime import timedelta
from random import random
from types import TracebackType
from typing import Any, LiteralString, Self, TypeVar

from neo4j import AsyncDriver, AsyncGraphDatabase, AsyncManagedTransaction, AsyncSession
from neo4j.exceptions import (
    AuthError,
    ClientError,
    ConnectionAcquisitionTimeoutError,
    ConstraintError,
    DatabaseError,
    ServiceUnavailable,
    SessionExpired,
    TransientError,
)

from mindfleet.errors import StoreUnavailable
from mindfleet.retry import Retry

R = TypeVar("R")
Row = dict[str, Any]

CONNECT_WITHIN = timedelta(seconds=5)

AGAIN = Retry(
    attempts=20,
    # Two that create the same node at once: one is refused, and finds the node the second time.
    on=(TransientError, ConstraintError, ServiceUnavailable, SessionExpired),
    first=timedelta(milliseconds=50),
    cap=timedelta(seconds=1),
)
"""A transaction that failed for a reason that may pass is run again; all of ours may be run twice."""

_AWAY: tuple[type[Exception], ...] = (
    *AGAIN.on,
    ConnectionAcquisitionTimeoutError,
    DatabaseError,
    OSError,
    TimeoutError,
)
_NOT_YET = "Neo.ClientError.Database.DatabaseNotFound"


class Transaction:
    """Runs statements, one after the other; they hold together or not at all."""

    def __init__(self, transaction: AsyncManagedTransaction) -> None:
        self._transaction = transaction

    async def run(self, statement: LiteralString, **parameters: object) -> list[Row]:
        result = await self._transaction.run(statement, parameters)
        return await result.data()


class Graph:
    """The driver of one process; a lost connection is replaced when the next transaction asks for one.

    Connects when the first statement runs, so that a server may come up later. Close it, or use it as
    `async with Graph(url, auth=…) as graph`.

    Args:
        url: `bolt://host:port` or `neo4j://host:port`, also with `+s` or `+ssc`.
        auth: user and password; None for a server without login.
        database: the name of the database on the server.
        within: the longest that a transaction may take, all its attempts together.
    """

    def __init__(
        self,
        url: str,
        *,
        auth: tuple[str, str] | None,
        database: str = "neo4j",
        within: timedelta = timedelta(seconds=10),
    ) -> None:
        self._database = database
        self._within = within.total_seconds()
        self.driver: AsyncDriver = AsyncGraphDatabase.driver(  # pyright: ignore[reportUnknownMemberType]  half typed there
            url,
            auth=auth,
            connection_timeout=CONNECT_WITHIN.total_seconds(),
            connection_acquisition_timeout=within.total_seconds(),
            notifications_min_severity="OFF",  # Neo4j warns of every name that is not in use yet
            telemetry_disabled=True,
            user_agent="mindfleet",
        )
        """What migrations are applied through."""

    async def close(self) -> None:
        await self.driver.close()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()

    async def ping(self) -> None:
        """Ask the server for nothing.

        Raises:
            StoreUnavailable: it does not answer.
        """
        await self.read("RETURN 1 AS one")

    async def read(self, statement: LiteralString, **parameters: object) -> list[Row]:
        """The rows of one statement that writes nothing."""

        async def work(transaction: AsyncManagedTransaction) -> list[Row]:
            return await Transaction(transaction).run(statement, **parameters)

        return await self._again(lambda session: session.execute_read(work))

    async def write(self, statement: LiteralString, **parameters: object) -> list[Row]:
        """Run one statement in a transaction of its own."""
        return await self.transaction(lambda transaction: transaction.run(statement, **parameters))

    async def transaction(self, body: Callable[[Transaction], Awaitable[R]]) -> R:
        """What the body writes holds together, or not at all; it may run several times, until it could be written.

        Raises:
            StoreUnavailable: the server is away, or others were in the way all the time.
        """

        async def work(transaction: AsyncManagedTransaction) -> R:
            return await body(Transaction(transaction))

        return await self._again(lambda session: session.execute_write(work))

    async def _again(self, execute: Callable[[AsyncSession], Awaitable[R]]) -> R:
        deadline = asyncio.get_running_loop().time() + self._within
        attempt = 1
        with _away():
            async with asyncio.timeout_at(deadline):
                while True:
                    try:
                        async with self._session() as session:
                            return await execute(session)
                    except AGAIN.on as error:
                        await _pause(error, attempt, deadline)
                    attempt += 1

    def _session(self) -> AsyncSession:
        return self.driver.session(  # pyright: ignore[reportUnknownMemberType]  half typed there
            database=self._database,
            max_transaction_retry_time=0,  # `_again` does it, without the driver's first pause of a second
        )


async def _pause(error: Exception, attempt: int, deadline: float) -> None:
    """Wait for the next attempt, or raise the error when there is no time for one."""
    delay = AGAIN.delay(error, attempt=attempt, random=random)
    if delay is None or asyncio.get_running_loop().time() + delay.total_seconds() >= deadline:
        raise error
    await asyncio.sleep(delay.total_seconds())


@contextmanager
def _away() -> Generator[None]:
    try:
        yield
    except AuthError as error:
        advice = "check NEO4J_USER and NEO4J_PASSWORD; a server that has only just started may know no user yet"
        raise StoreUnavailable(f"the graph refuses our login ({error.message}): {advice}") from error
    except _AWAY as error:
        raise _unavailable(error) from error
    except ClientError as error:
        if error.code != _NOT_YET:
            raise
        raise _unavailable(error) from error


def _unavailable(error: Exception) -> StoreUnavailable:
    reason = " ".join(str(error).split()) or "no answer in time"
    return StoreUnavailable(f"the graph is away or cannot do it now ({type(error).__name__}: {reason}): try again")
