"""Which model makes the vectors of a collection: declared at the first boot, and checked at every other one."""

from mindfleet.adapters.named_statements import statements_beside
from mindfleet.adapters.postgres.database import Database
from mindfleet.errors import DimensionMismatch

SQL = statements_beside(__file__, ".sql")


async def declare_collection(database: Database, name: str, *, embedder: str, dimensions: int) -> None:
    """Register a collection, or make sure that it is what was registered.

    Args:
        database: with its migrations applied.
        name: the collection's.
        embedder: `Embedder.name`.
        dimensions: `Embedder.dimensions`.

    Raises:
        DimensionMismatch: its vectors come from another model.
        StoreUnavailable: PostgreSQL is away.
    """
    await database.execute(SQL["declare"], name, embedder, dimensions)
    row = await database.fetch_one(SQL["declared"], name)
    if row and (row["embedder"], row["dimensions"]) != (embedder, dimensions):
        raise DimensionMismatch(
            f"the collection {name!r} holds vectors of {row['embedder']} with {row['dimensions']} dimensions, "
            f"but the settings name {embedder} with {dimensions}: "
            "set that embedder again, or name another collection, which is filled anew"
        )
