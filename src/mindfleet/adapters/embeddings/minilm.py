"""Vectors from all-MiniLM-L6-v2 in this process: English, 384 dimensions, no network (see decision 0003)."""

from collections.abc import Sequence
from functools import cached_property
from threading import Lock
from typing import TYPE_CHECKING

from mindfleet.adapters.embeddings.lane import Lane
from mindfleet.errors import ExtraMissing
from mindfleet.ports.embedder import Vector

if TYPE_CHECKING:
    from mindfleet.adapters.embeddings.minilm_model import MiniLMModel

AT_ONCE = 8
"""Texts in one run of the model; more are no faster and need more memory."""


class MiniLM:
    """The embedder that comes with a wheel; usable from several event loops.

    It loads at the first call, beside the event loop (0.4 s, 200 MB). Text beyond 256 tokens, some 1,000 characters
    of English, is cut off.

    Args:
        threads: how many cores one run of the model may use.
    """

    def __init__(self, *, threads: int = 2) -> None:
        self._threads = threads
        self._loading = Lock()
        # What somebody waits for now does not queue behind what is being indexed.
        self._queries = Lane(self._encode, at_once=AT_ONCE, name="minilm-queries")
        self._passages = Lane(self._encode, at_once=AT_ONCE, name="minilm-passages")

    @property
    def name(self) -> str:
        """Model and version of the wheel that holds it."""
        return "all-MiniLM-L6-v2-onnx-int8/1.0.0"

    @property
    def dimensions(self) -> int:
        return 384

    async def passages(self, texts: Sequence[str]) -> list[Vector]:
        """One vector for each text, whatever else is asked for at the same time.

        Raises:
            ExtraMissing: the model is not installed.
        """
        # Like lengths go together: a run takes as long as its longest text.
        order = sorted(range(len(texts)), key=lambda number: len(texts[number]))
        vectors = await self._passages.do([texts[number] for number in order])
        return [vector for _, vector in sorted(zip(order, vectors, strict=True))]

    async def query(self, text: str) -> Vector:
        """The vector to search with; the same as that of an equal passage.

        Raises:
            ExtraMissing: the model is not installed.
        """
        [vector] = await self._queries.do([text])
        return vector

    def close(self) -> None:
        """End the threads once what they are at is done; nothing may be asked afterwards."""
        self._queries.close()
        self._passages.close()

    def _encode(self, texts: Sequence[str]) -> list[Vector]:
        with self._loading:
            model = self._model
        return model.encode(texts)

    @cached_property
    def _model(self) -> "MiniLMModel":
        try:
            # Half a second of imports, here in the thread that needs them and not on the event loop.
            from mindfleet.adapters.embeddings.minilm_model import MiniLMModel  # noqa: PLC0415
        except ImportError as error:
            raise ExtraMissing(
                f"embeddings in process need {error.name}, which is not installed: "
                "pip install 'mindfleet[recall]', or name an endpoint in the settings"
            ) from error
        return MiniLMModel(threads=self._threads)
