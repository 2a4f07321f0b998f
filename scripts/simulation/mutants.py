"""Mutants of the scripts: what is broken on purpose must be noticed, or there is a reason why it may be."""

import re
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from scripts.simulation.sources import SOURCES

SURVIVORS = Path(__file__).with_name("survivors.toml")

SIMULATED = tuple(SOURCES)
"""The files that runs go through."""

FLIPPED = {" == ": " ~= ", " ~= ": " == ", " < ": " >= ", " > ": " <= ", " <= ": " > ", " >= ": " < "}
FENCES = {"job.token == token": "true", "job.token ~= token": "false", "job[1] ~= token": "false"}
OFF_BY_ONE = {" + 1": (" + 0", " + 2"), " - 1": (" - 0", " - 2")}
STATEMENT = re.compile(r"\s*[a-z_.]+\(")
"""What begins a statement that may be left out: a call whose answer nobody reads."""

CONDITION = re.compile(r"^(\s*(?:else)?if )(.+)( then.*)$")


@dataclass(frozen=True, slots=True)
class Mutant:
    """One change of one line."""

    file: str
    line: int
    was: str
    now: str
    text: str
    """Of the whole file."""

    @property
    def name(self) -> str:
        """By which a reason is found, whatever its line."""
        return f"{self.file}.lua: {self.was.strip()} -> {self.now.strip() or '(nothing)'}"

    @property
    def sources(self) -> Mapping[str, str]:
        return {**SOURCES, self.file: self.text}


def mutants() -> Iterator[Mutant]:
    """All of them, by file and line."""
    for file in SIMULATED:
        lines = SOURCES[file].split("\n")
        for number, line in enumerate(lines):
            if not line.lstrip().startswith("--"):
                for changed, end in _changes(lines, number):
                    text = "\n".join([*lines[:number], changed, *lines[end:]])
                    yield Mutant(file, number + 1, " ".join(each.strip() for each in lines[number:end]), changed, text)


def _changes(lines: list[str], number: int) -> Iterator[tuple[str, int]]:
    """What the line may become, and up to where it replaces lines."""
    line, comment = _without_comment(lines[number])
    changed = (*_flipped(line), *_off_by_one(line), *_turned(line), *_unasked(line))
    yield from ((each + comment, number + 1) for each in changed)
    if STATEMENT.match(line):
        yield "", _end_of_call(lines, number)


def _without_comment(line: str) -> tuple[str, str]:
    code, dashes, comment = line.partition(" --")
    return code, dashes + comment


def _flipped(line: str) -> Iterator[str]:
    for fence, always in FENCES.items():
        if fence in line:
            yield line.replace(fence, always)
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


def _unasked(line: str) -> Iterator[str]:
    """Redis is not asked, where the answer is read: it is as if there was nothing."""
    for match in re.finditer(re.escape("redis.call("), line):
        depth, end = 0, match.end() - 1
        while end < len(line):
            depth += (line[end] == "(") - (line[end] == ")")
            end += 1
            if not depth:
                break
        if line[: match.start()].strip() and not depth:
            yield f"{line[: match.start()]}false{line[end:]}"


def _off_by_one(line: str) -> Iterator[str]:
    if line.lstrip().startswith("for "):
        return
    for number, others in OFF_BY_ONE.items():
        for match in re.finditer(re.escape(number) + r"(?![\d.])", line):
            for other in others:
                yield line[: match.start()] + other + line[match.end() :]


def _end_of_call(lines: list[str], number: int) -> int:
    """The line after the closing bracket of a statement that starts here."""
    depth = 0
    for end in range(number, len(lines)):
        depth += lines[end].count("(") - lines[end].count(")")
        if depth <= 0:
            return end + 1
    return number + 1


def reasons() -> Mapping[str, str]:
    """Why some mutants may live, by name."""
    if not SURVIVORS.exists():
        return {}
    told: Mapping[str, str] = tomllib.loads(SURVIVORS.read_text(encoding="utf-8"))["survivors"]
    return told
