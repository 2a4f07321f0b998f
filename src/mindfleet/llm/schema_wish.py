"""The schema in words, for endpoints that take it in no other way."""

import json
from dataclasses import replace

from mindfleet.llm.provider import Message, Request
from mindfleet.llm.schema import strict_schema
from mindfleet.prompt import Prompt

_PROMPT = Prompt.beside(__file__)


def with_schema_in_words(request: Request) -> tuple[Message, ...]:
    """The messages of a request, the first of them saying what the answer must look like."""
    wish = _PROMPT.render({"schema": json.dumps(strict_schema(request.schema))})
    first, *rest = request.messages
    if first.role != "system":
        return (Message("system", wish), *request.messages)
    return (replace(first, content=f"{first.content}\n\n{wish}"), *rest)
