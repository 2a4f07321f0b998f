"""Somebody who says something."""

from collections.abc import Callable
from datetime import UTC, datetime
from uuid import NAMESPACE_URL, uuid5

import pytest

from mindfleet.conversation.turn import Role, Turn

WEDNESDAY = datetime(2024, 5, 8, 15, tzinfo=UTC)
"""When everything here is said, unless a test says otherwise."""

Say = Callable[..., Turn]


@pytest.fixture
def say() -> Say:
    def said(
        text: str, *, at: datetime = WEDNESDAY, speaker: str = "Ana", role: Role = "user", user_id: str | None = None
    ) -> Turn:
        return Turn(
            id=uuid5(NAMESPACE_URL, f"{speaker} {at} {text}"),
            bot_name="luna",
            channel_id="dm",
            user_id=user_id or speaker.lower(),
            role=role,
            speaker=speaker,
            content=text,
            sent_at=at,
            visibility="dm",
        )

    return said
