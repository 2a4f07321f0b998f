"""What the endpoint demands of a request, as OpenAI does: every violation is an error that names the parameter."""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, cast

from mindfleet.llm.brackets import objects_in
from mindfleet.testing.model_server.strictness import violations
from mindfleet.tokens import estimate

Json = dict[str, Any]

_PARAMETERS = frozenset(
    {"model", "messages", "response_format", "max_tokens", "max_completion_tokens", "temperature", "stream", "n"}
)
_ROLES = frozenset({"system", "developer", "user", "assistant"})
_SCHEMA_NAME = re.compile(r"[A-Za-z0-9_-]{1,64}")


class Objection(Exception):
    """An error response."""

    def __init__(
        self, status: int, message: str, *, param: str | None = None, code: str | None = None, kind: str | None = None
    ) -> None:
        super().__init__(message)
        self.status = status
        self.body: Json = {
            "error": {"message": message, "type": kind or "invalid_request_error", "param": param, "code": code}
        }


@dataclass(frozen=True, kw_only=True)
class Rules:
    """What this endpoint takes. The defaults are those of an obliging local server."""

    api_key: str | None = None
    """None takes any key, or none."""

    models: tuple[str, ...] | None = None
    """None takes any name."""

    formats: frozenset[str] = frozenset({"text", "json_object", "json_schema"})
    limit_names: frozenset[str] = frozenset({"max_tokens", "max_completion_tokens"})
    temperature: bool = True
    context_tokens: int = 128_000
    reports_usage: bool = True
    dimensions: int = 384
    largest_batch: int = 2048


@dataclass(frozen=True, kw_only=True)
class ChatRequest:
    """A request that keeps the protocol."""

    model: str
    messages: tuple[Json, ...]
    format: str
    """`text`, `json_object` or `json_schema`."""

    schema: Json | None
    """The schema of the answer, from the format or else from the text of the messages."""

    max_tokens: int | None
    temperature: float | None

    @property
    def text(self) -> str:
        """All messages."""
        return "\n".join(message["content"] for message in self.messages)

    @property
    def input_tokens(self) -> int:
        return estimate(self.text)


def chat_request(body: Json, rules: Rules) -> ChatRequest:
    """The request in a body.

    Raises:
        Objection: it breaks the protocol, or asks for what `rules` do not give.
    """
    for name in body.keys() - _PARAMETERS:
        raise Objection(400, f"Unrecognized request argument supplied: {name}", param=name)
    if body.get("stream") or body.get("n", 1) != 1:
        raise Objection(400, "This server neither streams nor gives several choices.", param="stream")
    format_name, schema = _format(body, rules)
    messages = _messages(body)
    request = ChatRequest(
        model=known_model(body, rules),
        messages=messages,
        format=format_name,
        schema=schema or _schema_in_words(messages),
        max_tokens=_limit(body, rules),
        temperature=_temperature(body, rules),
    )
    _check_together(request, rules)
    return request


def known_model(body: Json, rules: Rules) -> str:
    model = body.get("model")
    if not isinstance(model, str) or not model:
        raise Objection(400, "you must provide a model parameter", param="model")
    if rules.models is not None and model not in rules.models:
        raise Objection(404, f"The model '{model}' does not exist", param="model", code="model_not_found")
    return model


def _messages(body: Json) -> tuple[Json, ...]:
    messages = body.get("messages")
    if not isinstance(messages, list) or not messages:
        raise Objection(400, "'messages' must be a non-empty array", param="messages")
    for number, message in enumerate(cast("list[object]", messages)):
        _check_message(message, f"messages[{number}]")
    return tuple(cast("list[Json]", messages))


def _check_message(message: object, where: str) -> None:
    if not isinstance(message, dict):
        raise Objection(400, f"'{where}' must be an object", param=where)
    fields = cast("Json", message)
    if fields.get("role") not in _ROLES:
        raise Objection(400, f"Invalid value: '{fields.get('role')}'", param=f"{where}.role")
    if not isinstance(fields.get("content"), str) or not fields["content"]:
        raise Objection(400, "Invalid type for content: expected a non-empty string", param=f"{where}.content")


