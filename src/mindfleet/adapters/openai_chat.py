"""Any OpenAI-compatible endpoint as a provider: OpenAI, OpenRouter, Ollama, vLLM, llama-server."""

import asyncio
from datetime import timedelta

from openai import APIError, APIStatusError, AsyncOpenAI, DefaultAsyncHttpxClient, Timeout, omit
from openai.types.chat import ChatCompletionMessageParam
from openai.types.chat.completion_create_params import ResponseFormat

from mindfleet.adapters.openai_errors import complaint, translated
from mindfleet.adapters.openai_reply import reply_in
from mindfleet.errors import ModelUnavailable
from mindfleet.llm.dialect import Dialect
from mindfleet.llm.endpoint import is_near, provider_name
from mindfleet.llm.provider import Message, Reply, Request
from mindfleet.llm.schema import strict_schema
from mindfleet.llm.schema_wish import with_schema_in_words
from mindfleet.ports.clock import Clock

_NO_KEY = "none"
_LONGEST_SCHEMA_NAME = 64
_CONNECT_TIMEOUT = timedelta(seconds=5)


class OpenAIChat:
    """Asks `/chat/completions` for structured output, in the best form that the endpoint takes for the model.

    Never retries: when to try again is decided for the whole fleet. Belongs to one event loop.
    """

    def __init__(
        self,
        *,
        base_url: str,
        api_key: str | None,
        clock: Clock,
        timeout: timedelta = timedelta(seconds=120),
        temperature: float | None = None,
    ) -> None:
        """Connect nothing yet.

        Args:
            base_url: up to and including `/v1`.
            api_key: None for endpoints that want none, as local ones do.
            clock: what a `Retry-After` date is compared with.
            timeout: for a whole call, however slowly it drips.
            temperature: None leaves it to the model; a model that refuses it is asked without.
        """
        self._name = provider_name(base_url)
        self._clock = clock
        self._timeout = timeout
        self._first = Dialect(
            limit_name="max_completion_tokens" if self._name == "openai" else "max_tokens",
            temperature=temperature,
        )
        self._dialects: dict[str, Dialect] = {}
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
        return self._name

    async def complete(self, request: Request) -> Reply:
        """One answer; more than one request only while the endpoint's dialect is being learnt.

        Raises:
            ModelUnavailable: trying later helps; `retry_after` where the endpoint says when.
            ModelRefused: the endpoint rejects the request; the message says what to change.
        """
        dialect = self._dialects.get(request.model, self._first)
        try:
            async with asyncio.timeout(self._timeout.total_seconds()):
                body, dialect = await self._understood(request, dialect)
        except TimeoutError as error:
            raise ModelUnavailable(f"{self._name} did not finish within {self._timeout.total_seconds():g} s") from error
        except APIError as error:
            raise translated(error, endpoint=self._name, model=request.model, now=self._clock.now()) from error
        reply = await asyncio.to_thread(reply_in, body, request)  # what is long takes long to count
        self._dialects[request.model] = dialect.after_prose() if _ignores_format(dialect, reply) else dialect
        return reply

    async def close(self) -> None:
        await self._client.close()

    async def _understood(self, request: Request, dialect: Dialect) -> tuple[bytes, Dialect]:
        """The body of the reply, and the dialect that the endpoint took."""
        while True:
            try:
                return await self._ask(request, dialect), dialect
            except APIStatusError as error:
                simpler = dialect.after(complaint(error)) if _is_objection(error) else None
                if simpler is None:
                    raise
                dialect = simpler

    async def _ask(self, request: Request, dialect: Dialect) -> bytes:
        in_words = dialect.format != "json_schema"
        limit = {dialect.limit_name: request.max_output_tokens}
        response = await self._client.chat.completions.with_raw_response.create(
            model=request.model,
            messages=[_param(m) for m in (with_schema_in_words(request) if in_words else request.messages)],
            response_format=_response_format(request, dialect) or omit,
            temperature=omit if dialect.temperature is None else dialect.temperature,
            max_tokens=limit.get("max_tokens", omit),
            max_completion_tokens=limit.get("max_completion_tokens", omit),
        )
        return response.content


def _is_objection(error: APIStatusError) -> bool:
    """Whether the error can be about a parameter. Older llama-servers object to a format with a 500."""
    return error.status_code in {400, 404, 422, 500, 501}


def _ignores_format(dialect: Dialect, reply: Reply) -> bool:
    wanted = dialect.format != "plain"
    return wanted and not reply.cut and reply.refusal is None and "{" not in reply.text


def _param(message: Message) -> ChatCompletionMessageParam:
    match message.role:
        case "system":
            return {"role": "system", "content": message.content}
        case "user":
            return {"role": "user", "content": message.content}
        case "assistant":
            return {"role": "assistant", "content": message.content}


def _response_format(request: Request, dialect: Dialect) -> ResponseFormat | None:
    match dialect.format:
        case "json_schema":
            name = request.schema.__name__[:_LONGEST_SCHEMA_NAME]
            return {
                "type": "json_schema",
                "json_schema": {"name": name, "schema": strict_schema(request.schema), "strict": True},
            }
        case "json_object":
            return {"type": "json_object"}
        case "plain":
            return None
