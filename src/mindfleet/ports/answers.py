"""What models have said, kept so that it is paid for once."""

from dataclasses import dataclass
from datetime import datetime
from typing import Protocol
from uuid import UUID


@dataclass(frozen=True, kw_only=True)
class StoredAnswer:
    """A valid answer as it is kept, with where it came from."""

    key: UUID
    """`Ask.key`."""

    text: str
    """The answer as JSON, valid by the schema of its question; free of NUL characters and lone surrogates."""

    provider: str
    model: str
    prompt: str
    """The prompt's name."""

    prompt_version: str
    input_tokens: int
    output_tokens: int
    cost_usd: float | None
    bot_name: str
    user_id: str | None
    """Whose words it rests on: what `forget` looks for."""

    at: datetime
    """When the model answered."""


class Answers(Protocol):
    """Raises `StoreUnavailable` when the store is away."""

    async def get(self, key: UUID) -> StoredAnswer | None: ...

    async def put(self, answer: StoredAnswer) -> StoredAnswer:
        """Keep `answer` unless its key already has one: the first write wins.

        Returns:
            The answer that is kept, so that two workers which asked at once go on with the same one.
        """
        ...
