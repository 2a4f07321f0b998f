"""How many tokens a call will take, before it is made."""

from collections import deque

from mindfleet.llm.provider import Reply, Request
from mindfleet.tokens import estimate_beside

UNKNOWN_ANSWER = 1024
"""Tokens of the answer to a prompt that has had none yet."""

_REMEMBERED = 20


class Expectation:
    """The answer to a prompt is expected to be as long as the longest of the last twenty to it by that model."""

    def __init__(self) -> None:
        self._lengths: dict[tuple[str, str], deque[int]] = {}

    async def of(self, request: Request) -> tuple[int, int]:
        """Tokens sent, tokens received."""
        sent = await estimate_beside([message.content for message in request.messages])
        lengths = self._lengths.get((request.purpose, request.model))
        return sent, min(max(lengths) if lengths else UNKNOWN_ANSWER, request.max_output_tokens)

    def learn(self, request: Request, reply: Reply) -> None:
        lengths = self._lengths.setdefault((request.purpose, request.model), deque(maxlen=_REMEMBERED))
        lengths.append(reply.output_tokens)
