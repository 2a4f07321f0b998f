"""Health over HTTP, from a thread of its own, so that it answers while the event loop does not.

`/livez` is 503 when only a restart helps, `/readyz` and `/health` also while the process starts or drains or a store is
lost. Python code that never gives way shares the interpreter with this thread, and so only delays it; a C call that
keeps the interpreter to itself silences it, and whoever asks runs into its own time limit.
"""

import errno
import json
import logging
import socket
import sys
import threading
from collections.abc import Callable, Generator
from contextlib import contextmanager
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from mindfleet.observe.health import Patience, body, judge
from mindfleet.vitals import Vitals

SLOWEST_CLIENT = 5.0
"""Seconds that a client may take to say what it wants."""

ANY_PORT = 0

_LOOPBACK = {"": "127.0.0.1", "0.0.0.0": "127.0.0.1", "::": "::1"}  # noqa: S104 - compared, not bound to
"""What reaches, from this machine, a server that listens everywhere."""

Answer = tuple[HTTPStatus, dict[str, Any]]

logger = logging.getLogger(__name__)


@contextmanager
def serve_health(vitals: Vitals, patience: Patience, *, host: str, port: int, version: str) -> Generator[str]:
    """Answer for as long as the body runs; gives the URL without a path, as this machine reaches it.

    Args:
        vitals: what is judged, at every request anew.
        patience: how long what is wrong may last.
        host: the address to listen on.
        port: 0 picks one. Where another process has the one that is wanted, one is picked too, and said in the log:
            several workers of one machine share their settings.
        version: of Mindfleet.

    Raises:
        OSError: it cannot listen on that address.
    """

    def answer(path: str) -> Answer:
        return _answer(path, vitals, patience, version)

    server = _listen(host, port, answer)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.1}, name="health", daemon=True)
    thread.start()
    try:
        yield _url(host, server.server_port)
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def _answer(path: str, vitals: Vitals, patience: Patience, version: str) -> Answer:
    signs = vitals.signs()
    verdict = judge(signs, patience)
    match path.partition("?")[0]:
        case "/livez":
            reasons = verdict.wedged
        case "/readyz" | "/health":
            reasons = (*verdict.wedged, *verdict.unready)
        case _:
            return HTTPStatus.NOT_FOUND, {"paths": ["/livez", "/readyz", "/health"]}
    status = HTTPStatus.SERVICE_UNAVAILABLE if reasons else HTTPStatus.OK
    return status, body(signs, reasons, version=version)


def _listen(host: str, port: int, answer: Callable[[str], Answer]) -> ThreadingHTTPServer:
    try:
        return _Server(host, port, answer)
    except OSError as error:
        if error.errno != errno.EADDRINUSE or port == ANY_PORT:
            raise
    server = _Server(host, ANY_PORT, answer)
    logger.warning("HEALTH_PORT=%d is taken: health is told on port %d instead", port, server.server_port)
    return server


def _url(host: str, port: int) -> str:
    reachable = _LOOPBACK.get(host, host)
    return f"http://[{reachable}]:{port}" if ":" in reachable else f"http://{reachable}:{port}"


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False

    def __init__(self, host: str, port: int, answer: Callable[[str], Answer]) -> None:
        self.address_family = socket.AF_INET6 if ":" in host else socket.AF_INET
        super().__init__((host, port), _Request)
        self.answer = answer

    def server_bind(self) -> None:
        """Without looking up its own name, which may take seconds where there is no name server."""
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self.socket.bind(self.server_address)
        self.server_name, self.server_port = self.socket.getsockname()[:2]

    def handle_error(self, request: object, client_address: object) -> None:  # noqa: ARG002 - the library's signature
        """A client that hung up, or said nothing in time, is no news."""
        level = logging.DEBUG if isinstance(sys.exception(), OSError) else logging.ERROR
        logger.log(level, "a request for health from %s broke off", client_address, exc_info=True)


class _Request(BaseHTTPRequestHandler):
    timeout = SLOWEST_CLIENT
    server_version = "mindfleet"
    sys_version = ""

    def do_GET(self) -> None:
        self._reply(with_body=True)

    def do_HEAD(self) -> None:
        self._reply(with_body=False)

    def _reply(self, *, with_body: bool) -> None:
        assert isinstance(self.server, _Server)  # noqa: S101 - it is what made us
        status, content = self.server.answer(self.path)
        data = json.dumps(content).encode() + b"\n"
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(data)))
        self.send_header("Cache-Control", "no-store")
        self.end_headers()
        if with_body:
            self.wfile.write(data)

    def log_message(self, format: str, *arguments: object) -> None:  # noqa: A002 - the library's name
        logger.debug(format, *arguments)
