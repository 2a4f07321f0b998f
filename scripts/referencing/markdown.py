"""Docstrings, signatures and fields as Markdown, read from the source as it was written."""

import ast
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from inspect import cleandoc, getsource
from itertools import pairwise
from textwrap import dedent
from typing import Any

WIDTH = 110
"""A signature that is longer stands on several lines."""

SECTION = re.compile(r"^(Args|Returns|Raises):\n((?:    .*\n?|\n)+)", re.MULTILINE)


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A table, with a line for each row."""
    return "".join(map(_row, [head, ["---"] * len(head), *rows]))


def _row(cells: Sequence[str]) -> str:
    return f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in cells)} |\n"


def prose(docstring: str | None) -> str:
    """A docstring in Google's form as Markdown: its sections become lists."""
    text = cleandoc(docstring or "")
    return SECTION.sub(lambda found: _section(found[1], dedent(found[2])), text + "\n").strip()


def _section(title: str, text: str) -> str:
    entries = [" ".join(part.split()) for part in re.split(r"\n(?=\S)", text.strip())]
    if title == "Returns":
        return f"Returns: {' '.join(entries)}\n"
    before = "raises " if title == "Raises" else ""
    pairs = (entry.partition(": ") for entry in entries)
    return "\n".join(f"- {before}`{name}`: {meaning}" for name, _, meaning in pairs) + "\n"


def call(function: Callable[..., Any]) -> str:
    """A function's signature as a block of code, without `self`."""
    definition = _definition(function)
    parameters = list(_parameters(definition.args))
    word = "async def" if isinstance(definition, ast.AsyncFunctionDef) else "def"
    returns = f" -> {_kind(definition.returns)}" if definition.returns else ""
    head = f"{word} {definition.name}"
    line = f"{head}({', '.join(parameters)}){returns}"
    if len(line) > WIDTH:
        line = head + "(\n" + "".join(f"    {parameter},\n" for parameter in parameters) + f"){returns}"
    return f"```python notest\n{line}\n```\n"


def parameter_kinds(function: Callable[..., Any]) -> dict[str, str]:
    """The type of each parameter, as it is written."""
    arguments = _definition(function).args
    return {a.arg: _kind(a.annotation) for a in [*arguments.args, *arguments.kwonlyargs] if a.annotation}


def field_docs(kind: type) -> dict[str, str]:
    """What stands in a string below each field of a class."""
    body = _class_body(kind)
    return {
        field.target.id: " ".join(text.value.value.split())
        for field, text in pairwise(body)
        if isinstance(field, ast.AnnAssign)
        and isinstance(field.target, ast.Name)
        and isinstance(text, ast.Expr)
        and isinstance(text.value, ast.Constant)
        and isinstance(text.value.value, str)
    }


def field_kinds(kind: type) -> dict[str, str]:
    """The type of each field of a class, as it is written."""
    return {
        field.target.id: _kind(field.annotation)
        for field in _class_body(kind)
        if isinstance(field, ast.AnnAssign) and isinstance(field.target, ast.Name)
    }


def _class_body(kind: type) -> list[ast.stmt]:
    [definition] = ast.parse(dedent(getsource(kind))).body
    return definition.body if isinstance(definition, ast.ClassDef) else []


def _definition(function: Callable[..., Any]) -> ast.FunctionDef | ast.AsyncFunctionDef:
    [definition] = ast.parse(dedent(getsource(function))).body
    if not isinstance(definition, ast.FunctionDef | ast.AsyncFunctionDef):
        raise TypeError(f"{function} is not written as a function")
    return definition


def _parameters(arguments: ast.arguments) -> Iterator[str]:
    positional = [None] * (len(arguments.args) - len(arguments.defaults)) + [*arguments.defaults]
    for argument, default in zip(arguments.args, positional, strict=True):
        if argument.arg not in {"self", "cls"}:
            yield _parameter(argument, default)
    if arguments.kwonlyargs:
        yield "*"
    for argument, default in zip(arguments.kwonlyargs, arguments.kw_defaults, strict=True):
        yield _parameter(argument, default)
    if arguments.kwarg:
        yield f"**{_parameter(arguments.kwarg, None)}"


def _parameter(argument: ast.arg, default: ast.expr | None) -> str:
    kind = f": {_kind(argument.annotation)}" if argument.annotation else ""
    return argument.arg + kind + (f" = {ast.unparse(default)}" if default else "")


def _kind(annotation: ast.expr | None) -> str:
    """An annotation in words, whether it was written as code or as a string of code."""
    if isinstance(annotation, ast.Constant) and isinstance(annotation.value, str):
        return annotation.value
    return ast.unparse(annotation).replace("'", '"') if annotation else ""
