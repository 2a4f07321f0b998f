"""Assertions without a database, for the life of the object."""

import asyncio
from collections import defaultdict
from collections.abc import AsyncGenerator, Sequence
from contextlib import asynccontextmanager
from uuid import UUID

from mindfleet.conversation.turn import Visibility
from mindfleet.ports.facts import Assertion, Slot, UserAssertions


class InMemoryAssertions:
    """`Assertions` in memory."""

    def __init__(self) -> None:
        self._users: dict[tuple[str, str], dict[UUID, Assertion]] = {}
        self._locks: defaultdict[tuple[str, str], asyncio.Lock] = defaultdict(asyncio.Lock)

    @asynccontextmanager
    async def of_user(self, bot_name: str, user_id: str) -> AsyncGenerator[UserAssertions]:
        whose = (bot_name, user_id)
        async with self._locks[whose]:
            held = _Held(dict(self._users.get(whose, {})))
            yield held
            self._users[whose] = held.assertions

    async def heard(
        self, bot_name: str, user_ids: Sequence[str], *, channels: Sequence[str], visibilities: Sequence[Visibility]
    ) -> list[Assertion]:
        said = [known for user_id in user_ids for known in self._users.get((bot_name, user_id), {}).values()]
        heard = [known for known in said if known.channel_id in channels and known.visibility in visibilities]
        return sorted(heard, key=lambda known: (known.said_at, known.id))


class _Held:
    """`UserAssertions` on a copy, which takes the place of what was kept when all went well."""

    def __init__(self, assertions: dict[UUID, Assertion]) -> None:
        self.assertions = assertions

    async def replace(self, message_ids: Sequence[UUID], assertions: Sequence[Assertion]) -> set[Slot]:
        removed = [known for known in self.assertions.values() if known.message_id in message_ids]
        for known in removed:
            del self.assertions[known.id]
        for assertion in assertions:
            self.assertions.setdefault(assertion.id, assertion)
        return {Slot(assertion.subject, assertion.predicate) for assertion in (*removed, *assertions)}

    async def in_slot(self, slot: Slot) -> list[Assertion]:
        wanted = (slot.subject.casefold(), slot.predicate)
        found = [known for known in self.assertions.values() if (known.subject.casefold(), known.predicate) == wanted]
        return sorted(found, key=lambda known: (known.said_at, known.id))