def _format(body: Json, rules: Rules) -> tuple[str, Json | None]:
    wish = body.get("response_format", {"type": "text"})
    name = cast("Json", wish).get("type") if isinstance(wish, dict) else None
    if name not in rules.formats:
        allowed = ", ".join(sorted(rules.formats))
        raise Objection(400, f"'response_format.type' must be one of {allowed}, not {name!r}", param="response_format")
    return cast("str", name), _schema(cast("Json", wish)) if name == "json_schema" else None


def _schema(wish: Json) -> Json:
    where = "response_format.json_schema"
    said = wish.get("json_schema")
    if not isinstance(said, dict):
        raise Objection(400, "Missing required parameter: 'response_format.json_schema'", param=where)
    named = cast("Json", said)
    if not isinstance(named.get("name"), str) or not _SCHEMA_NAME.fullmatch(named["name"]):
        raise Objection(400, "Invalid name for the schema", param=f"{where}.name")
    schema = named.get("schema")
    if not isinstance(schema, dict):
        raise Objection(400, "Missing required parameter: 'schema'", param=f"{where}.schema")
    if named.get("strict"):
        for violation in violations(cast("Json", schema)):
            raise Objection(
                400, f"Invalid schema for response_format '{named['name']}': {violation}", param="response_format"
            )
    return cast("Json", schema)


def _limit(body: Json, rules: Rules) -> int | None:
    given = sorted({"max_tokens", "max_completion_tokens"} & body.keys())
    for name in given:
        if name not in rules.limit_names:
            other = next(iter(rules.limit_names), "none")
            raise Objection(
                400, f"Unsupported parameter: '{name}' is not supported with this model. Use '{other}' instead.",
                param=name, code="unsupported_parameter",
            )  # fmt: skip
        if not isinstance(body[name], int) or body[name] < 1:
            raise Objection(400, f"Invalid '{name}': expected an integer of at least 1", param=name)
    if len(given) > 1:
        raise Objection(400, "Set either max_tokens or max_completion_tokens, not both", param="max_tokens")
    return cast("int", body[given[0]]) if given else None


def _temperature(body: Json, rules: Rules) -> float | None:
    temperature = body.get("temperature")
    if temperature is None:
        return None
    if not rules.temperature:
        raise Objection(
            400, "Unsupported value: 'temperature' does not support a value with this model.", param="temperature"
        )
    if not isinstance(temperature, int | float) or not 0 <= temperature <= 2:  # noqa: PLR2004  OpenAI's bounds
        raise Objection(400, "Invalid 'temperature': expected a number from 0 to 2", param="temperature")
    return float(temperature)


def _check_together(request: ChatRequest, rules: Rules) -> None:
    if request.format == "json_object" and "json" not in request.text.lower():
        raise Objection(
            400, "'messages' must contain the word 'json' to use 'response_format' of type 'json_object'.",
            param="messages",
        )  # fmt: skip
    needed = request.input_tokens + (request.max_tokens or 0)
    if needed > rules.context_tokens:
        raise Objection(
            400,
            f"This model's maximum context length is {rules.context_tokens} tokens, but {needed} were asked for.",
            param="messages", code="context_length_exceeded",
        )  # fmt: skip


def _schema_in_words(messages: tuple[Json, ...]) -> Json | None:
    found: Iterator[Json] = (
        candidate
        for message in reversed(messages)
        for span in objects_in(message["content"])
        if span.complete and '"properties"' in span.text and (candidate := _parsed(span.text)) is not None
    )
    return next(found, None)


def _parsed(text: str) -> Json | None:
    try:
        value = json.loads(text)
    except ValueError:
        return None
    return cast("Json", value) if "properties" in value else None
