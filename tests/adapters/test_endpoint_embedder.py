"""Embeddings over real HTTP, from a small server that insists on the protocol."""

import json
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Event, Thread
from typing import Any

import pytest

from mindfleet.adapters.embeddings.endpoint import AT_ONCE, MAX_CHARACTERS, EndpointEmbedder
from mindfleet.errors import ModelRefused, ModelUnavailable, SettingsInvalid
from mindfleet.ports.embedder import Embedder

NOW = datetime(2026, 5, 8, 12, 0, tzinfo=UTC)
Body = dict[str, Any]


class StoppedClock:
    def now(self) -> datetime:
        return NOW


@dataclass
class Reply:
    status: int
    body: Body | str
    headers: dict[str, str] = field(default_factory=dict)


def vectors(body: Body) -> Reply:
    """What a good endpoint answers: here the vector of a text is its length and its number of words."""
    data = [
        {"object": "embedding", "index": n, "embedding": [float(len(text)), float(text.count(" ")), 1.0]}
        for n, text in enumerate(body["input"])
    ]
    return Reply(200, {"object": "list", "model": body["model"], "data": data, "usage": {}})


def objection(status: int, message: str, *, code: str | None = None, headers: dict[str, str] | None = None) -> Reply:
    return Reply(status, {"error": {"message": message, "type": None, "param": None, "code": code}}, headers or {})


class Endpoint:
    """An OpenAI-compatible server on this machine; `answer` may be replaced, `asked` holds the bodies it was sent."""

    def __init__(self) -> None:
        self.asked: list[Body] = []
        self.answer: Callable[[Body], Reply] = vectors
        endpoint = self

        class Protocol(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                endpoint.asked.append(body)
                reply = self._objection(body) or endpoint.answer(body)
                content = (reply.body if isinstance(reply.body, str) else json.dumps(reply.body)).encode()
                self.send_response_only(reply.status)  # without a date of its own
                headers = {"Content-Type": "application/json", "Content-Length": str(len(content)), **reply.headers}
                for name, value in headers.items():
                    self.send_header(name, value)
                self.end_headers()
                self.wfile.write(content)

            def _objection(self, body: Body) -> Reply | None:
                if self.path != "/v1/embeddings":
                    return objection(404, f"no {self.path} here")
                if self.headers["Authorization"] != "Bearer secret":
                    return objection(401, "Incorrect API key provided")
                if not isinstance(body.get("input"), list) or not body["input"] or not body.get("model"):
                    return objection(400, "model and a list of input are needed")
                return None

            def log_message(self, *_: object) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Protocol)
        self._thread = Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.01})
        self._thread.start()
        self.base_url = f"http://127.0.0.1:{self._server.server_port}/v1"

    def stop(self) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()


@pytest.fixture
def endpoint() -> Iterator[Endpoint]:
    server = Endpoint()
    yield server
    server.stop()


@pytest.fixture
async def embedder(endpoint: Endpoint) -> AsyncIterator[EndpointEmbedder]:
    async with connected(endpoint) as one:
        yield one


@asynccontextmanager
async def connected(endpoint: Endpoint, **settings: Any) -> AsyncIterator[EndpointEmbedder]:
    given: dict[str, Any] = {
        "base_url": endpoint.base_url,
        "api_key": "secret",
        "model": "tiny",
        "clock": StoppedClock(),
    }
    one = EndpointEmbedder(**given | settings)
    yield one
    await one.close()


async def test_gives_each_text_its_vector_at_unit_length(embedder: EndpointEmbedder) -> None:
    assert await embedder.passages(["ab", ""]) == [
        pytest.approx([2 / 5**0.5, 0, 1 / 5**0.5]),
        pytest.approx([0, 0, 1]),
    ]


async def test_asks_for_plain_floats_of_the_model(embedder: EndpointEmbedder, endpoint: Endpoint) -> None:
    await embedder.query("ab")
    assert endpoint.asked == [{"model": "tiny", "input": ["ab"], "encoding_format": "float"}]


async def test_asks_nothing_when_there_is_nothing_to_ask(embedder: EndpointEmbedder, endpoint: Endpoint) -> None:
    assert await embedder.passages([]) == []
    assert endpoint.asked == []


async def test_asks_for_many_texts_in_batches_and_keeps_their_order(
    embedder: EndpointEmbedder, endpoint: Endpoint
) -> None:
    texts = ["x" * n for n in range(2 * AT_ONCE + 1)]
    found = await embedder.passages(texts)
    assert [round(vector[0] / vector[2]) for vector in found] == list(range(2 * AT_ONCE + 1))
    assert [len(body["input"]) for body in endpoint.asked] == [AT_ONCE, AT_ONCE, 1]


async def test_puts_vectors_that_come_in_another_order_in_order(embedder: EndpointEmbedder, endpoint: Endpoint) -> None:
    def backwards(body: Body) -> Reply:
        reply = vectors(body)
        assert isinstance(reply.body, dict)
        reply.body["data"].reverse()
        return reply

    straight = await embedder.passages(["a", "bb"])
    endpoint.answer = backwards
    assert await embedder.passages(["a", "bb"]) == straight


