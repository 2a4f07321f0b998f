"""A local OpenAI-compatible endpoint that holds its clients to the protocol and misbehaves on demand.

    async with ScriptedModelServer() as server:
        server.script([Limits(retry_after="2"), Answers()])
        ...  # point a client at server.url

`python -m mindfleet.testing.model_server` runs it as a process.
"""

from mindfleet.testing.model_server.behaviours import (
    Answers,
    Behaviour,
    Cuts,
    Drips,
    Exchange,
    Fails,
    Filters,
    Garbles,
    HangsUp,
    Limits,
    Refuses,
    Says,
    Waits,
    Wraps,
)
from mindfleet.testing.model_server.protocol import ChatRequest, Objection, Rules
from mindfleet.testing.model_server.server import Recorded, ScriptedModelServer

__all__ = [
    "Answers",
    "Behaviour",
    "ChatRequest",
    "Cuts",
    "Drips",
    "Exchange",
    "Fails",
    "Filters",
    "Garbles",
    "HangsUp",
    "Limits",
    "Objection",
    "Recorded",
    "Refuses",
    "Rules",
    "Says",
    "ScriptedModelServer",
    "Waits",
    "Wraps",
]
