"""The second and last chance: the model sees its answer and what is wrong with it."""

import json
from dataclasses import replace

from mindfleet.llm.provider import Message, Reply, Request
from mindfleet.llm.schema import strict_schema
from mindfleet.prompt import Prompt

_PROMPT = Prompt.beside(__file__)
_MORE_ROOM = 2


def repair_of(request: Request, reply: Reply, problems: str) -> Request:
    """The request to mend `reply`, with twice the room if it was cut off."""
    schema = json.dumps(strict_schema(request.schema))
    complaint = Message("user", _PROMPT.render({"problems": problems, "schema": schema}))
    answer = (Message("assistant", reply.text),) if reply.text.strip() else ()
    room = request.max_output_tokens * (_MORE_ROOM if reply.cut else 1)
    return replace(request, messages=(*request.messages, *answer, complaint), max_output_tokens=room)
