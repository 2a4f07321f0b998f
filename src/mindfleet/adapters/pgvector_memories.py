"""Vectors in PostgreSQL, by the extension pgvector: several processes share them, and no further server is needed."""

from collections.abc import Sequence
from uuid import UUID

from mindfleet.adapters.named_statements import statements_beside
from mindfleet.adapters.postgres.database import Database
from mindfleet.adapters.vectors import DIGITS, Space
from mindfleet.ports.embedder import Vector
from mindfleet.ports.memories import Document, Hit, Kind, Scope

SQL = statements_beside(__file__, ".sql")


class PgvectorMemories:
    """`Memories` in PostgreSQL; that its vectors come from this embedder is what `declare_collection` makes sure.

    Args:
        database: with its migrations, pgvector's too.
        embedder: `Embedder.name`.
        dimensions: `Embedder.dimensions`.
    """

    def __init__(self, database: Database, *, embedder: str, dimensions: int) -> None:
        self._database = database
        self._space = Space(embedder, dimensions)

    async def ping(self) -> None:
        """Ask PostgreSQL for nothing.

        Raises:
            StoreUnavailable: it does not answer.
        """
        await self._database.ping()

    async def index(self, documents: Sequence[Document], vectors: Sequence[Vector]) -> None:
        pairs = {document.id: (document, vector) for document, vector in zip(documents, vectors, strict=True)}
        # In order of their ids, so that two that write the same documents do not wait for each other.
        rows = [_row(document, self._space.admit(vector)) for _, (document, vector) in sorted(pairs.items())]
        await self._database.execute_each(SQL["index"], rows)

    async def remove(self, ids: Sequence[UUID]) -> None:
        await self._database.execute(SQL["remove"], ids)

    async def nearest(self, vector: Vector, *, scope: Scope, kinds: Sequence[Kind], limit: int) -> list[Hit]:
        rows = await self._database.fetch(
            SQL["nearest"],
            self._space.admit(vector),
            scope.bot_name,
            scope.channels,
            scope.visibilities,
            kinds,
            scope.until,
            limit,
            DIGITS,
        )
        return [Hit(row["id"], float(row["score"])) for row in rows]


def _row(document: Document, vector: Vector) -> tuple[object, ...]:
    return (
        document.id,
        document.bot_name,
        document.channel_id,
        document.visibility,
        document.kind,
        document.said_at,
        vector,
    )
