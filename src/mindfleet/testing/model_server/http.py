"""As much of HTTP/1.1 as a model server needs: requests with a length, kept-alive connections, hand-made responses."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from http.client import responses

_LARGEST_BODY = 50_000_000


class HttpError(Exception):
    """The client does not speak HTTP as we do."""


@dataclass(frozen=True)
class HttpRequest:
    method: str
    path: str
    headers: Mapping[str, str]
    """Names in lower case."""

    body: bytes


async def read_request(reader: asyncio.StreamReader) -> HttpRequest | None:
    """The next request of a connection; None when the client has closed it.

    Raises:
        HttpError: what came is no request with a `Content-Length`.
    """
    try:
        head = await reader.readuntil(b"\r\n\r\n")
    except (asyncio.IncompleteReadError, ConnectionError):
        return None
    line, *fields = head.decode("latin-1").rstrip("\r\n").split("\r\n")
    try:
        method, path, _ = line.split(" ")
    except ValueError as error:
        raise HttpError(f"no request line: {line!r}") from error
    headers = {name.strip().lower(): value.strip() for name, _, value in (field.partition(":") for field in fields)}
    return HttpRequest(method, path, headers, await _body(reader, headers))


async def _body(reader: asyncio.StreamReader, headers: Mapping[str, str]) -> bytes:
    if "transfer-encoding" in headers:
        raise HttpError("send a Content-Length")
    length = headers.get("content-length", "0")
    if not length.isdecimal() or int(length) > _LARGEST_BODY:
        raise HttpError(f"no usable Content-Length: {length!r}")
    return await reader.readexactly(int(length))


def head(status: int, headers: Mapping[str, str]) -> bytes:
    """Status line and headers, ready to send."""
    lines = [
        f"HTTP/1.1 {status} {responses.get(status, 'Unnamed')}",
        *(f"{name}: {value}" for name, value in headers.items()),
    ]
    return ("\r\n".join(lines) + "\r\n\r\n").encode("latin-1")
