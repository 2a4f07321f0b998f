"""Embeddings without a model: texts with common words are near, and the same text is always the same point."""

import base64
import re
import struct
from hashlib import sha256
from math import sqrt
from typing import Any, cast

from mindfleet.testing.model_server.protocol import Objection, Rules, known_model
from mindfleet.tokens import estimate

Json = dict[str, Any]

_WORD = re.compile(r"\w+")


def embeddings(body: Json, rules: Rules) -> Json:
    """The response to an embeddings request.

    Raises:
        Objection: it breaks the protocol, or asks for what `rules` do not give.
    """
    model = known_model(body, rules)
    texts = _texts(body, rules)
    encoding = body.get("encoding_format", "float")
    if encoding not in {"float", "base64"}:
        raise Objection(400, f"Invalid value: '{encoding}'", param="encoding_format")
    if body.get("dimensions", rules.dimensions) != rules.dimensions:
        raise Objection(400, f"This model has {rules.dimensions} dimensions.", param="dimensions")
    tokens = sum(estimate(text) for text in texts)
    return {
        "object": "list",
        "model": model,
        "data": [_item(number, vector(text, rules.dimensions), encoding) for number, text in enumerate(texts)],
        "usage": {"prompt_tokens": tokens, "total_tokens": tokens},
    }


def vector(text: str, dimensions: int) -> list[float]:
    """A unit vector: the sum of one signed axis for each word."""
    sums = [0.0] * dimensions
    for word in _WORD.findall(text.lower()) or [text]:
        digest = sha256(word.encode()).digest()
        sums[int.from_bytes(digest[:4], "big") % dimensions] += 1.0 if digest[4] % 2 else -1.0
    length = sqrt(sum(x * x for x in sums))
    return [x / length for x in sums] if length else [1.0] + [0.0] * (dimensions - 1)


def _texts(body: Json, rules: Rules) -> list[str]:
    given = body.get("input")
    texts = cast("list[object]", [given] if isinstance(given, str) else given if isinstance(given, list) else [])
    if not texts or not all(isinstance(text, str) and text for text in texts):
        raise Objection(400, "'input' must be a string or a list of strings, none of them empty", param="input")
    if len(texts) > rules.largest_batch:
        raise Objection(400, f"'input' may hold at most {rules.largest_batch} texts", param="input")
    return cast("list[str]", texts)


def _item(number: int, point: list[float], encoding: str) -> Json:
    packed = base64.b64encode(struct.pack(f"<{len(point)}f", *point)).decode() if encoding == "base64" else point
    return {"object": "embedding", "index": number, "embedding": packed}
