"""The passwords and ports of the embedded stores, kept from start to start."""

import json
import secrets
from dataclasses import asdict, dataclass, replace

from mindfleet.embedded import ports
from mindfleet.embedded.home import Home, write_private


@dataclass(frozen=True)
class Credentials:
    """How to reach one store."""

    password: str
    ports: tuple[int, ...]


@dataclass(frozen=True)
class Keyring:
    """The credentials of every store of a home, in one file of mode 0600."""

    home: Home

    def settle(self, store: str, *, count: int) -> Credentials:
        """The store's password, and `count` ports: the last ones if they are free, otherwise others."""
        known = self._read()
        kept = known.get(store)
        if kept is None:
            kept = Credentials(secrets.token_hex(16), ())
        if len(kept.ports) != count or not all(map(ports.free, kept.ports)):
            kept = replace(kept, ports=ports.pick(count, avoid=_taken(known)))
        self._write({**known, store: kept})
        return kept

    def move(self, store: str) -> Credentials:
        """Other ports, for a store that could not have these."""
        known = self._read()
        moved = replace(known[store], ports=ports.pick(len(known[store].ports), avoid=_taken(known)))
        self._write({**known, store: moved})
        return moved

    def knows(self, store: str) -> bool:
        return store in self._read()

    def _read(self) -> dict[str, Credentials]:
        if not self.home.credentials.exists():
            return {}
        raw = json.loads(self.home.credentials.read_text(encoding="utf-8"))
        return {name: Credentials(entry["password"], tuple(entry["ports"])) for name, entry in raw.items()}

    def _write(self, known: dict[str, Credentials]) -> None:
        content = {name: asdict(entry) for name, entry in known.items()}
        write_private(self.home.credentials, json.dumps(content, indent=1))


def _taken(known: dict[str, Credentials]) -> set[int]:
    return {port for entry in known.values() for port in entry.ports}
