"""Every store is brought up to date once, in order, by one process at a time, or not at all."""

import asyncio
from collections.abc import AsyncGenerator
from pathlib import Path
from uuid import uuid4

import asyncpg
import pytest

from mindfleet.adapters.graph.connection import Graph
from mindfleet.adapters.postgres import Database
from mindfleet.embedded.runfile import Stack
from mindfleet.errors import StoreUnavailable
from mindfleet.migrations.runner import MigrationFailed, MigrationRefused, migrate, pending


@pytest.fixture
def folders(tmp_path: Path) -> Path:
    """Migrations of our own: two of PostgreSQL's, none of the others."""
    for store in ("postgres", "pgvector", "graph"):
        (tmp_path / store).mkdir()
    (tmp_path / "postgres/0001_one.sql").write_text("CREATE TABLE one (n integer);\nINSERT INTO one VALUES (1);\n")
    (tmp_path / "postgres/0002_two.sql").write_text("ALTER TABLE one ADD COLUMN m integer DEFAULT 2;\n")
    return tmp_path


@pytest.fixture
async def graph(stack: Stack) -> AsyncGenerator[Graph]:
    async with Graph(stack.neo4j_url, auth=(stack.neo4j_user, stack.neo4j_password)) as graph:
        yield graph


async def tables(database: Database) -> set[str]:
    rows = await database.fetch("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")
    return {row["tablename"] for row in rows}


async def test_an_empty_database_gets_every_table(database: Database) -> None:
    applied = await migrate(database, None, pgvector=False)

    assert [migration.number for migration in applied] == list(range(1, len(applied) + 1))
    assert {"messages", "summaries", "documents", "parked_jobs", "migrations"} <= await tables(database)
    assert "memory_vectors" not in await tables(database)


async def test_says_what_is_pending_until_it_is_applied(database: Database, folders: Path) -> None:
    first, second = await pending(database, graph=False, pgvector=False, folders=folders)
    assert (str(first), str(second)) == ("postgres/0001_one", "postgres/0002_two")
    assert await tables(database) == set()

    assert await migrate(database, None, pgvector=False, folders=folders) == [first, second]
    assert await pending(database, graph=False, pgvector=False, folders=folders) == []
    assert await migrate(database, None, pgvector=False, folders=folders) == []


async def test_a_new_migration_is_applied_to_what_is_there(database: Database, folders: Path) -> None:
    await migrate(database, None, pgvector=False, folders=folders)
    (folders / "postgres/0003_three.sql").write_text("UPDATE one SET n = 3;\n")

    (third,) = await migrate(database, None, pgvector=False, folders=folders)
    assert third.number == 3
    assert [tuple(row) for row in await database.fetch("SELECT n, m FROM one")] == [(3, 2)]


async def test_processes_that_start_together_migrate_once(database_url: str, folders: Path) -> None:
    async def start() -> int:
        async with await Database.open(database_url, size=2) as database:
            return len(await migrate(database, None, pgvector=False, folders=folders))

    async with asyncio.timeout(30):
        assert sorted(await asyncio.gather(*(start() for _ in range(6)))) == [0, 0, 0, 0, 0, 2]
    async with await Database.open(database_url) as database:
        assert [tuple(row) for row in await database.fetch("SELECT n, m FROM one")] == [(1, 2)]


async def test_a_migration_that_fails_leaves_nothing_and_those_before_it_hold(
    database: Database, folders: Path
) -> None:
    broken = folders / "postgres/0003_three.sql"
    broken.write_text("CREATE TABLE three ();\nSELECT * FROM nowhere;\n")

    with pytest.raises(MigrationFailed, match=r"postgres/0003_three was not applied: .*nowhere"):
        await migrate(database, None, pgvector=False, folders=folders)
    assert await tables(database) == {"one", "migrations"}

    broken.write_text("CREATE TABLE three ();\n")
    assert [str(m) for m in await migrate(database, None, pgvector=False, folders=folders)] == ["postgres/0003_three"]


async def test_a_file_that_changed_after_it_was_applied_is_refused(database: Database, folders: Path) -> None:
    await migrate(database, None, pgvector=False, folders=folders)
    (folders / "postgres/0001_one.sql").write_text("CREATE TABLE one (n bigint);\n")
    (folders / "postgres/0003_three.sql").write_text("CREATE TABLE three ();\n")

    with pytest.raises(MigrationRefused, match=r"postgres/0001_one is not the file that was applied.*restore"):
        await migrate(database, None, pgvector=False, folders=folders)
    with pytest.raises(MigrationRefused, match="restore"):
        await pending(database, graph=False, pgvector=False, folders=folders)
    assert "three" not in await tables(database)


async def test_a_database_that_is_newer_than_the_code_is_refused(database: Database, folders: Path) -> None:
    await migrate(database, None, pgvector=False, folders=folders)
    (folders / "postgres/0002_two.sql").unlink()

    with pytest.raises(MigrationRefused, match=r"postgres/0002_two.*newer version.*upgrade"):
        await migrate(database, None, pgvector=False, folders=folders)


async def test_vectors_in_postgresql_are_migrated_only_when_they_are_kept_there(
    database: Database, folders: Path
) -> None:
    (folders / "pgvector/0001_vectors.sql").write_text("CREATE TABLE vectors ();\n")

    assert len(await migrate(database, None, pgvector=False, folders=folders)) == 2
    assert [str(m) for m in await migrate(database, None, pgvector=True, folders=folders)] == ["pgvector/0001_vectors"]
    assert await migrate(database, None, pgvector=False, folders=folders) == []


@pytest.mark.stack
async def test_the_graph_is_migrated_too_and_noted_in_postgresql(
    database: Database, folders: Path, graph: Graph
) -> None:
    label = f"M{uuid4().hex}"
    text = f"// both at once\nCREATE (:{label} {{n: 1}});\nCREATE (:{label} {{n: 2}});\n"
    (folders / "graph/0001_nodes.cypher").write_text(text)

    for _ in range(2):
        await migrate(database, graph, pgvector=False, folders=folders)
    assert await pending(database, graph=True, pgvector=False, folders=folders) == []
    assert await graph.read("MATCH (n) WHERE $label IN labels(n) RETURN n.n AS n ORDER BY n", label=label) == [
        {"n": 1},
        {"n": 2},
    ]


@pytest.mark.stack
async def test_cypher_that_fails_is_not_noted(database: Database, folders: Path, graph: Graph) -> None:
    (folders / "graph/0001_nodes.cypher").write_text("THIS IS NOT CYPHER;\n")

    with pytest.raises(MigrationFailed, match="graph/0001_nodes was not applied"):
        await migrate(database, graph, pgvector=False, folders=folders)
    (left,) = await pending(database, graph=True, pgvector=False, folders=folders)
    assert str(left) == "graph/0001_nodes"


async def test_a_database_that_is_away_is_said_to_be_away(unused_tcp_port: int) -> None:
    async with await Database.open(f"postgresql://nobody@127.0.0.1:{unused_tcp_port}/none") as database:
        with pytest.raises(StoreUnavailable, match="PostgreSQL is away"):
            await migrate(database, None, pgvector=False)


async def test_the_ledger_is_readable_by_hand(database: Database, database_url: str, folders: Path) -> None:
    await migrate(database, None, pgvector=False, folders=folders)
    connection = await asyncpg.connect(database_url)
    rows = await connection.fetch("SELECT store, number, name, length(checksum) FROM migrations ORDER BY number")
    await connection.close()

    assert [tuple(row) for row in rows] == [("postgres", 1, "one", 64), ("postgres", 2, "two", 64)]
