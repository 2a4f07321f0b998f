"""A whole fleet in memory, and somebody who talks to its bot."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from mindfleet.registry import Registry
from mindfleet.testing.fleet import InMemoryFleet
from tasks.message_intake import MessageIntake
from tasks.session_end import SessionEnd
from tasks.triggers import triggered

START = datetime(2026, 3, 2, 18, tzinfo=UTC)


class Talk:
    """Sends messages to a fleet, a minute apart, as a bot would."""

    def __init__(self, fleet: InMemoryFleet, channel_id: str = "dm-ana") -> None:
        self.fleet = fleet
        self.channel_id = channel_id
        self.count = 0

    def message(self, content: str, *, user: str = "ana", role: str = "user", **more: object) -> MessageIntake:
        self.count += 1
        fields = {
            "bot_name": "juniper",
            "user_id": user,
            "user_name": user.capitalize(),
            "channel_id": self.channel_id,
            "message_id": f"m{self.count}",
            "role": role,
            "content": content,
            "sent_at": START + timedelta(minutes=self.count),
        }
        return MessageIntake.model_validate({**fields, **more})

    async def says(self, *contents: str, user: str = "ana", **more: Any) -> None:
        for content in contents:
            await self.fleet.run(self.message(content, user=user, **more))

    async def replies(self, content: str) -> None:
        await self.fleet.run(self.message(content, role="assistant"))

    async def ends(self) -> None:
        await self.fleet.run(SessionEnd(bot_name="juniper", channel_id=self.channel_id))


@pytest.fixture(scope="session")
def registry() -> Registry:
    return Registry.load(["tasks"])


NewFleet = Callable[..., InMemoryFleet]


@pytest.fixture
def new_fleet(registry: Registry) -> NewFleet:
    def make(**options: object) -> InMemoryFleet:
        fleet = InMemoryFleet(registry, triggers=triggered, **options)  # type: ignore[arg-type]
        fleet.clock.advance(START + timedelta(days=7) - fleet.clock.now())
        return fleet

    return make


@pytest.fixture
def fleet(new_fleet: NewFleet) -> InMemoryFleet:
    return new_fleet()


@pytest.fixture
def talk(fleet: InMemoryFleet) -> Talk:
    return Talk(fleet)
