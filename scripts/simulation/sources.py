"""The texts of the scripts, as files; a mutant is the same texts with one of them changed."""

import re
from collections.abc import Mapping, Sequence
from pathlib import Path

import mindfleet.lua
from mindfleet.lua import Script

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


KEPT = frozenset(each.name for each in vars(mindfleet.lua).values() if isinstance(each, Script) and each.is_kept)
"""The scripts that Redis keeps as functions."""


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


def composed(name: str, sources: Sources) -> Script:
    """The script with its parts before it, as `mindfleet.lua.load` gives it."""
    *parts, body = (sources[part] for part in _parts(name, sources))
    return Script(name, "\n".join(parts), body, is_kept=name in KEPT)


def as_sent(script: Script) -> str:
    """The text that Redis is given, in whatever the files are wrapped."""
    if script.is_kept:
        return script.library
    return script.text if script.parts else script.body


def places(name: str, sources: Sources) -> Mapping[int, tuple[str, int]]:
    """File and line by the line of that text."""
    text, found = as_sent(composed(name, sources)), dict[int, tuple[str, int]]()
    for part in _parts(name, sources):
        before = text[: text.index(sources[part])].count("\n")
        found |= {before + line: (part, line) for line in range(1, len(sources[part].split("\n")) + 1)}
    return found


def _parts(name: str, sources: Sources) -> Sequence[str]:
    """The files that it is put together from."""
    parts = WITH.match(sources[name])
    return [*(parts[1].split() if parts else ()), name]
