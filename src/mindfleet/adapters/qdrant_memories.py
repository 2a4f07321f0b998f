"""Vectors in Qdrant: on a server, or in a folder for one process (its local mode)."""

import asyncio
from collections.abc import AsyncGenerator, Callable, Coroutine, Generator, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager, contextmanager
from datetime import UTC
from functools import partial
from http import HTTPStatus
from pathlib import Path
from typing import Any, Protocol, TypeVar
from uuid import UUID

from httpx import HTTPError
from qdrant_client import AsyncQdrantClient, models
from qdrant_client.http.exceptions import ResponseHandlingException, UnexpectedResponse

from mindfleet.adapters.vectors import DIGITS, Space
from mindfleet.errors import DimensionMismatch, StoreUnavailable
from mindfleet.ports.embedder import Vector
from mindfleet.ports.memories import Document, Hit, Kind, Scope

R = TypeVar("R")
T = TypeVar("T")

COLLECTION = "mindfleet_memories"

ANSWER_WITHIN = 10
"""Seconds."""

_AT_ONCE = 200
"""So many points go into one request."""

_PASSING = (401, 403, 408, 429)
"""Of the answers that blame the request; a server that is only just starting may not know its key yet."""

_KEYWORDS = ("bot_name", "channel_id", "visibility", "kind")


class QdrantMemories:
    """`Memories` in one collection of Qdrant; every search is exact, so that it finds what pgvector finds."""

    def __init__(self, place: "_Place", space: Space) -> None:
        self._place = place
        self._space = space

    @classmethod
    @asynccontextmanager
    async def open(
        cls,
        *,
        url: str | None = None,
        api_key: str | None = None,
        path: Path | None = None,
        embedder: str,
        dimensions: int,
    ) -> AsyncGenerator["QdrantMemories"]:
        """Connect, and make the collection where it is missing.

        Args:
            url: of a server; without a port it is 6333.
            api_key: what the server asks for, if it does.
            path: instead of a server, a folder that no other process uses.
            embedder: `Embedder.name`.
            dimensions: `Embedder.dimensions`.

        Raises:
            DimensionMismatch: the vectors there were made by another embedder.
            StoreUnavailable: the server is away, or another process uses the folder.
        """
        space = Space(embedder, dimensions)
        place = _Server(url, api_key) if path is None else await _Folder.open(path)
        try:
            await place.run(partial(_prepare, space=space, indexed=path is None))
            yield cls(place, space)
        finally:
            await place.close()

    async def ping(self) -> None:
        """Ask whether the collection is there.

        Raises:
            StoreUnavailable: Qdrant does not answer.
        """
        await self._place.run(partial(AsyncQdrantClient.collection_exists, collection_name=COLLECTION))

    async def index(self, documents: Sequence[Document], vectors: Sequence[Vector]) -> None:
        pairs = zip(documents, vectors, strict=True)
        points = [_point(document, self._space.admit(vector)) for document, vector in pairs]
        for batch in _batches(points):
            await self._place.run(partial(_upsert, points=batch))

    async def remove(self, ids: Sequence[UUID]) -> None:
        for batch in _batches(ids):
            await self._place.run(partial(_delete, ids=batch))

    async def nearest(self, vector: Vector, *, scope: Scope, kinds: Sequence[Kind], limit: int) -> list[Hit]:
        """As the port says; asks for more until no equal one can be missing at the end."""
        search = partial(
            AsyncQdrantClient.query_points,
            collection_name=COLLECTION,
            query=self._space.admit(vector),
            query_filter=_heard(scope, kinds),
            search_params=self._place.search_params,
            with_payload=False,
        )
        asked = limit + 1
        while True:
            found = (await self._place.run(partial(search, limit=asked))).points
            hits = sorted(map(_hit, found), key=lambda hit: (-hit.score, hit.id))
            if len(found) < asked or hits[-1].score < hits[limit - 1].score:
                return hits[:limit]
            asked *= 2


class _Place(Protocol):
    """Where Qdrant runs."""

    search_params: models.SearchParams | None

    async def run(self, work: Callable[[AsyncQdrantClient], Coroutine[Any, Any, R]]) -> R: ...

    async def close(self) -> None: ...


class _Server:
    search_params: models.SearchParams | None = models.SearchParams(exact=True)

    def __init__(self, url: str | None, api_key: str | None) -> None:
        self._client = AsyncQdrantClient(url=url, api_key=api_key, timeout=ANSWER_WITHIN, check_compatibility=False)

    async def run(self, work: Callable[[AsyncQdrantClient], Coroutine[Any, Any, R]]) -> R:
        with _away():
            return await work(self._client)

    async def close(self) -> None:
        await self._client.close()


