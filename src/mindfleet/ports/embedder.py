"""Text as points in a space where near means alike."""

from collections.abc import Sequence
from typing import Protocol

Vector = list[float]
"""`dimensions` floats of unit length."""


class Embedder(Protocol):
    @property
    def name(self) -> str:
        """Names model and version; vectors of different names are never compared."""
        ...

    @property
    def dimensions(self) -> int: ...

    async def passages(self, texts: Sequence[str]) -> list[Vector]:
        """One vector for each text that is to be found."""
        ...

    async def query(self, text: str) -> Vector:
        """The vector to search with."""
        ...
