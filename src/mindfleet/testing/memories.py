"""`Memories` in memory: exact cosine, for tests and measurements without a vector store."""

from collections.abc import Sequence
from math import hypot
from operator import mul
from uuid import UUID

from mindfleet.ports.embedder import Vector
from mindfleet.ports.memories import Document, Hit, Kind, Scope
from mindfleet.testing.scope import is_heard


class InMemoryMemories:
    """Holds documents and their vectors for the life of the object."""

    def __init__(self) -> None:
        self._documents: dict[UUID, tuple[Document, Vector]] = {}

    async def index(self, documents: Sequence[Document], vectors: Sequence[Vector]) -> None:
        for document, vector in zip(documents, vectors, strict=True):
            self._documents[document.id] = document, _unit(vector)

    async def remove(self, ids: Sequence[UUID]) -> None:
        for found in ids:
            self._documents.pop(found, None)

    async def nearest(self, vector: Vector, *, scope: Scope, kinds: Sequence[Kind], limit: int) -> list[Hit]:
        """The documents in scope by cosine, best first, ties by id."""
        wanted = _unit(vector)
        heard = [(d, v) for d, v in self._documents.values() if is_heard(d, scope, kinds)]
        hits = [Hit(document.id, _dot(wanted, its_vector)) for document, its_vector in heard]
        return sorted(hits, key=lambda hit: (-hit.score, hit.id))[:limit]


def _unit(vector: Vector) -> Vector:
    """The same direction; a vector without one stays as it is."""
    length = hypot(*vector) or 1.0
    return [part / length for part in vector]


def _dot(one: Vector, other: Vector) -> float:
    if len(one) != len(other):
        raise ValueError(f"vectors of {len(one)} and {len(other)} dimensions cannot be compared")
    return float(sum(map(mul, one, other)))
