"""Brings the schema of every store up to date: forward only, one file after the other, one process at a time."""

from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path

import asyncpg
from neo4j.exceptions import Neo4jError

from mindfleet import ids
from mindfleet.adapters.graph.connection import Graph
from mindfleet.adapters.named_statements import statements_beside
from mindfleet.adapters.postgres.database import Connection, Database, Row
from mindfleet.errors import MindfleetError
from mindfleet.migrations.files import FOLDERS, Migration, migrations_of

SQL = statements_beside(__file__, ".sql")

LOCK = int.from_bytes(ids.name("lock", "migrations").bytes[:8], signed=True)

WITHIN = timedelta(hours=1)
"""How long one file may take, and how long to wait for another process that migrates."""


class MigrationRefused(MindfleetError):
    """Database and code do not belong together; nothing was changed."""


class MigrationFailed(MindfleetError):
    """A store did not take a migration; those before it hold."""


async def migrate(
    database: Database,
    graph: Graph | None,
    *,
    pgvector: bool,
    folders: Path = FOLDERS,
) -> list[Migration]:
    """Apply what is missing; a second process that comes at the same time waits, and then finds nothing to do.

    Args:
        database: its ledger says what was applied, also to the graph.
        graph: None leaves the graph as it is.
        pgvector: whether vectors are kept in PostgreSQL.
        folders: where the files are.

    Returns:
        What was applied now.

    Raises:
        MigrationRefused: the database is newer than the code, or a released file has changed.
        MigrationFailed: a store did not take a file.
        StoreUnavailable: a store is away.
    """
    known = _known(graph=graph is not None, pgvector=pgvector, folders=folders)
    async with database.connection() as connection:
        await connection.execute(SQL["lock"], LOCK, within=WITHIN)  # the pool unlocks what comes back
        await connection.execute(SQL["create_ledger"])
        due = _due(known, await connection.fetch(SQL["applied"]))
        for migration in due:
            await _apply(migration, connection, graph)
    return due


async def pending(database: Database, *, graph: bool, pgvector: bool, folders: Path = FOLDERS) -> list[Migration]:
    """What `migrate` would apply.

    Raises:
        MigrationRefused: as `migrate`.
        StoreUnavailable: PostgreSQL is away.
    """
    known = _known(graph=graph, pgvector=pgvector, folders=folders)
    ledger = await database.fetch_one(SQL["find_ledger"])
    applied = await database.fetch(SQL["applied"]) if ledger and ledger["found"] else []
    return _due(known, applied)


def _known(*, graph: bool, pgvector: bool, folders: Path) -> list[Migration]:
    return [
        *migrations_of("postgres", folders),
        *(migrations_of("pgvector", folders) if pgvector else ()),
        *(migrations_of("graph", folders) if graph else ()),
    ]


def _due(known: Sequence[Migration], applied: Sequence[Row]) -> list[Migration]:
    by_place = {(migration.store, migration.number): migration for migration in known}
    stores = {migration.store for migration in known}
    for row in applied:
        if row["store"] in stores:
            _compare(row, by_place.get((row["store"], row["number"])))
    done = {(row["store"], row["number"]) for row in applied}
    return [migration for place, migration in by_place.items() if place not in done]


def _compare(row: Row, migration: Migration | None) -> None:
    name = f"{row['store']}/{row['number']:04}_{row['name']}"
    if migration is None:
        raise MigrationRefused(
            f"the database has the migration {name}, which this version of Mindfleet does not know: "
            "it was migrated by a newer version, so upgrade Mindfleet here"
        )
    if migration.checksum != row["checksum"]:
        raise MigrationRefused(
            f"the migration {migration} is not the file that was applied to this database ({name}): "
            "restore that file, and put what is new into a migration of its own"
        )


async def _apply(migration: Migration, connection: Connection, graph: Graph | None) -> None:
    try:
        if migration.store == "graph" and graph is not None:
            for statement in migration.statements:
                await graph.write(statement)
            await _note(migration, connection)
        else:
            async with connection.transaction():
                await connection.execute(migration.text, within=WITHIN)
                await _note(migration, connection)
    except (asyncpg.PostgresError, Neo4jError) as error:
        raise MigrationFailed(f"{migration} was not applied: {error}. Mend the cause, then migrate again") from error


async def _note(migration: Migration, connection: Connection) -> None:
    await connection.execute(SQL["note"], migration.store, migration.number, migration.name, migration.checksum)
