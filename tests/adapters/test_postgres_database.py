"""The pool of PostgreSQL: what is away is said to be away, what comes back works again, and nobody waits for ever."""

import asyncio
from collections.abc import AsyncGenerator
from datetime import UTC, datetime, timedelta
from urllib.parse import urlsplit, urlunsplit
from uuid import uuid4

import asyncpg
import pytest

from mindfleet.adapters.postgres import Database
from mindfleet.adapters.postgres.database import storable
from mindfleet.errors import StoreUnavailable
from tests.adapters.cut_wire import Wire, wire_to
from tests.contracts.databases import EMBEDDED, REAL, fresh_database, run, server_of


@pytest.fixture(scope="session", params=[EMBEDDED, REAL])
def server(request: pytest.FixtureRequest) -> str | None:
    return server_of(request)


@pytest.fixture
async def url(server: str) -> AsyncGenerator[str]:
    async with fresh_database(server) as url:
        yield url


@pytest.fixture
async def database(url: str) -> AsyncGenerator[Database]:
    async with await Database.open(url, size=4) as database:
        await database.execute("CREATE TABLE notes (n integer PRIMARY KEY, text text, said jsonb)")
        yield database


@pytest.fixture
async def wire(url: str) -> AsyncGenerator[Wire]:
    async with wire_to(url) as wire:
        yield wire


async def one(database: Database) -> bool:
    """Whether the database answers."""
    row = await database.fetch_one("SELECT 1 AS n")
    return row is not None and row["n"] == 1


async def notes(database: Database) -> list[int]:
    return [row["n"] for row in await database.fetch("SELECT n FROM notes ORDER BY n")]


async def test_a_server_that_is_not_there_yet_is_away_until_it_comes_up(wire: Wire) -> None:
    await wire.cut()
    async with await Database.open(wire.url) as database:
        with pytest.raises(StoreUnavailable, match="PostgreSQL is away or cannot do it now"):
            await one(database)
        await wire.mend()
        assert await one(database)


async def test_a_server_that_was_killed_and_is_back_works_again(wire: Wire) -> None:
    async with await Database.open(wire.url) as database:
        await asyncio.gather(*(one(database) for _ in range(10)))
        await wire.cut()
        for _ in range(3):
            with pytest.raises(StoreUnavailable):
                await one(database)
        await wire.mend()
        assert all(await asyncio.gather(*(one(database) for _ in range(10))))


async def test_a_statement_whose_server_dies_is_away(wire: Wire) -> None:
    async with await Database.open(wire.url) as database:
        sleeping = asyncio.create_task(database.execute("SELECT pg_sleep(60)"))
        async with asyncio.timeout(10):
            while not wire.carried:  # noqa: ASYNC110 - nothing tells when a connection is there
                await asyncio.sleep(0.01)
        await wire.cut()
        with pytest.raises(StoreUnavailable):
            await sleeping


async def test_a_transaction_whose_server_dies_is_away_and_leaves_nothing(database: Database, wire: Wire) -> None:
    async with await Database.open(wire.url) as other:

        async def write() -> None:
            async with other.transaction() as transaction:
                await transaction.execute("INSERT INTO notes (n) VALUES (1)")
                await wire.cut()
                await transaction.execute("INSERT INTO notes (n) VALUES (2)")

        with pytest.raises(StoreUnavailable):
            await write()
    assert await notes(database) == []


async def test_a_connection_that_the_server_ends_is_replaced(database: Database) -> None:
    with pytest.raises(StoreUnavailable):
        await database.execute("SELECT pg_terminate_backend(pg_backend_pid())")
    assert await one(database)


async def test_a_server_that_says_good_bye_between_two_statements_is_away(wire: Wire) -> None:
    fields = b"SFATAL\0VFATAL\0C57P02\0Mterminating connection because of crash of another server process\0\0"
    async with await Database.open(wire.url, size=2) as database:
        assert await one(database)
        wire.tell(b"E" + (len(fields) + 4).to_bytes(4) + fields)
        with pytest.raises(StoreUnavailable):
            await _talk_on(database)
        assert await one(database)


async def test_a_silent_server_is_away_after_a_while(wire: Wire) -> None:
    async with await Database.open(wire.url) as database, database.connection() as connection:
        await connection.execute("SELECT 1")
        wire.silence()
        async with asyncio.timeout(20):
            with pytest.raises(StoreUnavailable, match="no answer in time"):
                await connection.execute("SELECT 1", within=timedelta(seconds=0.2))


async def test_a_database_that_was_closed_is_away(url: str) -> None:
    database = await Database.open(url)
    await database.close()

    with pytest.raises(StoreUnavailable):
        await one(database)


async def test_a_server_that_lets_us_not_in_is_away(url: str) -> None:
    async with await Database.open(f"{url}_of_nobody") as database:
        with pytest.raises(StoreUnavailable, match="does not exist"):
            await one(database)


async def test_a_wrong_statement_is_our_error_and_no_absence(database: Database) -> None:
    with pytest.raises(asyncpg.UndefinedTableError):
        await database.fetch("SELECT * FROM nowhere")
    with pytest.raises(asyncpg.InterfaceError, match="expects 1 argument"):
        await database.fetch("SELECT $1::text")
    await database.execute("INSERT INTO notes (n) VALUES (1)")
    with pytest.raises(asyncpg.UniqueViolationError):
        await database.execute("INSERT INTO notes (n) VALUES (1)")


