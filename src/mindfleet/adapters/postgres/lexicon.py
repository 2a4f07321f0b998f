"""Documents and their words in PostgreSQL: stemmed by a text search configuration, ranked by BM25."""

import re
from collections.abc import Sequence
from uuid import UUID

from mindfleet.adapters.named_statements import statements_beside
from mindfleet.adapters.postgres.database import Connection, Database, Row
from mindfleet.ports.memories import Document, Hit, Kind, Scope

SQL = statements_beside(__file__, ".sql")


class PostgresLexicon:
    """`Lexicon` in PostgreSQL (Robertson and Zaragoza 2009; IDF never negative, as in Lucene).

    Args:
        database: with its migrations applied.
        language: the text search configuration that stems words, such as `english`, `german` or `simple`; documents
            that were indexed under another one keep its stems until their text changes.
        k1: how soon a word that stands there again stops counting.
        b: how much longer documents count less, from 0 to 1.
    """

    def __init__(self, database: Database, *, language: str, k1: float = 1.2, b: float = 0.75) -> None:
        self._database = database
        self._language = language
        self._weighing = (k1, b)

    async def index(self, documents: Sequence[Document]) -> None:
        known = set(await self.documents([document.id for document in documents]))
        new = {document.id: document for document in documents if document not in known}
        if not new:
            return
        async with self._database.transaction() as transaction:
            for document in sorted(new.values(), key=lambda document: document.id):
                await self._write(transaction, document)

    async def remove(self, ids: Sequence[UUID]) -> None:
        async with self._database.transaction() as transaction:
            await transaction.execute(SQL["lock"], ids)
            await transaction.execute(SQL["remove_words"], ids)
            await transaction.execute(SQL["remove"], ids)

    async def matching(self, words: str, *, scope: Scope, kinds: Sequence[Kind], limit: int) -> list[Hit]:
        where = (scope.bot_name, scope.channels, scope.visibilities, kinds, scope.until)
        rows = await self._database.fetch(
            SQL["matching"], self._language, _words(words), *where, *self._weighing, limit
        )
        return [Hit(row["id"], row["score"]) for row in rows]

    async def documents(self, ids: Sequence[UUID]) -> list[Document]:
        return [_document(row) for row in await self._database.fetch(SQL["documents"], ids)]

    async def _write(self, transaction: Connection, document: Document) -> None:
        columns = (*await _columns(transaction, document), self._language, _words(document.text))
        if not await transaction.fetch_one(SQL["add"], *columns):
            await transaction.execute(SQL["lock"], [document.id])
            await transaction.execute(SQL["remove_words"], [document.id])
            await transaction.execute(SQL["change"], *columns)
        await transaction.execute(SQL["add_words"], document.id)


async def _columns(transaction: Connection, document: Document) -> tuple[object, ...]:
    place = (document.bot_name, document.channel_id, document.visibility, document.kind)
    await transaction.execute(SQL["add_scope"], *place)
    scope = await transaction.fetch_one(SQL["scope"], *place)
    said = (document.user_id, document.speaker, document.said_at, document.text, document.sources)
    return (document.id, scope and scope["number"], *said)


def _words(text: str) -> str:
    """Words by Unicode: PostgreSQL's own parser takes `soon.Then` for a host, and not every locale knows lower case."""
    return " ".join(re.findall(r"[^\W_]+", text.lower()))


def _document(row: Row) -> Document:
    return Document(
        id=row["id"],
        bot_name=row["bot_name"],
        channel_id=row["channel_id"],
        visibility=row["visibility"],
        kind=row["kind"],
        user_id=row["user_id"],
        speaker=row["speaker"],
        said_at=row["said_at"],
        text=row["text"],
        sources=tuple(row["sources"]),
    )
