"""The texts of the scripts, as files; a mutant is the same texts with one of them changed."""

import re
from collections.abc import Mapping
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


def composed(name: str, sources: Sources) -> Script:
    """The script with its parts before it, as `mindfleet.lua.load` gives it."""
    body = sources[name]
    parts = WITH.match(body)
    before = [sources[part] for part in (parts[1].split() if parts else ())]
    return Script(name, "\n".join(before), body, is_kept=name in KEPT)
