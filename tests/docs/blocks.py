"""The fenced blocks of a Markdown file, and what the file shows as their output."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
DOCUMENTS = (ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md")))

FENCE = re.compile(r"^ *```(?P<words>[^`\n]*)\n(?P<text>.*?)^ *```$", re.MULTILINE | re.DOTALL)

RUN = ("python", "redis")

ANY = "…"
"""In an output: whatever stands there."""

IDS = re.compile(
    r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}|\b[0-9a-f]{32}\b"
    r"|\b1[0-9]{12}\b"  # milliseconds since 1970
)
"""They differ from one run to the next."""

DATES = re.compile(
    r"\d{4}-\d\d-\d\d(?:[T ]\d\d:\d\d(?::\d\d(?:\.\d+)?)?(?:Z|[+-]\d\d:\d\d)?)?"
    r"|\d{1,2} (?:January|February|March|April|May|June|July|August|September|October|November|December) \d{4}"
)
"""They differ where an example happens today: in outputs that are fenced as `text today`."""


@dataclass(frozen=True)
class Block:
    """One fenced block."""

    path: Path
    line: int
    """Of its first line of text, from 1."""

    language: str
    notes: tuple[str, ...]
    """The words behind the language."""

    text: str
    output: "Block | None" = None
    """The `text` block right behind it."""

    def __str__(self) -> str:
        return f"{self.path.name}:{self.line}"


def blocks(path: Path) -> list[Block]:
    """All blocks of the file, in order."""
    text = path.read_text(encoding="utf-8")
    found: list[Block] = []
    end = 0
    for match in FENCE.finditer(text):
        block = _block(path, text, match)
        if found and block.language == "text" and not text[end : match.start()].strip():
            found[-1] = replace(found[-1], output=block)
        found.append(block)
        end = match.end()
    return found


def examples(path: Path) -> Iterator[Block]:
    """The blocks that are to run: Python, and sessions of `redis-cli`."""
    return (block for block in blocks(path) if block.language in RUN and "notest" not in block.notes)


def differs(shown: Block, printed: str) -> str | None:
    """What is wrong with an output: a line that is shown and was not printed, or one that nobody shows.

    A line that is nothing but `…` stands for any number of lines.
    """
    happens_today = "today" in shown.notes
    wanted, found = (_lines(text, happens_today=happens_today) for text in (shown.text, printed))
    pattern = "".join(r"(?:.*\n)*" if line == ANY else _pattern(line) + r"\n" for line in wanted)
    if re.fullmatch(pattern, "".join(f"{line}\n" for line in found)):
        return None
    return f"{shown}\nshown:\n{shown.text}\nprinted:\n{printed}"


def _block(path: Path, text: str, match: re.Match[str]) -> Block:
    language, *notes = match["words"].split() or [""]
    return Block(path, text.count("\n", 0, match.start("text")) + 1, language, tuple(notes), match["text"])


def _lines(text: str, *, happens_today: bool) -> list[str]:
    lines = [IDS.sub("?", line.rstrip()) for line in text.strip("\n").splitlines()]
    return [DATES.sub("?", line) for line in lines] if happens_today else lines


def _pattern(line: str) -> str:
    return ".*".join(map(re.escape, line.split(ANY)))
