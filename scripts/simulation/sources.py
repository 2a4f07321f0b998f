"""The texts of the scripts, as files; a mutant is the same texts with one of them changed."""

import re
from collections.abc import Mapping, Sequence
from pathlib import Path

import mindfleet.lua

HERE = Path(mindfleet.lua.__file__).parent
OTHERS = (HERE.parent / "observe", HERE.parent / "adapters" / "limits")
WITH = re.compile(r"-- with: (.+)\n")

Sources = Mapping[str, str]
"""Text by name of the file, without `.lua`; of those that are no jobs', after the name of their folder."""


def read() -> dict[str, str]:
    """As they lie in the package."""
    found = {path.stem: path for path in sorted(HERE.glob("*.lua"))}
    for other in OTHERS:
        found |= {f"{other.name}/{path.stem}": path for path in sorted(other.glob("*.lua"))}
    return {name: path.read_text(encoding="utf-8") for name, path in found.items()}


SOURCES = read()


PIECES: Mapping[str, int] = {
    "FILED_AT_ONCE": 2,
    "LOOKED_AT": 1,
    "LOOKED_BEHIND": -8,  # two, where ten may pass
    "PASSES_AT_ONCE": 1,
    "MERGED_AT_MOST": 2,
    "SWEPT_AT_ONCE": 3,
}
"""How much is done in one piece in runs where a few jobs must meet what else takes hundreds, by the constant's name."""

PIECE = re.compile(rf"(local ({'|'.join(PIECES)}) = )(\d+)")


def in_small_pieces(sources: Sources) -> Sources:
    """The same texts, but for these constants."""
    return {name: PIECE.sub(lambda found: f"{found[1]}{PIECES[found[2]]}", text) for name, text in sources.items()}


def pieces(sources: Sources) -> Mapping[str, int]:
    """How much is done in one piece, by the constant's name, where it is not small."""
    return {found[2]: int(found[3]) for text in sources.values() for found in PIECE.finditer(text)}


def composed(name: str, sources: Sources) -> str:
    """The script with its parts before it, as `mindfleet.lua.load` gives it."""
    return "\n".join(sources[part] for part in _parts(name, sources))


def places(name: str, sources: Sources) -> Sequence[tuple[str, int]]:
    """File and line of each line of that text."""
    return [(part, number) for part in _parts(name, sources) for number in range(1, len(sources[part].split("\n")) + 1)]


def _parts(name: str, sources: Sources) -> Sequence[str]:
    """The files that it is put together from."""
    parts = WITH.match(sources[name])
    return [*(parts[1].split() if parts else ()), name]
