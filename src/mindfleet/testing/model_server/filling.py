"""The smallest value that fills a JSON schema: nothing found, nothing wished for."""

from typing import Any, cast

Json = dict[str, Any]

_STRINGS = {
    "date-time": "2026-01-01T00:00:00Z",
    "date": "2026-01-01",
    "time": "00:00:00Z",
    "duration": "PT0S",
    "uuid": "00000000-0000-0000-0000-000000000000",
    "email": "nobody@example.com",
}


def filled(schema: Json) -> Json:
    """Empty lists, the word "nothing", nulls, least numbers and first choices, wherever the schema allows them."""
    return cast("Json", _value(schema, schema))


def _value(node: Json, root: Json) -> object:
    if "$ref" in node:
        return _value(_resolved(node["$ref"], root), root)
    if "anyOf" in node:
        return _smallest(node["anyOf"], root)
    if "const" in node or "enum" in node:
        return node.get("const", node.get("enum", [None])[0])
    return _of_type(node, root)


def _of_type(node: Json, root: Json) -> object:
    match node.get("type"):
        case "object":
            return {name: _value(inner, root) for name, inner in node.get("properties", {}).items()}
        case "array":
            return [_value(node["items"], root) for _ in range(node.get("minItems", 0))]
        case "integer" | "number":
            return _least(node)
        case "string":
            return _STRINGS.get(node.get("format", ""), "nothing")
        case kind:
            return False if kind == "boolean" else None


def _smallest(choices: list[Json], root: Json) -> object:
    if any(choice.get("type") == "null" for choice in choices):
        return None
    return _value(choices[0], root)


def _least(node: Json) -> float:
    if "exclusiveMinimum" in node:
        return float(node["exclusiveMinimum"]) + float(node.get("multipleOf", 1))
    least: float = node.get("minimum", 0)
    return least


def _resolved(reference: str, root: Json) -> Json:
    if reference == "#":
        return root
    return cast("Json", root["$defs"][reference.removeprefix("#/$defs/")])
