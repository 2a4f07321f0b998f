"""Where JSON objects begin and end in a text, in one pass and without parsing them."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

_DEEPEST = 60
"""Objects nested deeper than this are not answers but attacks on the parser."""

_START = re.compile(r'\{\s*["}]')
_TOKEN = re.compile(r'"(?:[^"\\]|\\.)*"|[{}\[\]]|,(?=\s*[}\]])|"', re.DOTALL)
_CLOSING = {"{": "}", "[": "]"}


@dataclass(frozen=True)
class Span:
    text: str
    """From `{` to `}`, without commas before closing brackets."""

    complete: bool
    """False when the last closing brackets are ours: the text ended before them, though right after an inner one."""


def objects_in(text: str) -> Iterator[Span]:
    """The outermost objects of `text`, in order.

    What follows an object that is never closed is inside it, so nothing there is taken for an answer of its own.
    """
    position = 0
    while start := _START.search(text, position):
        end, span = _object_at(text, start.start())
        if span is not None:
            yield span
        position = end


def _object_at(text: str, start: int) -> tuple[int, Span | None]:
    """Where the search goes on, and the object that starts at `start` if it is one."""
    open_brackets: list[str] = []
    kept: list[str] = []
    position = start
    for token in _TOKEN.finditer(text, start):
        kept.append(text[position : token.start()])
        position = token.end()
        mark = token.group()
        if mark == ",":
            continue
        kept.append(mark)
        if mark == '"':
            return len(text), None
        if mark in _CLOSING:
            open_brackets.append(_CLOSING[mark])
        elif mark in "]}" and (not open_brackets or open_brackets.pop() != mark):
            return len(text), None
        if len(open_brackets) > _DEEPEST:
            return len(text), None
        if not open_brackets:
            return position, Span("".join(kept), complete=True)
    kept.append(text[position:])
    return len(text), _closed("".join(kept), open_brackets)


def _closed(text: str, open_brackets: list[str]) -> Span | None:
    """The object with the last brackets, which its writer forgot; None where more than those may be missing."""
    body = text.rstrip().removesuffix("```").rstrip()
    if not body.endswith(("}", "]")):
        return None
    return Span(body + "".join(reversed(open_brackets)), complete=False)
