"""A collection is filled by one model only."""

import asyncio

import pytest

from mindfleet.adapters.postgres import Database
from mindfleet.errors import DimensionMismatch
from mindfleet.migrations.collections import declare_collection
from mindfleet.migrations.runner import migrate


@pytest.fixture
async def migrated(database: Database) -> Database:
    await migrate(database, None, pgvector=False)
    return database


async def test_a_collection_may_be_declared_again_and_by_several_at_once(migrated: Database) -> None:
    declared = (declare_collection(migrated, "memories", embedder="minilm", dimensions=384) for _ in range(4))
    await asyncio.gather(*declared)
    await declare_collection(migrated, "others", embedder="e5", dimensions=768)


@pytest.mark.parametrize(("embedder", "dimensions"), [("minilm", 768), ("e5", 384)])
async def test_another_model_is_refused_with_what_to_do(migrated: Database, embedder: str, dimensions: int) -> None:
    await declare_collection(migrated, "memories", embedder="minilm", dimensions=384)

    with pytest.raises(DimensionMismatch, match=rf"minilm with 384 .*{embedder} with {dimensions}.*name another"):
        await declare_collection(migrated, "memories", embedder=embedder, dimensions=dimensions)
    await declare_collection(migrated, "memories", embedder="minilm", dimensions=384)