@pytest.mark.parametrize("error", [TimeoutError, ConnectionResetError, LookupError])
async def test_an_error_of_the_body_stays_what_it_is_and_undoes_the_rest(
    database: Database, error: type[Exception]
) -> None:
    async def write() -> None:
        async with database.transaction() as transaction:
            await transaction.execute("INSERT INTO notes (n) VALUES (1)")
            raise error("from elsewhere")

    with pytest.raises(error, match="from elsewhere"):
        await write()
    assert await notes(database) == []


async def test_a_transaction_that_is_cancelled_leaves_nothing(database: Database) -> None:
    written = asyncio.Event()

    async def write() -> None:
        async with database.transaction() as transaction:
            await transaction.execute("INSERT INTO notes (n) VALUES (1)")
            written.set()
            await transaction.execute("SELECT pg_sleep(60)")

    writing = asyncio.create_task(write())
    async with asyncio.timeout(10):
        await written.wait()
    writing.cancel()
    with pytest.raises(asyncio.CancelledError):
        await writing
    assert await notes(database) == []


async def test_json_and_times_come_back_as_they_went(database: Database) -> None:
    said = {"a": [1, 2.5, None, True, "ø"], "b": {}}
    await database.execute("INSERT INTO notes (n, said) VALUES (1, $1)", said)
    row = await database.fetch_one("SELECT said, $1::timestamptz AS at FROM notes", datetime(2026, 3, 2, tzinfo=UTC))

    assert row is not None
    assert row["said"] == said
    assert row["at"] == datetime(2026, 3, 2, tzinfo=UTC)
    assert row["at"].utcoffset() == timedelta()


async def test_many_rows_hold_together_or_not_at_all(database: Database) -> None:
    await database.execute_each("INSERT INTO notes (n, text) VALUES ($1, $2)", [(n, "x\x00") for n in range(3)])
    with pytest.raises(asyncpg.UniqueViolationError):
        await database.execute_each("INSERT INTO notes (n) VALUES ($1)", [(7,), (0,)])
    await database.execute_each("INSERT INTO notes (n) VALUES ($1)", [])

    assert await notes(database) == [0, 1, 2]


async def test_a_name_is_held_by_one_in_all_processes(url: str) -> None:
    inside: list[int] = []

    async def enter(database: Database, who: int) -> None:
        async with database.hold("channel", "room"):
            assert not inside
            inside.append(who)
            await one(database)
            inside.remove(who)

    async with asyncio.timeout(60), await Database.open(url, size=3) as here, await Database.open(url, size=3) as there:
        await asyncio.gather(*(enter(database, who) for who in range(10) for database in (here, there)))


async def test_holders_never_take_all_connections(url: str) -> None:
    async def enter(database: Database, name: str) -> bool:
        async with database.hold("channel", name):
            return await one(database)

    async with asyncio.timeout(60), await Database.open(url, size=2) as database:
        assert all(await asyncio.gather(*(enter(database, f"{n % 7}") for n in range(40))))


async def test_who_waits_for_a_name_takes_no_connection(url: str) -> None:
    async with asyncio.timeout(60), await Database.open(url, size=2) as database:
        async with database.hold("channel", "room"):
            waiting = [asyncio.create_task(_enter(database)) for _ in range(5)]
            await asyncio.sleep(0)
            assert await one(database)
            assert not any(task.done() for task in waiting)
        await asyncio.gather(*waiting)


async def _talk_on(database: Database) -> None:
    """Until the server's words have arrived."""
    async with database.connection() as connection:
        for _ in range(1000):
            await connection.fetch("SELECT 1")


async def _enter(database: Database) -> None:
    async with database.hold("channel", "room"):
        await one(database)


async def test_a_pool_of_one_is_refused(url: str) -> None:
    with pytest.raises(ValueError, match="give it 2 or more"):
        await Database.open(url, size=1)


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ("plain", "plain"),
        ("ø ✨ 🛶", "ø ✨ 🛶"),
        ("a\x00b", "a�b"),
        ("a\ud83db", "a�b"),
        (("a\x00", 1, None), ["a�", 1, None]),
        ({"a\x00": ["\udfff", {"b": 2}]}, {"a�": ["�", {"b": 2}]}),
        (b"a\x00", b"a\x00"),
        (None, None),
    ],
)
def test_what_no_database_holds_is_replaced(given: object, kept: object) -> None:
    assert storable(given) == kept


async def test_a_server_that_has_no_connection_left_is_away_and_the_pool_goes_on_with_those_it_has(url: str) -> None:
    role = f"few_{uuid4().hex}"
    await run(url, f"CREATE ROLE {role} LOGIN CONNECTION LIMIT 2 PASSWORD 'few'")
    parts = urlsplit(url)
    theirs = urlunsplit(parts._replace(netloc=f"{role}:few@{parts.hostname}:{parts.port}"))
    try:
        async with await Database.open(theirs, size=5) as database:
            asked = (database.fetch("SELECT pg_sleep(0.3)") for _ in range(5))
            answers = await asyncio.gather(*asked, return_exceptions=True)

            refused = [answer for answer in answers if isinstance(answer, BaseException)]
            assert len(refused) == 3
            assert {type(error) for error in refused} == {StoreUnavailable}
            assert await one(database)
    finally:
        await run(url, f"DROP ROLE {role}")
