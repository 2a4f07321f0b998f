"""Exact cosine in memory."""

from datetime import UTC, datetime
from uuid import UUID

import pytest

from mindfleet.ports.memories import Document, Scope
from mindfleet.testing.memories import InMemoryMemories

HERE = Scope(bot_name="luna", channels=("here",), visibilities=("dm",))


def document(number: int, *, channel_id: str = "here") -> Document:
    return Document(
        id=UUID(int=number),
        bot_name="luna",
        channel_id=channel_id,
        visibility="dm",
        kind="turn",
        user_id="ana",
        speaker="Ana",
        said_at=datetime(2026, 5, 8, tzinfo=UTC),
        text="tea",
        sources=(),
    )


async def nearest(memories: InMemoryMemories, vector: list[float], *, limit: int = 9) -> list[int]:
    return [hit.id.int for hit in await memories.nearest(vector, scope=HERE, kinds=["turn"], limit=limit)]


async def test_the_nearest_comes_first_however_long_its_vector() -> None:
    memories = InMemoryMemories()
    await memories.index([document(1), document(2)], [[9.0, 9.0], [0.1, 0.0]])
    assert await nearest(memories, [1.0, 0.0]) == [2, 1]
    assert await nearest(memories, [1.0, 0.0], limit=1) == [2]


async def test_scores_are_cosines() -> None:
    memories = InMemoryMemories()
    await memories.index([document(1)], [[3.0, 4.0]])
    [hit] = await memories.nearest([2.0, 0.0], scope=HERE, kinds=["turn"], limit=1)
    assert hit.score == pytest.approx(0.6)


async def test_ties_go_by_id() -> None:
    memories = InMemoryMemories()
    await memories.index([document(2), document(1)], [[1.0, 0.0], [1.0, 0.0]])
    assert await nearest(memories, [1.0, 0.0]) == [1, 2]


async def test_what_is_out_of_scope_or_removed_is_not_found() -> None:
    memories = InMemoryMemories()
    await memories.index([document(1), document(2, channel_id="elsewhere")], [[1.0], [1.0]])
    await memories.remove([UUID(int=1), UUID(int=77)])
    assert await nearest(memories, [1.0]) == []


async def test_every_document_needs_a_vector() -> None:
    with pytest.raises(ValueError, match="shorter"):
        await InMemoryMemories().index([document(1)], [])


async def test_vectors_of_two_models_are_not_compared() -> None:
    memories = InMemoryMemories()
    await memories.index([document(1)], [[1.0, 0.0]])
    with pytest.raises(ValueError, match="2 dimensions"):
        await nearest(memories, [1.0])
