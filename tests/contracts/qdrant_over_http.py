"""Qdrant's own engine for Python behind its REST API: no server of Qdrant can be installed everywhere, and what the
adapter sends and reads over HTTP has to be tried on something that checks it by Qdrant's schema."""

import json
from collections.abc import Callable, Generator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Lock, Thread
from typing import Any, cast

from qdrant_client import QdrantClient, models

Answer = tuple[int, object]


@contextmanager
def qdrant_over_http() -> Generator[str]:
    """The address of an empty one."""
    engine = _Engine()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            self._answer()

        def do_PUT(self) -> None:
            self._answer()

        def do_POST(self) -> None:
            self._answer()

        def log_message(self, *_: object) -> None:
            pass

        def _answer(self) -> None:
            sent = self.rfile.read(int(self.headers.get("content-length") or 0))
            status, result = engine.answer(self.command, self.path.partition("?")[0], sent)
            body = json.dumps({"result": result, "status": "ok", "time": 0.0}).encode()
            self.send_response(status)
            self.send_header("content-type", "application/json")
            self.send_header("content-length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        server.daemon_threads = True
        Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_address[1]}"
        server.shutdown()


class _Engine:
    def __init__(self) -> None:
        self._client = QdrantClient(":memory:", force_disable_check_same_thread=True)
        self._one_at_a_time = Lock()
        self.indexed: set[str] = set()

    def answer(self, verb: str, path: str, sent: bytes) -> Answer:
        _, _, collection, *rest = path.split("/")
        operation = cast("Callable[[str, bytes], Answer]", getattr(self, "_".join([verb.lower(), *rest])))
        with self._one_at_a_time:
            return operation(collection, sent)

    def get_exists(self, collection: str, _: bytes) -> Answer:
        return 200, {"exists": self._client.collection_exists(collection)}

    def put(self, collection: str, sent: bytes) -> Answer:
        if self._client.collection_exists(collection):
            return 409, None
        wanted = models.CreateCollection.model_validate_json(sent)
        vectors = cast("models.VectorParams", wanted.vectors)
        return 200, self._client.create_collection(collection, vectors_config=vectors, metadata=wanted.metadata)

    def get(self, collection: str, _: bytes) -> Answer:
        return 200, self._client.get_collection(collection).model_dump(mode="json")

    def put_index(self, _: str, sent: bytes) -> Answer:
        wanted = models.CreateFieldIndex.model_validate_json(sent)
        assert wanted.field_schema
        self.indexed.add(wanted.field_name)
        return 200, _DONE

    def put_points(self, collection: str, sent: bytes) -> Answer:
        self._client.upsert(collection, models.PointsList.model_validate_json(sent).points)
        return 200, _DONE

    def post_points_delete(self, collection: str, sent: bytes) -> Answer:
        self._client.delete(collection, models.PointIdsList.model_validate_json(sent))
        return 200, _DONE

    def post_points_query(self, collection: str, sent: bytes) -> Answer:
        asked = models.QueryRequest.model_validate_json(sent)
        assert asked.params == models.SearchParams(exact=True)
        assert self.indexed >= {"bot_name", "channel_id", "visibility", "kind", "said_at"}
        found = self._client.query_points(
            collection,
            query=cast("list[float]", asked.query),
            query_filter=asked.filter,
            limit=asked.limit or 10,
            with_payload=cast("bool", asked.with_payload),
        )
        return 200, {"points": [point.model_dump(mode="json") for point in found.points]}


_DONE: dict[str, Any] = {"operation_id": 0, "status": "completed"}
