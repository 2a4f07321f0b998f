"""What only Qdrant has: a server that may be away, a folder that one process can use, and who made its vectors."""

import asyncio
import gc
import socket
from collections.abc import AsyncGenerator, Generator
from contextlib import asynccontextmanager, closing
from datetime import UTC, datetime
from pathlib import Path
from uuid import UUID

import pytest
from qdrant_client.http.exceptions import UnexpectedResponse

from mindfleet.adapters import qdrant_memories
from mindfleet.adapters.qdrant_memories import QdrantMemories
from mindfleet.errors import DimensionMismatch, StoreUnavailable
from mindfleet.ports.memories import Document, Scope

SCOPE = Scope(bot_name="nova", channels=("dm:u1",), visibilities=("dm",))


def document(n: int) -> Document:
    return Document(
        id=UUID(int=n),
        bot_name="nova",
        channel_id="dm:u1",
        visibility="dm",
        kind="turn",
        user_id="u1",
        speaker="Alex",
        said_at=datetime(2026, 1, 1, tzinfo=UTC),
        text="",
        sources=(),
    )


async def open_once(**how: object) -> None:
    async with QdrantMemories.open(**{"embedder": "by-hand", "dimensions": 2, **how}):  # type: ignore[arg-type] # each test names arguments
        pass


async def test_a_folder_keeps_what_was_written(tmp_path: Path) -> None:
    async with QdrantMemories.open(path=tmp_path, embedder="by-hand", dimensions=2) as memories:
        await memories.index([document(1)], [[1.0, 0.0]])
    async with QdrantMemories.open(path=tmp_path, embedder="by-hand", dimensions=2) as memories:
        [hit] = await memories.nearest([1.0, 0.0], scope=SCOPE, kinds=("turn",), limit=3)

    assert hit.id == document(1).id


@pytest.mark.parametrize("other", [{"dimensions": 3}, {"embedder": "another"}])
async def test_vectors_of_another_embedder_are_refused_when_it_is_opened(
    tmp_path: Path, other: dict[str, object]
) -> None:
    await open_once(path=tmp_path)

    with pytest.raises(DimensionMismatch, match=r"by-hand with 2 dimensions.*set that embedder again"):
        await open_once(path=tmp_path, **other)
    await open_once(path=tmp_path)


async def test_a_vector_of_other_dimensions_is_refused(tmp_path: Path) -> None:
    async with QdrantMemories.open(path=tmp_path, embedder="by-hand", dimensions=2) as memories:
        with pytest.raises(ValueError, match="by-hand has 2 dimensions, not 3"):
            await memories.index([document(1)], [[1.0, 0.0, 0.0]])
        with pytest.raises(ValueError, match="by-hand has 2 dimensions, not 1"):
            await memories.nearest([1.0], scope=SCOPE, kinds=("turn",), limit=3)


@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")  # the client forgets its lock file
async def test_a_folder_that_is_in_use_says_what_to_do(tmp_path: Path) -> None:
    async with QdrantMemories.open(path=tmp_path, embedder="by-hand", dimensions=2):
        with pytest.raises(StoreUnavailable, match=r"one process only .*QDRANT_URL"):
            await open_once(path=tmp_path)
        gc.collect()


async def test_a_search_in_a_folder_leaves_the_event_loop_free(tmp_path: Path) -> None:
    documents = [document(n) for n in range(1500)]
    async with QdrantMemories.open(path=tmp_path, embedder="by-hand", dimensions=2) as memories:
        await memories.index(documents, [[1.0, n / 1500] for n in range(1500)])
        search = asyncio.create_task(memories.nearest([1.0, 0.0], scope=SCOPE, kinds=("turn",), limit=3))
        turns = 0
        while not search.done():
            await asyncio.sleep(0)
            turns += 1

    assert turns > 20, "the search kept the loop to itself"


async def test_a_server_that_nobody_started_is_away() -> None:
    with closing(socket.socket()) as unused:
        unused.bind(("127.0.0.1", 0))
        port = unused.getsockname()[1]

    with pytest.raises(StoreUnavailable, match="Qdrant is away"):
        await open_once(url=f"http://127.0.0.1:{port}")


@pytest.fixture
def silent_port() -> Generator[int]:
    """Takes connections and never says a word."""
    with closing(socket.socket()) as listening:
        listening.bind(("127.0.0.1", 0))
        listening.listen()
        yield int(listening.getsockname()[1])


async def test_a_server_that_hangs_is_away_when_the_time_is_over(
    silent_port: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(qdrant_memories, "ANSWER_WITHIN", 1)

    with pytest.raises(StoreUnavailable, match="Qdrant is away"):
        await open_once(url=f"http://127.0.0.1:{silent_port}")


@asynccontextmanager
async def always_answering(status: str) -> AsyncGenerator[str]:
    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        body = b'{"status":{"error":"no"},"time":0}'
        writer.write(f"HTTP/1.1 {status}\r\nconnection: close\r\ncontent-length: {len(body)}\r\n\r\n".encode() + body)
        await writer.drain()
        writer.close()

    server = await asyncio.start_server(answer, "127.0.0.1", 0)
    async with server:
        yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"


@pytest.mark.parametrize("status", ["500 Internal", "503 Unavailable", "429 Too Many", "401 Unauthorized"])
async def test_a_server_that_cannot_do_it_now_is_away(status: str) -> None:
    async with always_answering(status) as url:
        with pytest.raises(StoreUnavailable, match=status[:3]):
            await open_once(url=url)


async def test_a_request_that_is_wrong_is_not_taken_for_a_server_that_is_away() -> None:
    async with always_answering("400 Bad Request") as url:
        with pytest.raises(UnexpectedResponse):
            await open_once(url=url)