class _Folder:
    """The local mode computes without ever giving way, and its files belong to one thread: it has one to itself."""

    search_params: models.SearchParams | None = None  # it cannot search but exactly

    def __init__(self, client: AsyncQdrantClient, thread: ThreadPoolExecutor) -> None:
        self._client = client
        self._thread = thread

    @classmethod
    async def open(cls, path: Path) -> "_Folder":
        thread = ThreadPoolExecutor(1, thread_name_prefix="qdrant")
        try:
            client = await asyncio.wrap_future(thread.submit(AsyncQdrantClient, path=str(path)))
        except RuntimeError as error:
            thread.shutdown()
            advice = "name a server in QDRANT_URL, or keep vectors in PostgreSQL"
            raise StoreUnavailable(f"the folder {path} is in use, and one process only can use it: {advice}") from error
        return cls(client, thread)

    async def run(self, work: Callable[[AsyncQdrantClient], Coroutine[Any, Any, R]]) -> R:
        return await asyncio.wrap_future(self._thread.submit(lambda: asyncio.run(work(self._client))))

    async def close(self) -> None:
        await self.run(lambda client: client.close())
        self._thread.shutdown()


async def _prepare(client: AsyncQdrantClient, *, space: Space, indexed: bool) -> None:
    if not await client.collection_exists(COLLECTION):
        await _create(client, space)
    config = (await client.get_collection(COLLECTION)).config
    vectors = config.params.vectors
    made_by = (config.metadata or {}).get("embedder", space.embedder)
    size = vectors.size if isinstance(vectors, models.VectorParams) else None
    if (made_by, size) != (space.embedder, space.dimensions):
        raise DimensionMismatch(
            f"the collection {COLLECTION!r} in Qdrant holds vectors of {made_by} with {size} dimensions, but the "
            f"settings name {space.embedder} with {space.dimensions}: set that embedder again, or use another Qdrant"
        )
    if indexed:
        await _index_payload(client)


async def _create(client: AsyncQdrantClient, space: Space) -> None:
    params = models.VectorParams(size=space.dimensions, distance=models.Distance.COSINE)
    try:
        await client.create_collection(COLLECTION, vectors_config=params, metadata={"embedder": space.embedder})
    except UnexpectedResponse:
        if not await client.collection_exists(COLLECTION):  # otherwise another process was quicker
            raise


async def _index_payload(client: AsyncQdrantClient) -> None:
    """What a search is limited by; making an index that is there does nothing."""
    for field in _KEYWORDS:
        schema = models.KeywordIndexParams(type=models.KeywordIndexType.KEYWORD, is_tenant=field == "bot_name")
        await client.create_payload_index(COLLECTION, field_name=field, field_schema=schema)
    await client.create_payload_index(COLLECTION, field_name="said_at", field_schema=models.PayloadSchemaType.DATETIME)


async def _upsert(client: AsyncQdrantClient, points: Sequence[models.PointStruct]) -> None:
    await client.upsert(COLLECTION, points=points, wait=True)


async def _delete(client: AsyncQdrantClient, ids: Sequence[UUID]) -> None:
    selector = models.PointIdsList(points=[str(each) for each in ids])
    await client.delete(COLLECTION, points_selector=selector, wait=True)


def _point(document: Document, vector: Vector) -> models.PointStruct:
    payload = {
        "bot_name": document.bot_name,
        "channel_id": document.channel_id,
        "visibility": document.visibility,
        "kind": document.kind,
        "said_at": document.said_at.astimezone(UTC).isoformat(),
    }
    return models.PointStruct(id=str(document.id), vector=vector, payload=payload)


def _heard(scope: Scope, kinds: Sequence[Kind]) -> models.Filter:
    conditions: list[models.Condition] = [
        _one_of("bot_name", [scope.bot_name]),
        _one_of("channel_id", scope.channels),
        _one_of("visibility", scope.visibilities),
        _one_of("kind", kinds),
    ]
    if scope.until is not None:
        conditions.append(models.FieldCondition(key="said_at", range=models.DatetimeRange(lte=scope.until)))
    return models.Filter(must=conditions)


def _one_of(field: str, values: Sequence[str]) -> models.FieldCondition:
    return models.FieldCondition(key=field, match=models.MatchAny(any=list(values)))


def _hit(point: models.ScoredPoint) -> Hit:
    return Hit(UUID(str(point.id)), round(point.score, DIGITS))


def _batches(items: Sequence[T]) -> Iterator[Sequence[T]]:
    return (items[start : start + _AT_ONCE] for start in range(0, len(items), _AT_ONCE))


@contextmanager
def _away() -> Generator[None]:
    try:
        yield
    except UnexpectedResponse as error:
        if error.status_code in _PASSING or (error.status_code or 0) >= HTTPStatus.INTERNAL_SERVER_ERROR:
            raise _unavailable(error) from error
        raise
    except (ResponseHandlingException, HTTPError) as error:
        raise _unavailable(error) from error


def _unavailable(error: Exception) -> StoreUnavailable:
    reason = " ".join(str(error).split()) or "no answer in time"
    return StoreUnavailable(f"Qdrant is away or cannot do it now ({type(error).__name__}: {reason}): try again")
