"""A question to ask models in tests, and what goes with it."""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

from pydantic import BaseModel, Field

from mindfleet.llm.provider import Message, Request
from mindfleet.ports.answers import StoredAnswer
from mindfleet.ports.llm import Ask
from mindfleet.prompt import Prompt

NOW = datetime(2026, 11, 1, 12, tzinfo=UTC)


class StoppedClock:
    def now(self) -> datetime:
        return NOW


class Mood(BaseModel):
    """How somebody feels."""

    feeling: str = Field(max_length=40)
    strength: int = Field(ge=1, le=5)
    causes: list[str] = []


MOOD_PROMPT = Prompt("mood", "You judge moods.\n<!-- user -->\nHow does $name feel?")


def right_answer(_: object) -> dict[str, Any]:
    return {"feeling": "glad", "strength": 4, "causes": ["the sea"]}


def request_for(schema: type[BaseModel] = Mood, **changes: Any) -> Request:
    fields: dict[str, Any] = {
        "purpose": "mood",
        "model": "small",
        "messages": (Message("system", "You judge moods."), Message("user", "How does Ann feel?")),
        "schema": schema,
        "max_output_tokens": 500,
        "by_rules": None,
    }
    return Request(**(fields | changes))


def ask_for(key: UUID | None = None, **changes: Any) -> Ask[Mood]:
    fields: dict[str, Any] = {
        "key": key or uuid4(),
        "prompt": MOOD_PROMPT,
        "values": {"name": "Ann"},
        "schema": Mood,
        "tier": "utility",
        "bot_name": "luna",
        "user_id": "ann",
    }
    return Ask(**(fields | changes))


def stored(key: UUID, text: str) -> StoredAnswer:
    return StoredAnswer(
        key=key,
        text=text,
        provider="openai",
        model="gpt-4o-mini",
        prompt="mood",
        prompt_version="0123456789ab",
        input_tokens=10,
        output_tokens=5,
        cost_usd=0.01,
        bot_name="luna",
        user_id="ann",
        at=NOW - timedelta(days=1),
    )
