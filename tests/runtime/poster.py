"""A worker's side of the receiver."""

import json
from typing import Any
from uuid import UUID

from mindfleet.outbox import NotSent
from mindfleet.ports.effects import Payload
from tests.runtime.receiver import Receiver


class Poster:
    """Speaks to the receiver, as a `Carrier` does."""

    def __init__(self, receiver: Receiver) -> None:
        self._receiver = receiver

    async def send(self, key: UUID, payload: Payload) -> str:
        status, answer = await self._ask("POST", {"key": str(key), "payload": payload})
        if status != 200:
            raise NotSent(PermissionError("refused"))
        return str(answer["id"])

    async def find(self, key: UUID, _payload: Payload) -> str | None:
        _, answer = await self._ask("GET", {"key": str(key)})
        found: str | None = answer["id"]
        return found

    async def _ask(self, method: str, what: dict[str, Any]) -> tuple[int, dict[str, Any]]:
        reader, writer = await self._receiver.dial()
        try:
            body = json.dumps(what).encode()
            writer.write(f"{method} / HTTP/1.1\r\nContent-Length: {len(body)}\r\n\r\n".encode() + body)
            await writer.drain()
            head, _, answer = (await reader.read()).partition(b"\r\n\r\n")
        finally:
            writer.close()
        if not head:
            raise ConnectionResetError("the wire broke before the answer came")
        return int(head.split()[1]), json.loads(answer)
