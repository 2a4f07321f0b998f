"""Files and functions stay small enough to be read."""

import ast

import pytest

from tests.house.source import Module

LINES_PER_FILE = 300
LINES_PER_FUNCTION = 40

LONG_FILES = {
    "src/mindfleet/enqueue_methods.py": "generated: a method for each task",
}


def test_no_file_is_longer_than_its_budget(modules: list[Module]) -> None:
    lengths = {module.name: len(module.text.splitlines()) for module in modules}

    too_long = {name: lines for name, lines in lengths.items() if lines > LINES_PER_FILE and name not in LONG_FILES}
    assert too_long == {}


@pytest.mark.parametrize("name", LONG_FILES)
def test_every_exception_is_still_needed(modules: list[Module], name: str) -> None:
    [module] = [module for module in modules if module.name == name]

    assert len(module.text.splitlines()) > LINES_PER_FILE


def test_no_function_is_longer_than_its_budget(modules: list[Module]) -> None:
    lengths = {f"{m.name}:{f.lineno} {f.name}": _length(f) for m in modules for f in m.functions()}

    assert {where: lines for where, lines in lengths.items() if lines > LINES_PER_FUNCTION} == {}


def test_half_of_all_functions_have_at_most_eight_lines(modules: list[Module]) -> None:
    lengths = sorted(_length(function) for module in modules for function in module.functions())

    assert lengths[len(lengths) // 2] <= 8


def _length(function: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    """The lines of its body, less the docstring."""
    has_more = ast.get_docstring(function) is not None and len(function.body) > 1
    first = function.body[1] if has_more else function.body[0]
    return (function.end_lineno or function.lineno) - first.lineno + 1
