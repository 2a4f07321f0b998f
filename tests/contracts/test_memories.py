"""What every keeper of `Memories` must do."""

import asyncio
import math
import os
import random
from collections.abc import AsyncGenerator, Generator, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path
from uuid import UUID, uuid4

import pytest

from mindfleet import ids
from mindfleet.adapters.pgvector_memories import PgvectorMemories
from mindfleet.adapters.postgres.database import Database
from mindfleet.adapters.qdrant_memories import QdrantMemories
from mindfleet.conversation.turn import Visibility
from mindfleet.embedded.runfile import Stack
from mindfleet.migrations.runner import migrate
from mindfleet.ports.embedder import Vector
from mindfleet.ports.memories import Document, Hit, Kind, Memories, Scope
from mindfleet.testing.memories import InMemoryMemories
from tests.contracts.databases import fresh_database
from tests.contracts.qdrant_over_http import qdrant_over_http

DIMENSIONS = 8
NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)

REAL = pytest.param(
    "qdrant server",
    marks=pytest.mark.skipif("MINDFLEET_TEST_QDRANT_URL" not in os.environ, reason="no Qdrant server here"),
)


@pytest.fixture(scope="session")
def qdrant() -> Generator[str]:
    with qdrant_over_http() as url:
        yield url


@pytest.fixture(
    scope="session",
    params=["fake", pytest.param("pgvector", marks=pytest.mark.stack), "qdrant folder", "qdrant over http", REAL],
)
def place(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Stack | Path | str | None:
    match request.param:
        case "pgvector":
            stack: Stack = request.getfixturevalue("stack")
            return stack
        case "qdrant folder":
            return tmp_path_factory.mktemp("qdrant")
        case "qdrant over http":
            url: str = request.getfixturevalue("qdrant")
            return url
        case "qdrant server":
            return os.environ["MINDFLEET_TEST_QDRANT_URL"]
        case _:
            return None


@pytest.fixture(scope="session")
async def memories(place: Stack | Path | str | None) -> AsyncGenerator[Memories]:
    """One store for all tests; they keep apart by the names of their bots."""
    match place:
        case Stack():
            async with fresh_database(place.database_url) as url, await Database.open(url) as database:
                await migrate(database, None, pgvector=True)
                yield PgvectorMemories(database, embedder="by-hand", dimensions=DIMENSIONS)
        case Path():
            async with QdrantMemories.open(path=place, embedder="by-hand", dimensions=DIMENSIONS) as folder:
                yield folder
        case str():
            async with QdrantMemories.open(url=place, embedder="by-hand", dimensions=DIMENSIONS) as server:
                yield server
        case None:
            yield InMemoryMemories()


def document(
    bot: str,
    n: int = 1,
    *,
    channel_id: str = "dm:u1",
    visibility: Visibility = "dm",
    kind: Kind = "turn",
    said_at: datetime = NOON,
) -> Document:
    return Document(
        id=UUID(int=ids.name("document", bot).int // 1000 * 1000 + n),  # in the order of n
        bot_name=bot,
        channel_id=channel_id,
        visibility=visibility,
        kind=kind,
        user_id="u1",
        speaker="Alex",
        said_at=said_at,
        text="Alex: hello",
        sources=(),
    )


def at_angle(degrees: float) -> Vector:
    """A vector of unit length that is so far from the first axis."""
    angle = math.radians(degrees)
    return [math.cos(angle), math.sin(angle), *[0.0] * (DIMENSIONS - 2)]


AHEAD = at_angle(0)


def everything(bot: str, **narrower: object) -> Scope:
    whole = Scope(bot_name=bot, channels=("dm:u1", "lobby"), visibilities=("dm", "channel", "public"))
    return replace(whole, **narrower)  # type: ignore[arg-type] # each test names fields of Scope


async def nearest(
    memories: Memories, scope: Scope, *, kinds: Sequence[Kind] = ("turn", "fact", "summary"), limit: int = 10
) -> list[Hit]:
    return await memories.nearest(AHEAD, scope=scope, kinds=kinds, limit=limit)


async def test_finds_the_nearest_first_by_cosine(memories: Memories, bot: str) -> None:
    documents = [document(bot, n) for n in range(4)]
    await memories.index(documents, [at_angle(degrees) for degrees in (90, 10, 180, 45)])

    hits = await nearest(memories, everything(bot))

    assert [hit.id for hit in hits] == [documents[n].id for n in (1, 3, 0, 2)]
    assert [hit.score for hit in hits] == pytest.approx(
        [math.cos(math.radians(d)) for d in (10, 45, 90, 180)], abs=1e-6
    )


async def test_gives_no_more_than_asked_for(memories: Memories, bot: str) -> None:
    documents = [document(bot, n) for n in range(5)]
    await memories.index(documents, [at_angle(10 * n) for n in range(5)])

    assert [hit.id for hit in await nearest(memories, everything(bot), limit=2)] == [d.id for d in documents[:2]]
    assert len(await nearest(memories, everything(bot), limit=100)) == 5


async def test_finds_nothing_where_nothing_is(memories: Memories, bot: str) -> None:
    assert await nearest(memories, everything(bot)) == []


async def test_equally_near_ones_come_by_id_also_where_the_list_ends(memories: Memories, bot: str) -> None:
    documents = [document(bot, n) for n in range(40)]
    shuffled = random.Random(7).sample(documents, len(documents))  # noqa: S311 - any order will do, but always the same
    await memories.index(shuffled, [at_angle(30)] * len(shuffled))
    await memories.index([document(bot, 99)], [at_angle(5)])

    hits = await nearest(memories, everything(bot), limit=5)

    assert [hit.id for hit in hits] == [document(bot, 99).id, *(d.id for d in documents[:4])]


async def test_equal_vectors_have_equal_scores_wherever_they_lie(memories: Memories, bot: str) -> None:
    numbers = random.Random(7)  # noqa: S311 - any vectors will do, but always the same
    rare = [numbers.gauss(0, 1) for _ in range(DIMENSIONS)]
    documents = [document(bot, n) for n in range(99)]
    vectors = [rare if n % 9 == 0 else [numbers.gauss(0, 1) for _ in rare] for n in range(99)]
    await memories.index(documents, vectors)

    hits = await nearest(memories, everything(bot), limit=99)
    alike = [hit for hit in hits if hit.id in {documents[n].id for n in range(0, 99, 9)}]

    assert len({round(hit.score, 6) for hit in alike}) == 1
    assert [hit.id for hit in alike] == [documents[n].id for n in range(0, 99, 9)]


async def test_writing_the_same_twice_changes_nothing(memories: Memories, bot: str) -> None:
    for _ in range(2):
        await memories.index([document(bot, 1), document(bot, 2)], [at_angle(10), at_angle(20)])

    assert [hit.id for hit in await nearest(memories, everything(bot))] == [document(bot, n).id for n in (1, 2)]


async def test_a_newer_version_takes_the_place_of_the_older(memories: Memories, bot: str) -> None:
    await memories.index([document(bot)], [at_angle(10)])
    await memories.index([document(bot, channel_id="lobby", visibility="public", kind="fact")], [at_angle(60)])

    assert await nearest(memories, everything(bot, channels=("dm:u1",))) == []
    [hit] = await nearest(memories, everything(bot, channels=("lobby",), visibilities=("public",)), kinds=("fact",))
    assert hit.score == pytest.approx(0.5, abs=1e-6)


async def test_the_last_of_two_versions_in_one_call_counts(memories: Memories, bot: str) -> None:
    await memories.index([document(bot), document(bot)], [at_angle(10), at_angle(60)])

    [hit] = await nearest(memories, everything(bot))
    assert hit.score == pytest.approx(0.5, abs=1e-6)


async def test_what_was_removed_is_not_found(memories: Memories, bot: str) -> None:
    documents = [document(bot, n) for n in range(3)]
    await memories.index(documents, [at_angle(n) for n in range(3)])

    await memories.remove([documents[0].id, documents[2].id, uuid4()])
    await memories.remove([documents[0].id])
    await memories.remove([])

    assert [hit.id for hit in await nearest(memories, everything(bot))] == [documents[1].id]


async def test_writing_nothing_is_nothing(memories: Memories, bot: str) -> None:
    await memories.index([], [])

    assert await nearest(memories, everything(bot)) == []


@pytest.mark.parametrize(
    "narrower",
    [
        {"channels": ("lobby",)},
        {"channels": ("DM:U1",)},
        {"channels": ()},
        {"visibilities": ("public", "channel")},
        {"visibilities": ()},
        {"bot_name": "another"},
        {"until": NOON - timedelta(microseconds=1)},
    ],
)
async def test_what_is_out_of_scope_is_never_found(memories: Memories, bot: str, narrower: dict[str, object]) -> None:
    await memories.index([document(bot)], [AHEAD])

    assert await nearest(memories, everything(bot, **narrower)) == []


@pytest.mark.parametrize(
    "until", [NOON, NOON.astimezone(timezone(timedelta(hours=-7))), NOON + timedelta(microseconds=1)]
)
async def test_what_was_said_by_then_is_found(memories: Memories, bot: str, until: datetime) -> None:
    await memories.index([document(bot)], [AHEAD])

    assert len(await nearest(memories, everything(bot, until=until))) == 1


async def test_only_the_kinds_that_are_asked_for(memories: Memories, bot: str) -> None:
    kinds: list[Kind] = ["turn", "fact", "summary"]
    documents = [document(bot, n, kind=kind) for n, kind in enumerate(kinds)]
    await memories.index(documents, [at_angle(n) for n in range(3)])

    found = await nearest(memories, everything(bot), kinds=("turn", "summary"))

    assert [hit.id for hit in found] == [documents[0].id, documents[2].id]
    assert await nearest(memories, everything(bot), kinds=()) == []


async def test_many_documents_in_one_call(memories: Memories, bot: str) -> None:
    documents = [document(bot, n) for n in range(450)]
    await memories.index(documents, [at_angle(n / 10) for n in range(450)])

    assert len(await nearest(memories, everything(bot), limit=1000)) == 450
    await memories.remove([d.id for d in documents[:449]])
    assert [hit.id for hit in await nearest(memories, everything(bot))] == [documents[449].id]


async def test_two_that_write_the_same_at_once_do_not_hinder_each_other(memories: Memories, bot: str) -> None:
    documents = [document(bot, n) for n in range(60)]
    vectors = [at_angle(n) for n in range(60)]

    await asyncio.gather(
        *(memories.index(documents, vectors) for _ in range(3)),
        memories.index(documents[::-1], vectors[::-1]),
    )

    assert [hit.id for hit in await nearest(memories, everything(bot), limit=60)] == [d.id for d in documents]


async def test_a_document_without_a_vector_is_refused(memories: Memories, bot: str) -> None:
    with pytest.raises(ValueError, match="zip"):
        await memories.index([document(bot, 1), document(bot, 2)], [AHEAD])
