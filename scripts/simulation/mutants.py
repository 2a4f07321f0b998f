"""Mutants of the scripts: what is broken on purpose must be noticed, or there is a reason why it may be.

They are changes of the text, line by line, so that it does not matter how the scripts are put together for Redis.
"""

import re
import tomllib
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from scripts.simulation.sources import SOURCES, Sources

SURVIVORS = Path(__file__).with_name("survivors.toml")

SIMULATED = tuple(SOURCES)
"""The files that runs go through."""

FLIPPED = {" == ": " ~= ", " ~= ": " == ", " < ": " >= ", " > ": " <= ", " <= ": " > ", " >= ": " < "}
FENCE = re.compile(r"[\w.\[\]]+(?:\([^()]*(?:\([^()]*\))?[^()]*\))? (==|~=) (?:token|owner|hand|ARGV\[1\])(?!\w)")
"""A comparison with the token by which somebody owns something."""

OFF_BY_ONE = {" + 1": (" + 0", " + 2"), " - 1": (" - 0", " - 2")}
STATEMENT = re.compile(r"\s*[a-z_.]+\(")
"""What begins a statement that may be left out: a call whose answer nobody reads."""

ASKED = re.compile(r"redis\.p?call\((?:'(\w+)')?")
NOTHING = {
    **dict.fromkeys(("HGETALL", "HKEYS", "HMGET", "LRANGE", "MGET", "TIME", "ZRANGE", "ZRANGEBYSCORE"), "({})"),
    **dict.fromkeys(("EXISTS", "LLEN", "SCARD", "ZCARD", "ZCOUNT"), "0"),
}
"""What a script reads where there is nothing, by command; of others false."""

CONDITION = re.compile(r"^(\s*(?:else)?if )(.+)( then.*)$")
QUOTED = re.compile(r"'[^']*'")


@dataclass(frozen=True, slots=True)
class Mutant:
    """One change of one place."""

    file: str
    line: int
    last: int
    """Of the lines that are changed."""

    was: str
    now: str
    text: str
    """Of the whole file."""

    number: int = 1
    """Of those that read the same; each has its own name."""

    @property
    def name(self) -> str:
        """By which a reason is found, whatever its line."""
        among = f" ({self.number})" if self.number > 1 else ""
        return f"{self.file}.lua: {self.was} -> {self.now or '(nothing)'}{among}"

    @property
    def sources(self) -> Mapping[str, str]:
        return {**SOURCES, self.file: self.text}


def mutants(sources: Sources = SOURCES) -> Iterator[Mutant]:
    """All of them, by file and line."""
    for file, text_of_it in sources.items():
        known = Counter[tuple[str, str]]()
        lines = text_of_it.split("\n")
        for number, line in enumerate(lines):
            if line.lstrip().startswith("--"):
                continue
            for changed, end in _changes(lines, number):
                was, now = _in_one_line(lines[number:end]), _in_one_line(changed.split("\n"))
                known[was, now] += 1
                text = "\n".join([*lines[:number], changed, *lines[end:]])
                yield Mutant(file, number + 1, end, was, now, text, known[was, now])


def _in_one_line(lines: list[str]) -> str:
    return " ".join(each.strip() for each in lines).strip()


def _changes(lines: list[str], number: int) -> Iterator[tuple[str, int]]:
    """What the line may become, and up to where it replaces lines."""
    line, comment = _without_comment(lines[number])
    changed = (*_unfenced(line), *_flipped(line), *_off_by_one(line), *_turned(line))
    yield from ((each + comment, number + 1) for each in changed)
    yield from _unasked(lines, number)
    if STATEMENT.match(line):
        end, column = _end_of_call(lines, number, line.index("("))
        if not _without_comment(lines[end][column:])[0].strip():
            yield "", end + 1


def _without_comment(line: str) -> tuple[str, str]:
    code, dashes, comment = line.partition(" --")
    return code, dashes + comment


def _unfenced(line: str) -> Iterator[str]:
    """Whoever comes is believed."""
    for match in FENCE.finditer(line):
        believed = "true" if match[1] == "==" else "false"
        yield line[: match.start()] + believed + line[match.end() :]


def _flipped(line: str) -> Iterator[str]:
    for operator, other in FLIPPED.items():
        for match in re.finditer(re.escape(operator), line):
            yield line[: match.start()] + other + line[match.end() :]
    if " and " in line and "or" not in line.split() and (" if " in f" {line}" or "while" in line):
        yield line.replace(" and ", " or ", 1)


def _turned(line: str) -> Iterator[str]:
    """A condition without a comparison, the other way round."""
    found = CONDITION.match(line)
    if found and not any(operator in line for operator in FLIPPED):
        yield f"{found[1]}not ({found[2]}){found[3]}"


def _unasked(lines: list[str], number: int) -> Iterator[tuple[str, int]]:
    """Redis is not asked, where the answer is read: it is as if there was nothing."""
    line, _ = _without_comment(lines[number])
    for match in ASKED.finditer(line):
        end, column = _end_of_call(lines, number, line.index("(", match.start()))
        if line[: match.start()].strip():
            yield f"{line[: match.start()]}{NOTHING.get(match[1], 'false')}{lines[end][column:]}", end + 1


def _off_by_one(line: str) -> Iterator[str]:
    if line.lstrip().startswith("for "):
        return
    for number, others in OFF_BY_ONE.items():
        for match in re.finditer(re.escape(number) + r"(?![\d.])", line):
            for other in others:
                yield line[: match.start()] + other + line[match.end() :]


def _end_of_call(lines: list[str], number: int, column: int) -> tuple[int, int]:
    """Line and column behind the bracket that closes the one there."""
    depth = 0
    for end in range(number, len(lines)):
        code, _ = _without_comment(QUOTED.sub(lambda quoted: "_" * len(quoted[0]), lines[end]))
        for at in range(column if end == number else 0, len(code)):
            depth += (code[at] == "(") - (code[at] == ")")
            if not depth:
                return end, at + 1
    raise ValueError(f"a bracket of {lines[number]!r} is not closed")


def reasons() -> Mapping[str, str]:
    """Why some mutants may live, by name."""
    if not SURVIVORS.exists():
        return {}
    told: Mapping[str, str] = tomllib.loads(SURVIVORS.read_text(encoding="utf-8"))["survivors"]
    return told
