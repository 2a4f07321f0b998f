"""Vectors without a model: texts that share words are near."""

import math
from collections.abc import Sequence
from hashlib import blake2b

from mindfleet.ports.embedder import Vector
from mindfleet.testing.english import English

DIMENSIONS = 64


class WordEmbedder:
    """The port `Embedder`, for tests: each stem adds one to a dimension of its own (by its hash)."""

    def __init__(self) -> None:
        self._english = English()

    @property
    def name(self) -> str:
        return "words-64"

    @property
    def dimensions(self) -> int:
        return DIMENSIONS

    async def passages(self, texts: Sequence[str]) -> list[Vector]:
        return [self._vector(text) for text in texts]

    async def query(self, text: str) -> Vector:
        return self._vector(text)

    def _vector(self, text: str) -> Vector:
        vector = [0.0] * DIMENSIONS
        for word in self._english.words(text):
            vector[blake2b(word.encode(), digest_size=1).digest()[0] % DIMENSIONS] += 1
        vector[0] += 1e-3  # no text is nowhere
        length = math.sqrt(sum(value * value for value in vector))
        return [value / length for value in vector]
