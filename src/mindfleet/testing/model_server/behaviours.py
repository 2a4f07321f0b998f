"""How an endpoint may answer one request, well or badly."""

import asyncio
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any, Protocol

from mindfleet.testing.model_server.http import head
from mindfleet.testing.model_server.protocol import Objection

Json = dict[str, Any]


@dataclass(frozen=True)
class Exchange:
    """One request under way: what would be the right answer, and the line to the client."""

    answer: Json
    """The body of a 200."""

    writer: asyncio.StreamWriter

    async def send(self, status: int, body: Json, headers: Mapping[str, str] | None = None) -> None:
        await self.send_bytes(status, json.dumps(body).encode(), headers)

    async def send_bytes(self, status: int, body: bytes, headers: Mapping[str, str] | None = None) -> None:
        self.writer.write(_head(status, len(body), headers) + body)
        await self.writer.drain()


class Behaviour(Protocol):
    async def respond(self, exchange: Exchange) -> None:
        """Send what this behaviour sends. Closing `exchange.writer` ends the connection."""
        ...


@dataclass(frozen=True)
class Answers:
    """The right answer."""

    async def respond(self, exchange: Exchange) -> None:
        await exchange.send(200, exchange.answer)


@dataclass(frozen=True)
class Waits:
    """Nothing for a while, then something."""

    pause: timedelta
    then: Behaviour = field(default_factory=Answers)

    async def respond(self, exchange: Exchange) -> None:
        await asyncio.sleep(self.pause.total_seconds())
        await self.then.respond(exchange)


@dataclass(frozen=True)
class Fails:
    """An error status."""

    status: int = 500
    message: str = "The server had an error while processing your request."
    code: str | None = None
    headers: Mapping[str, str] = field(default_factory=dict[str, str])
    body: Json | None = None
    """Instead of OpenAI's form of an error."""

    async def respond(self, exchange: Exchange) -> None:
        kind = "server_error" if self.status >= 500 else None  # noqa: PLR2004  server errors
        body = self.body or Objection(self.status, self.message, code=self.code, kind=kind).body
        await exchange.send(self.status, body, self.headers)


@dataclass(frozen=True)
class Limits:
    """429. Further headers such as `x-ratelimit-reset-tokens` go into `headers`."""

    retry_after: str | None = "1"
    headers: Mapping[str, str] = field(default_factory=dict[str, str])
    code: str = "rate_limit_exceeded"

    async def respond(self, exchange: Exchange) -> None:
        wait = {} if self.retry_after is None else {"retry-after": self.retry_after}
        await Fails(429, "Rate limit reached.", self.code, {**wait, **self.headers}).respond(exchange)


@dataclass(frozen=True)
class Says:
    """A chat completion with exactly this text."""

    text: str
    finish_reason: str | None = "stop"

    async def respond(self, exchange: Exchange) -> None:
        await exchange.send(200, _with_message(exchange, {"content": self.text}, self.finish_reason))


@dataclass(frozen=True)
class Wraps:
    """The right answer amid prose."""

    before: str = "Sure! Here is the JSON you asked for:\n\n```json\n"
    after: str = "\n```\n\nLet me know if you need anything else."

    async def respond(self, exchange: Exchange) -> None:
        await Says(self.before + _content(exchange) + self.after).respond(exchange)


@dataclass(frozen=True)
class Cuts:
    """The beginning of the right answer, ended by the token limit."""

    share: float = 0.5

    async def respond(self, exchange: Exchange) -> None:
        content = _content(exchange)
        await Says(content[: int(len(content) * self.share)], "length").respond(exchange)


@dataclass(frozen=True)
class Refuses:
    """The model declines."""

    text: str = "I'm sorry, I can't help with that."

    async def respond(self, exchange: Exchange) -> None:
        await exchange.send(200, _with_message(exchange, {"content": None, "refusal": self.text}, "stop"))


@dataclass(frozen=True)
class Filters:
    """The provider's content filter stops the answer."""

    async def respond(self, exchange: Exchange) -> None:
        await exchange.send(200, _with_message(exchange, {"content": ""}, "content_filter"))


@dataclass(frozen=True)
class Garbles:
    """A 200 whose body is no JSON."""

    body: bytes = b'{"id": "chatcmpl-1", "choices": [{"index": 0, "mess'
    content_type: str = "application/json"

    async def respond(self, exchange: Exchange) -> None:
        await exchange.send_bytes(200, self.body, {"content-type": self.content_type})


@dataclass(frozen=True)
class HangsUp:
    """The connection ends amid the body, or with a share of 0 before the first byte of the response."""

    share: float = 0.5

    async def respond(self, exchange: Exchange) -> None:
        body = json.dumps(exchange.answer).encode()
        if self.share:
            exchange.writer.write(_head(200, len(body), None) + body[: int(len(body) * self.share)])
            await exchange.writer.drain()
        exchange.writer.close()


@dataclass(frozen=True)
class Drips:
    """The right answer in small pieces with pauses between them."""

    pause: timedelta
    pieces: int = 20

    async def respond(self, exchange: Exchange) -> None:
        body = json.dumps(exchange.answer).encode()
        exchange.writer.write(_head(200, len(body), None))
        size = -(-len(body) // self.pieces)
        for start in range(0, len(body), size):
            exchange.writer.write(body[start : start + size])
            await exchange.writer.drain()
            await asyncio.sleep(self.pause.total_seconds())


def _content(exchange: Exchange) -> str:
    return str(exchange.answer["choices"][0]["message"]["content"])


def _with_message(exchange: Exchange, message: Json, finish_reason: str | None) -> Json:
    choice = {"index": 0, "finish_reason": finish_reason, "message": {"role": "assistant", **message}}
    return {**exchange.answer, "choices": [choice]}


def _head(status: int, length: int, headers: Mapping[str, str] | None) -> bytes:
    return head(status, {"content-type": "application/json", "content-length": str(length), **(headers or {})})
