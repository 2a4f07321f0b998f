"""Mutants break every place that matters, and what nobody notices has a reason that is still true."""

import ast
import json
import re
import subprocess
from functools import cache
from pathlib import Path

import pytest

from scripts.simulation.campaign import Found
from scripts.simulation.lua_engine import LuaEngine
from scripts.simulation.mutants import FENCE, FLIPPED, Mutant, mutants, reasons
from scripts.simulation.mutation import Fate, judged
from scripts.simulation.sources import SOURCES, WITH, composed

ROOT = Path(__file__).resolve().parents[2]
MUTANTS = list(mutants())
TESTS = re.compile(r"(tests/[\w/]+\.py)::(test_\w+)")
ASKED = re.compile(r"redis\.p?call\(")


def code_of(file: str) -> list[tuple[int, str]]:
    """Lines and their numbers, without comments."""
    lines = enumerate(SOURCES[file].split("\n"), 1)
    return [(number, line.partition(" --")[0]) for number, line in lines if not line.lstrip().startswith("--")]


@pytest.mark.parametrize("file", SOURCES)
def test_each_question_to_redis_is_left_out_once_each_comparison_flipped_and_each_fence_taken_away(file: str) -> None:
    of_file = [mutant for mutant in MUTANTS if mutant.file == file]
    for number, line in code_of(file):
        here = [mutant for mutant in of_file if mutant.line == number]
        asked = len(ASKED.findall(line))
        left_out = [mutant for mutant in here if len(ASKED.findall(mutant.now)) < len(ASKED.findall(mutant.was))]
        flips = sum(line.count(operator) for operator in FLIPPED)
        flipped = [mutant for mutant in here if _operators(mutant.now) != _operators(mutant.was)]

        assert len(left_out) >= asked, line
        assert len(flipped) >= flips, line
        assert not FENCE.search(line) or any(_lacks_a_fence(mutant) for mutant in here), line


def _operators(text: str) -> list[str]:
    return re.findall(r" (?:==|~=|<=|>=|<|>) ", text)


def _lacks_a_fence(mutant: Mutant) -> bool:
    return len(FENCE.findall(mutant.now)) < len(FENCE.findall(mutant.was))


def test_each_mutant_is_lua_and_has_a_name_of_its_own() -> None:
    engine = LuaEngine(lambda _: None)
    users = {part: name for name, text in SOURCES.items() if (found := WITH.match(text)) for part in found[1].split()}

    for mutant in MUTANTS:
        script = composed(users.get(mutant.file, mutant.file), mutant.sources)
        engine.compile(script.text.encode())  # raises where it is none

    assert len({mutant.name for mutant in MUTANTS}) == len(MUTANTS)
    assert all(mutant.text != SOURCES[mutant.file] for mutant in MUTANTS)


def test_mutants_are_the_same_when_the_scripts_are_wrapped_in_functions() -> None:
    wrapped = {
        file: "\n".join(["local function wrapped()", *(f"  {line}" for line in text.split("\n")), "end"])
        for file, text in SOURCES.items()
    }

    assert [mutant.name for mutant in mutants(wrapped)] == [mutant.name for mutant in MUTANTS]


def fates(*seeds: int | None) -> list[Fate]:
    """Of the first mutants: by which seed each was noticed."""
    return [
        (mutant, Found(1, 1, seed, "" if seed is None else "one_owner"))
        for mutant, seed in zip(MUTANTS, seeds, strict=False)
    ]


def test_a_survivor_needs_a_reason() -> None:
    found = judged(fates(7, None), {})

    assert (found.unreasoned, found.stale, found.stands) == (1, {}, False)
    assert judged(fates(7, None), {MUTANTS[1].name: "it is the same"}).stands
    assert not judged([], {}).stands


def test_a_reason_is_stale_when_its_mutant_is_noticed_or_gone() -> None:
    known = {MUTANTS[0].name: "it is the same", "gone.lua: x -> y": "it was the same"}

    found = judged(fates(7), known)

    assert found.stale == {
        MUTANTS[0].name: "seed 7 notices it: one_owner",
        "gone.lua: x -> y": "there is no such mutant",
    }
    assert not found.stands


def test_every_reason_is_of_a_mutant_and_names_tests_that_are_there() -> None:
    named = [found for reason in reasons().values() for found in TESTS.findall(reason)]

    assert set(reasons()) <= {mutant.name for mutant in MUTANTS}
    assert all(reasons().values())
    assert [f"{path}::{name}" for path, name in named if name not in _tests_of(path)] == []
    assert all("tests/" not in reason or TESTS.search(reason) for reason in reasons().values())


@cache
def _tests_of(path: str) -> frozenset[str]:
    tree = ast.parse((ROOT / path).read_text(encoding="utf-8"))
    return frozenset(node.name for node in tree.body if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef))


@pytest.mark.parametrize(("only", "code"), [("unlock.lua", 0), ("nothing is called so", 1)])
def test_the_command_succeeds_only_when_mutants_were_tried_and_noticed(only: str, code: int) -> None:
    command = [str(ROOT / "scripts" / "simulate"), "--mutants", "--only", only, "--seeds", "6", "--json"]
    done = subprocess.run(command, check=False, capture_output=True, text=True, timeout=100)

    told = json.loads(done.stdout)
    assert done.returncode == code
    assert (told["mutants"] == told["killed"], told["survivors"], told["stale"]) == (True, [], [])
