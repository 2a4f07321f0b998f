"""The migrations that this version of Mindfleet brings: numbered files, one folder a store."""

import re
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Literal, LiteralString

Store = Literal["postgres", "pgvector", "graph"]

FOLDERS = Path(__file__).parent

_NAME = re.compile(r"(?P<number>\d{4})_(?P<name>\w+)\.(?:sql|cypher)")


@dataclass(frozen=True, kw_only=True)
class Migration:
    """One file; it never changes once it was released."""

    store: Store
    number: int
    name: str
    text: LiteralString

    @property
    def checksum(self) -> str:
        return sha256(self.text.encode()).hexdigest()

    @property
    def statements(self) -> list[LiteralString]:
        """Its statements, where the store takes one at a time; each ends with `;` at the end of a line."""
        lines: list[LiteralString] = [line.rstrip() for line in self.text.splitlines() if not line.startswith("//")]
        text = "\n".join(lines) + "\n"
        return [part for part in text.split(";\n") if part.strip()]

    def __str__(self) -> str:
        return f"{self.store}/{self.number:04}_{self.name}"


def migrations_of(store: Store, folders: Path = FOLDERS) -> list[Migration]:
    """In order of their numbers.

    Raises:
        ValueError: a file has no number, or two have the same.
    """
    found = [_read(store, path) for path in sorted((folders / store).iterdir()) if path.suffix in {".sql", ".cypher"}]
    if [migration.number for migration in found] != list(range(1, len(found) + 1)):
        raise ValueError(f"the migrations of {store} are not numbered 1, 2, 3, …: {', '.join(map(str, found))}")
    return found


def _read(store: Store, path: Path) -> Migration:
    match = _NAME.fullmatch(path.name)
    if match is None:
        raise ValueError(f"{path.name} is no migration: name it 0001_what_it_adds{path.suffix}")
    # A file of the package is as literal as the code: nothing from outside gets into it.
    text: LiteralString = path.read_text(encoding="utf-8")  # pyright: ignore[reportAssignmentType]
    return Migration(store=store, number=int(match["number"]), name=match["name"], text=text)
