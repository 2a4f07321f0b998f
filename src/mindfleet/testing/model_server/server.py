"""The server itself: it listens on this machine only, records what it is asked and answers as scripted."""

import asyncio
import json
from collections import deque
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import timedelta
from types import TracebackType
from typing import Any, Self, cast

from mindfleet.testing.model_server.behaviours import Answers, Behaviour, Exchange
from mindfleet.testing.model_server.embedding import embeddings
from mindfleet.testing.model_server.filling import filled
from mindfleet.testing.model_server.http import HttpError, HttpRequest, read_request
from mindfleet.testing.model_server.protocol import ChatRequest, Objection, Rules, chat_request
from mindfleet.tokens import estimate

Json = dict[str, Any]


@dataclass(frozen=True)
class Recorded:
    """A request as it came, kept or refused."""

    method: str
    path: str
    headers: Mapping[str, str]
    body: Json
    """Empty when there was none, or no JSON object."""


class ScriptedModelServer:
    """`/v1/chat/completions`, `/v1/embeddings` and `/v1/models` on 127.0.0.1.

    A request that breaks the protocol gets its error and uses up nothing of the script.
    """

    def __init__(
        self, *, rules: Rules | None = None, answer: Callable[[ChatRequest], Json] | None = None, port: int = 0
    ) -> None:
        """Listen only when entered.

        Args:
            rules: what the endpoint takes.
            answer: the object that a right answer holds; by default the smallest that fills the schema.
            port: 0 takes a free one.
        """
        self.requests: list[Recorded] = []
        self._rules = rules or Rules()
        self._answer = answer or _smallest
        self._port = port
        self._script: deque[Behaviour] = deque()
        self._otherwise: Behaviour = Answers()
        self._server: asyncio.Server | None = None
        self._connections: set[asyncio.Task[None]] = set()
        self._arrival = asyncio.Condition()

    @property
    def url(self) -> str:
        """What a client takes as its base URL."""
        return f"http://127.0.0.1:{self._port}/v1"

    def script(self, behaviours: Iterable[Behaviour], *, then: Behaviour | None = None) -> None:
        """How the next requests are answered, one behaviour each, and all after them (by default rightly)."""
        self._script = deque(behaviours)
        self._otherwise = then or Answers()

    async def received(self, number: int, *, within: timedelta = timedelta(seconds=10)) -> None:
        """Wait until so many requests have come, refused ones included.

        Raises:
            TimeoutError: they have not come in time.
        """
        async with asyncio.timeout(within.total_seconds()), self._arrival:
            await self._arrival.wait_for(lambda: len(self.requests) >= number)

    async def start(self) -> None:
        self._server = await asyncio.start_server(self._accept, "127.0.0.1", self._port)
        self._port = self._server.sockets[0].getsockname()[1]

    async def stop(self) -> None:
        """Hang up on everybody; `start` listens on the same port again."""
        if self._server is not None:
            self._server.close()
        for connection in self._connections:
            connection.cancel()
        await asyncio.gather(*self._connections, return_exceptions=True)

    async def __aenter__(self) -> Self:
        await self.start()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.stop()

    def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """A task of ours for the connection: asyncio 3.11 reports one of its own as an error when it is cancelled."""
        task = asyncio.create_task(self._serve(reader, writer))
        self._connections.add(task)
        task.add_done_callback(self._connections.discard)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            await self._converse(reader, writer)
        except (ConnectionError, HttpError, asyncio.IncompleteReadError):
            pass  # a client that leaves, or speaks no HTTP, is hung up on
        finally:
            writer.close()
            with suppress(ConnectionError):
                await writer.wait_closed()

    async def _converse(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while not writer.is_closing() and (request := await read_request(reader)):
            recorded = await self._record(request)
            try:
                answer = self._answered(request, recorded.body)
            except Objection as objection:
                await Exchange({}, writer).send(objection.status, objection.body)
            else:
                behaviour = Answers() if request.method == "GET" else self._next_behaviour()
                await behaviour.respond(Exchange(answer, writer))

    async def _record(self, request: HttpRequest) -> Recorded:
        recorded = _recorded(request)
        self.requests.append(recorded)
        async with self._arrival:
            self._arrival.notify_all()
        return recorded

    def _next_behaviour(self) -> Behaviour:
        return self._script.popleft() if self._script else self._otherwise

    def _answered(self, request: HttpRequest, body: Json) -> Json:
        """The right answer, if the request is right."""
        key = self._rules.api_key
        if key is not None and request.headers.get("authorization") != f"Bearer {key}":
            raise Objection(401, "Incorrect API key provided.", code="invalid_api_key")
        match request.method, request.path.partition("?")[0]:
            case "GET", "/v1/models":
                return _models(self._rules)
            case "POST", "/v1/chat/completions" | "/v1/embeddings" as path:
                return self._posted(path, request, body)
            case _, "/v1/models" | "/v1/chat/completions" | "/v1/embeddings":
                raise Objection(405, f"Not allowed to {request.method} on {request.path}")
            case _:
                raise Objection(404, f"Invalid URL ({request.method} {request.path})")

    def _posted(self, path: str, request: HttpRequest, body: Json) -> Json:
        if not request.headers.get("content-type", "").startswith("application/json") or not body:
            raise Objection(400, "We could not parse the JSON body of your request.")
        if path == "/v1/embeddings":
            return embeddings(body, self._rules)
        asked = chat_request(body, self._rules)
        return _completion(asked, json.dumps(self._answer(asked)), len(self.requests), self._rules)


def _smallest(request: ChatRequest) -> Json:
    return filled(request.schema) if request.schema else {}


def _recorded(request: HttpRequest) -> Recorded:
    try:
        body: object = json.loads(request.body)
    except ValueError:
        body = {}
    fields = cast("Json", body) if isinstance(body, dict) else {}
    return Recorded(request.method, request.path, request.headers, fields)


def _models(rules: Rules) -> Json:
    return {"object": "list", "data": [{"id": name, "object": "model"} for name in rules.models or ()]}


def _completion(asked: ChatRequest, content: str, number: int, rules: Rules) -> Json:
    sent, written = asked.input_tokens, estimate(content)
    usage = {"prompt_tokens": sent, "completion_tokens": written, "total_tokens": sent + written}
    return {
        "id": f"chatcmpl-{number}",
        "object": "chat.completion",
        "created": 0,
        "model": asked.model,
        "choices": [{"index": 0, "finish_reason": "stop", "message": {"role": "assistant", "content": content}}],
        **({"usage": usage} if rules.reports_usage else {}),
    }
