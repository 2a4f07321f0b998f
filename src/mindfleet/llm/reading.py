"""Finding the answer in what a model wrote, forgiving in form and strict in content.

Forgiven: prose and code fences around the JSON, thinking aloud before it, commas before a closing bracket, raw line
breaks in strings, last brackets that the model forgot although it ended by itself. Not forgiven: a text that was cut
off, for what is missing could be the better half, and any value that does not fill the schema.
"""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Generic, TypeVar, cast

from pydantic import BaseModel, ValidationError

from mindfleet.llm.brackets import objects_in

A = TypeVar("A", bound=BaseModel)

_THINKING_ENDS = "</think>"
_UNSTORABLE = re.compile("[\x00\ud800-\udfff]")
_MOST_PROBLEMS = 12


def _no_number(constant: str) -> object:
    raise ValueError(f"{constant} is no JSON")


_decoder = json.JSONDecoder(strict=False, parse_constant=_no_number)


@dataclass(frozen=True)
class Reading(Generic[A]):
    text: str
    """The answer as JSON, without what stood around it, and without NUL characters and lone surrogates."""

    value: A


class Unreadable(ValueError):
    """What the model wrote does not fill the schema; the message says why, a reason a line, for the model to read."""


def read(text: str, schema: type[A], *, cut: bool) -> Reading[A]:
    """The one object in `text` that fills `schema`.

    Args:
        text: all that the model wrote.
        schema: what to fill. An object without any of its fields is no answer, even where all have defaults.
        cut: whether the model was stopped before it ended by itself.

    Raises:
        Unreadable: there is none, or there are several that differ.
    """
    readings: dict[str, Reading[A]] = {}
    problems = ["the answer was cut off at the token limit: answer more briefly"] if cut else []
    for candidate in _candidates(_spoken(text), cut=cut):
        try:
            reading = _filled(candidate, schema)
        except Unreadable as error:
            problems.append(str(error))
        else:
            readings[reading.text] = reading
    if len(readings) == 1:
        return next(iter(readings.values()))
    if readings:
        raise Unreadable(f"the answer holds {len(readings)} different objects: answer with one")
    raise Unreadable("\n".join(problems) or "the answer holds no whole JSON object")


def _spoken(text: str) -> str:
    """What follows the thinking aloud; its opening tag is often part of the prompt and thus missing."""
    if text.lstrip().startswith("{"):
        return text
    return text.rpartition(_THINKING_ENDS)[2]


def _candidates(text: str, *, cut: bool) -> Iterator[dict[str, object]]:
    for span in objects_in(text):
        if span.complete or not cut:
            try:
                value: object = _decoder.decode(span.text)
            except ValueError:
                continue
            yield cast("dict[str, object]", _storable(value))


def _filled(found: dict[str, object], schema: type[A]) -> Reading[A]:
    names = {field.alias or name for name, field in schema.model_fields.items()}
    if names and not names & found.keys():
        raise Unreadable(f"the object has none of the fields {', '.join(sorted(names))}")
    try:
        text = json.dumps(found, ensure_ascii=False, allow_nan=False)
        return Reading(text, schema.model_validate_json(text))
    except ValidationError as error:
        raise Unreadable(_listed(error)) from error
    except ValueError as error:
        raise Unreadable("a number is too large") from error


def _listed(error: ValidationError) -> str:
    """Place and reason of each problem, without the offending values."""
    problems = error.errors(include_url=False, include_context=False, include_input=False)
    lines = [f"{'.'.join(str(part) for part in p['loc']) or 'the object'}: {p['msg']}" for p in problems]
    more = len(lines) - _MOST_PROBLEMS
    return "\n".join(lines[:_MOST_PROBLEMS] + ([f"and {more} more"] if more > 0 else []))


def _storable(value: object) -> object:
    match value:
        case str():
            return _UNSTORABLE.sub("", value)
        case list():
            return [_storable(inner) for inner in cast("list[object]", value)]
        case dict():
            return {str(_storable(k)): _storable(v) for k, v in cast("dict[str, object]", value).items()}
        case _:
            return value
