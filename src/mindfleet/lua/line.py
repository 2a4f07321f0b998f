"""A connection of its own for the scripts of one pool: calls follow each other, and wait for their own answers only.

redis-py opens it and logs in, as it is told to. What it does for each answer after that takes longer than all that is
left to do here, and each enqueue and each turn of a worker waits for it.
"""

# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false, reportUnknownArgumentType=false, reportGeneralTypeIssues=false, reportPrivateUsage=false
# The types that redis ships are not complete.

import asyncio
from collections import deque
from contextlib import suppress
from time import monotonic
from typing import Any, cast

from hiredis import Reader
from redis.asyncio import ConnectionPool, Redis
from redis.asyncio.connection import AbstractConnection
from redis.exceptions import ConnectionError as RedisConnectionError
from redis.exceptions import InvalidResponse, ReadOnlyError, RedisError
from redis.exceptions import TimeoutError as RedisTimeoutError

STALLED = 0.25
"""Seconds: a line that has owed an answer for so long, to whomever, is left when somebody gives up waiting."""

KEPT_AS = "line_for_scripts"

_NOTHING = object()


class Line(asyncio.Protocol):
    """One connection that redis-py has opened.

    Args:
        pool: where it comes from, and goes back to when it is closed.
        connection: is taken over.
    """

    def __init__(self, pool: ConnectionPool, connection: AbstractConnection) -> None:
        self.loop = asyncio.get_running_loop()
        self.is_open = True
        self._pool = pool
        self._connection = connection
        self._owed: deque[tuple[int, asyncio.Future[list[Any]], float]] = deque()
        self._answers: list[Any] = []
        encoder = connection.encoder
        words = {"encoding": encoder.encoding, "errors": encoder.encoding_errors} if encoder.decode_responses else {}
        self._reader = Reader(
            protocolError=InvalidResponse,
            replyError=connection._parser.parse_error,  # noqa: SLF001 - the errors are redis-py's
            notEnoughData=_NOTHING,
            **words,
        )
        writer = cast("asyncio.StreamWriter", connection._writer)  # noqa: SLF001 - nobody hands it out
        self._transport = cast("asyncio.Transport", writer.transport)
        self._before = self._transport.get_protocol()
        self._transport.set_protocol(self)

    async def ask(self, packed: bytes, count: int) -> list[Any]:
        """Send commands; as many answers, which may be errors.

        Raises:
            RedisConnectionError: the connection broke; what Redis has done is not known.
            RedisTimeoutError: Redis took longer than the pool's `socket_timeout`, with the same consequence.
        """
        told: asyncio.Future[list[Any]] = self.loop.create_future()
        self._owed.append((count, told, monotonic()))
        self._transport.write(packed)
        try:
            async with asyncio.timeout(self._connection.socket_timeout):
                answers = await told
        except TimeoutError:
            self._transport.abort()
            raise RedisTimeoutError("Redis did not answer in time") from None
        except asyncio.CancelledError:
            if self._owed and monotonic() - self._owed[0][2] > STALLED:
                self._transport.abort()
            raise
        if any(isinstance(answer, ReadOnlyError) for answer in answers):
            await self._leave_replica()
        return answers

    def data_received(self, data: bytes) -> None:
        """Hand out what is complete."""
        self._reader.feed(data)
        answer = self._next()
        while answer is not _NOTHING:
            if not self._owed:
                self._transport.abort()  # nobody has asked: from here on no answer is whose it seems to be
                return
            self._answers.append(answer)
            count, told, _ = self._owed[0]
            if len(self._answers) == count:
                self._owed.popleft()
                if not told.done():
                    told.set_result(self._answers)
                self._answers = []
            answer = self._next()

    def connection_lost(self, exc: Exception | None) -> None:
        """Nobody waits any longer."""
        self.is_open = False
        self._before.connection_lost(exc)
        while self._owed:
            _, told, _ = self._owed.popleft()
            if not told.done():
                told.set_exception(RedisConnectionError(f"the connection to Redis was lost: {exc or 'it was closed'}"))

    def leave(self) -> None:
        """Close it, whoever waits."""
        self._transport.abort()

    async def give_back(self) -> None:
        """Have the pool know that it is closed."""
        with suppress(RedisError, OSError):
            await self._connection.disconnect(nowait=True)
        await self._pool.release(self._connection)

    def _next(self) -> Any:  # noqa: ANN401 - an answer or an error
        try:
            return self._reader.gets()
        except InvalidResponse:  # nobody can tell where the next begins
            self._transport.abort()
            return _NOTHING

    async def _leave_replica(self) -> None:
        leave = getattr(self._connection, "leave", None)  # see `demoted`
        if leave:
            await leave()


async def line_of(pool: ConnectionPool) -> Line:
    """The line of that pool, on this event loop.

    Raises:
        RedisError, OSError: it cannot be opened.
    """
    line: Line | None = vars(pool).get(KEPT_AS)
    if line and line.is_open and line.loop is asyncio.get_running_loop():
        return line
    if line and not line.is_open:
        del vars(pool)[KEPT_AS]
        await line.give_back()
    connection = await pool.get_connection()
    another: Line | None = vars(pool).get(KEPT_AS)
    if another and another is not line and another.is_open:
        await pool.release(connection)
        return another
    line = vars(pool)[KEPT_AS] = Line(pool, connection)
    return line


async def hang_up(redis: Redis) -> None:
    """Close the line, and what nobody uses just now: where one connection is silent the others may be dead too.

    Raises:
        RedisError, OSError: one of them cannot be closed in time.
    """
    line: Line | None = vars(redis.connection_pool).get(KEPT_AS)
    if line:
        line.leave()
    await redis.connection_pool.disconnect(inuse_connections=False)
