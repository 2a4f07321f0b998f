"""Every promise names the tests that bind it, and they are there."""

import ast
import re
from functools import cache

import pytest

from tests.docs.blocks import ROOT

TABLE = (ROOT / "docs" / "guarantees.md").read_text(encoding="utf-8")
PROMISES = [
    [cell.strip() for cell in line.strip("|").split("|")]
    for line in TABLE.splitlines()
    if line.startswith("| ") and not line.startswith("| promise")
]
TESTS = re.compile(r"`(tests/[\w/]+\.py)::(test_\w+)`")


@pytest.mark.parametrize(("promise", "bound", "tests"), PROMISES, ids=[promise for promise, *_ in PROMISES])
def test_is_bound(promise: str, bound: str, tests: str) -> None:
    named = TESTS.findall(tests)

    assert named, f"no test binds: {promise}"
    assert [f"{path}::{name}" for path, name in named if name not in _tests_of(path)] == []


@cache
def _tests_of(path: str) -> frozenset[str]:
    tree = ast.parse((ROOT / path).read_text(encoding="utf-8"))
    return frozenset(node.name for node in tree.body if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef))