async def test_cuts_long_text(embedder: EndpointEmbedder, endpoint: Endpoint) -> None:
    await embedder.query("x" * (MAX_CHARACTERS + 1))
    assert endpoint.asked[0]["input"] == ["x" * MAX_CHARACTERS]


async def test_learns_the_dimensions_from_an_answer(embedder: EndpointEmbedder, endpoint: Endpoint) -> None:
    with pytest.raises(SettingsInvalid, match="learn_dimensions"):
        _ = embedder.dimensions
    assert await embedder.learn_dimensions() == 3
    assert await embedder.learn_dimensions() == embedder.dimensions == 3
    assert len(endpoint.asked) == 1


async def test_asks_for_the_dimensions_that_are_set(endpoint: Endpoint) -> None:
    async with connected(endpoint, dimensions=3) as embedder:
        port: Embedder = embedder
        assert (port.name, port.dimensions) == ("tiny/3", 3)
        await port.query("a")
    assert endpoint.asked[0]["dimensions"] == 3


async def test_refuses_vectors_of_another_length(endpoint: Endpoint) -> None:
    async with connected(endpoint, dimensions=4) as embedder:
        with pytest.raises(ModelRefused, match="vectors of 3 dimensions instead of 4"):
            await embedder.query("a")


async def test_an_overloaded_endpoint_is_unavailable_for_as_long_as_it_says(
    embedder: EndpointEmbedder, endpoint: Endpoint
) -> None:
    endpoint.answer = lambda _: objection(429, "slow down", headers={"Retry-After": "7"})
    with pytest.raises(ModelUnavailable, match="slow down") as caught:
        await embedder.query("a")
    assert caught.value.retry_after == timedelta(seconds=7)
    assert len(endpoint.asked) == 1, "when to try again is not decided here"


async def test_a_retry_after_date_is_a_wait(embedder: EndpointEmbedder, endpoint: Endpoint) -> None:
    date = {"Retry-After": "Fri, 08 May 2026 12:01:00 GMT"}
    endpoint.answer = lambda _: objection(503, "maintenance", headers=date)
    with pytest.raises(ModelUnavailable) as caught:
        await embedder.query("a")
    assert caught.value.retry_after == timedelta(minutes=1)


async def test_a_wrong_key_is_refused(endpoint: Endpoint) -> None:
    async with connected(endpoint, api_key="guessed") as embedder:
        with pytest.raises(ModelRefused, match=r"401.*Incorrect API key"):
            await embedder.query("a")


async def test_an_unknown_model_is_refused(embedder: EndpointEmbedder, endpoint: Endpoint) -> None:
    endpoint.answer = lambda _: objection(404, "model 'tiny' not found")
    with pytest.raises(ModelRefused, match="not found"):
        await embedder.query("a")


async def test_an_account_without_credit_is_refused(embedder: EndpointEmbedder, endpoint: Endpoint) -> None:
    endpoint.answer = lambda _: objection(429, "You exceeded your current quota", code="insufficient_quota")
    with pytest.raises(ModelRefused, match="credit"):
        await embedder.query("a")


async def test_an_endpoint_that_is_away_is_unavailable(endpoint: Endpoint) -> None:
    endpoint.stop()
    async with connected(endpoint) as embedder:
        with pytest.raises(ModelUnavailable, match="cannot be reached"):
            await embedder.query("a")


async def test_an_endpoint_that_hangs_is_unavailable(endpoint: Endpoint) -> None:
    released = Event()

    def hang(body: Body) -> Reply:
        released.wait(10)
        return vectors(body)

    endpoint.answer = hang
    async with connected(endpoint, timeout=timedelta(milliseconds=50)) as embedder:
        with pytest.raises(ModelUnavailable, match=r"in time|within"):
            await embedder.query("a")
    released.set()


@pytest.mark.parametrize(
    "garbage",
    [
        Reply(200, "<html>Sign in</html>", {"Content-Type": "text/html"}),
        Reply(200, "{broken"),
        Reply(200, {"data": []}),
        Reply(200, {"data": [{"index": 1, "embedding": [1.0]}]}),
        Reply(200, {"data": [{"index": 0, "embedding": ["NaN"]}]}),
        Reply(200, {"data": [{"index": 0, "embedding": [0.0, 0.0]}]}),
        Reply(200, {"data": [{"index": 0, "embedding": []}]}),
    ],
    ids=["html", "broken", "empty", "misnumbered", "nan", "zero", "no numbers"],
)
async def test_an_answer_without_usable_vectors_is_no_answer(
    embedder: EndpointEmbedder, endpoint: Endpoint, garbage: Reply
) -> None:
    endpoint.answer = lambda _: garbage
    with pytest.raises(ModelUnavailable, match="answered"):
        await embedder.query("a")
