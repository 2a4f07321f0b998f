"""Where a JSON schema leaves the strict dialect of structured outputs."""

from collections.abc import Iterator
from typing import Any, cast

Json = dict[str, Any]

_KNOWN = frozenset(
    {
        "type", "enum", "const", "anyOf", "items", "properties", "required", "additionalProperties", "description",
        "title", "$ref", "$defs", "pattern", "format", "minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum",
        "multipleOf", "minItems", "maxItems",
    }
)  # fmt: skip


def violations(root: Json) -> Iterator[str]:
    """Each rule of strict mode that the schema breaks, as OpenAI documents them."""
    if root.get("type") != "object" or "anyOf" in root:
        yield "schema must have type 'object' at its root"
    yield from _within(root, root, "()")


def _within(node: Json, root: Json, where: str) -> Iterator[str]:
    for keyword in sorted(node.keys() - _KNOWN):
        yield f"In context={where}, '{keyword}' is not permitted."
    if "$ref" in node and len(node) > 1:
        yield f"In context={where}, $ref cannot have keywords {sorted(node.keys() - {'$ref'})}."
    if "$ref" in node and not _resolves(node["$ref"], root):
        yield f"In context={where}, reference to component '{node['$ref']}' which was not found in the schema."
    if node.get("type") == "object" or "properties" in node:
        yield from _closedness(node, where)
    for name, inner in _children(node):
        yield from _within(inner, root, f"{where}.{name}")


def _closedness(node: Json, where: str) -> Iterator[str]:
    if node.get("additionalProperties") is not False:
        yield f"In context={where}, 'additionalProperties' is required to be supplied and to be false."
    missing = set(node.get("properties", {})) ^ set(node.get("required", ()))
    if missing:
        yield f"In context={where}, 'required' must name every property and no other: {sorted(missing)}."


def _children(node: Json) -> Iterator[tuple[str, Json]]:
    for keyword in ("properties", "$defs"):
        yield from cast("Json", node.get(keyword, {})).items()
    for number, inner in enumerate(cast("list[Json]", node.get("anyOf", []))):
        yield f"anyOf[{number}]", inner
    if "items" in node:
        yield "items", node["items"]


def _resolves(reference: str, root: Json) -> bool:
    return reference == "#" or reference.removeprefix("#/$defs/") in root.get("$defs", {})
