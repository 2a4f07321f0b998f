"""The texts of the scripts, as files; a mutant is the same texts with one of them changed."""

import re
from collections.abc import Mapping
from pathlib import Path

import mindfleet.lua

HERE = Path(mindfleet.lua.__file__).parent
WITH = re.compile(r"-- with: (.+)\n")

Sources = Mapping[str, str]
"""Text by name of the file, without `.lua`."""


def read() -> dict[str, str]:
    """As they lie in the package."""
    return {path.stem: path.read_text(encoding="utf-8") for path in sorted(HERE.glob("*.lua"))}


SOURCES = read()


def composed(name: str, sources: Sources) -> str:
    """The script with its parts before it, as `mindfleet.lua.load` gives it."""
    text = sources[name]
    parts = WITH.match(text)
    return "\n".join([*(sources[part] for part in (parts[1].split() if parts else ())), text])
