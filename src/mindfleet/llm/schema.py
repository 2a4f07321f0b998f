"""The JSON schema of an answer, in the strict dialect that endpoints accept for structured output.

Strict means: every object closed (`additionalProperties: false`) and every property required. The keywords that are
kept are those that OpenAI documents for structured outputs; what is left out is said in the field's description, so
that the model still knows it, and is checked by pydantic when the answer comes.
"""

from functools import cache
from typing import cast

from pydantic import BaseModel

Json = dict[str, object]

_KEPT = frozenset(
    {
        "type", "enum", "const", "anyOf", "items", "properties", "description", "$ref", "$defs",
        "minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf", "minItems", "maxItems", "format",
    }
)  # fmt: skip
_SAID = ("minLength", "maxLength", "pattern", "uniqueItems")
_SILENT = frozenset({"title", "default", "examples", "required", "additionalProperties", "discriminator"})


@cache
def strict_schema(schema: type[BaseModel]) -> Json:
    """The strict JSON schema of a model; the same object for the same class, so do not change it.

    Raises:
        TypeError: the class holds something that the strict dialect cannot say, such as a free-form dict or a tuple.
            Found at the first question of any provider, offline ones included, so that a task's unit test shows it.
    """
    root = _strict(_unfolded(cast("Json", schema.model_json_schema())), schema.__name__)
    if root.get("type") != "object":
        raise TypeError(f"the answer schema {schema.__name__} must be an object with named fields")
    return root


def _unfolded(root: Json) -> Json:
    """A schema that refers to itself starts as a mere `$ref`; the dialect wants an object at the root."""
    if "$ref" not in root:
        return root
    definitions = cast("dict[str, Json]", root["$defs"])
    return definitions[str(root["$ref"]).removeprefix("#/$defs/")] | {"$defs": definitions}


def _strict(node: Json, where: str) -> Json:
    node = _united(node)
    _refuse_what_cannot_be_said(node, where)
    result = {keyword: _inside(keyword, value, where) for keyword, value in node.items() if keyword in _KEPT}
    if node.get("type") == "object":
        result["required"] = list(cast("Json", node.get("properties", {})))
        result["additionalProperties"] = False
    described = result | _described(node)
    reference = described.pop("$ref", None)
    if reference is None:
        return described
    return described | {"anyOf": [{"$ref": reference}]} if described else {"$ref": reference}


def _inside(keyword: str, value: object, where: str) -> object:
    match keyword:
        case "properties" | "$defs":
            return {name: _strict(inner, f"{where}.{name}") for name, inner in cast("dict[str, Json]", value).items()}
        case "anyOf":
            return [_strict(inner, where) for inner in cast("list[Json]", value)]
        case "items":
            return _strict(cast("Json", value), f"{where}[]")
        case _:
            return value


def _united(node: Json) -> Json:
    """Pydantic writes a discriminated union as `oneOf`, which the dialect lacks."""
    if "oneOf" not in node:
        return node
    return {("anyOf" if keyword == "oneOf" else keyword): value for keyword, value in node.items()}


def _refuse_what_cannot_be_said(node: Json, where: str) -> None:
    if node.get("type") == "object" and node.get("additionalProperties") not in (None, False):
        raise TypeError(f"{where} is a free-form mapping: use a list of objects with named fields")
    unknown = node.keys() - _KEPT - _SILENT - set(_SAID)
    if unknown:
        raise TypeError(f"{where} uses {', '.join(sorted(unknown))}, which structured output does not know")


def _described(node: Json) -> Json:
    """The description, with the constraints that had to be left out."""
    said = ", ".join(f"{keyword}: {node[keyword]}" for keyword in _SAID if keyword in node)
    description = " ".join(part for part in (str(node.get("description", "")), f"({said})" if said else "") if part)
    return {"description": description} if description else {}
