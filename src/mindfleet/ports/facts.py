"""What is known: assertions as they were made, and the facts that follow from them."""

from collections.abc import Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol
from uuid import UUID

from mindfleet.conversation.turn import Visibility

USER = "user"
"""The subject of what somebody says of themselves."""


@dataclass(frozen=True, kw_only=True)
class Assertion:
    """Somebody said that something is so, or is so no longer; never changed, only derived from."""

    id: UUID
    bot_name: str
    user_id: str
    """Who said it."""

    subject: str
    """`USER`, or the name of whom or what it is about."""

    predicate: str
    object: str
    holds: bool
    """False: it has ended."""

    since: datetime | None
    until: datetime | None
    confidence: float
    quote: str
    """The words of the message that it rests on."""

    message_id: UUID
    said_at: datetime
    channel_id: str
    visibility: Visibility
    provider: str
    answer_key: UUID


@dataclass(frozen=True, kw_only=True)
class Evidence:
    """A message that a fact rests on, and where it was said."""

    message_id: UUID
    channel_id: str
    visibility: Visibility


@dataclass(frozen=True, kw_only=True)
class Fact:
    """What follows from the assertions: true from `valid_from` (included) to `valid_to` (excluded)."""

    id: UUID
    bot_name: str
    user_id: str
    """Whose fact it is: the user's who said it."""

    subject: str
    predicate: str
    object: str
    confidence: float
    valid_from: datetime
    valid_to: datetime | None
    """None: true until further notice."""

    evidence: tuple[Evidence, ...]
    provider: str
    answer_key: UUID


@dataclass(frozen=True)
class Slot:
    """A question that facts answer: what is this of that?"""

    subject: str
    predicate: str


class UserAssertions(Protocol):
    """The assertions of one user of one bot, held by nobody else; all is written at the end, or nothing."""

    async def replace(self, message_ids: Sequence[UUID], assertions: Sequence[Assertion]) -> set[Slot]:
        """Replace all that these messages were found to assert.

        Returns:
            The slots, of the old and the new, whose facts have to be derived again.
        """
        ...

    async def in_slot(self, slot: Slot) -> list[Assertion]:
        """Subjects are compared without case."""
        ...


class Assertions(Protocol):
    def of_user(self, bot_name: str, user_id: str) -> AbstractAsyncContextManager[UserAssertions]:
        """Hold the assertions of a user: others who want them wait."""
        ...

    async def heard(
        self, bot_name: str, user_ids: Sequence[str], *, channels: Sequence[str], visibilities: Sequence[Visibility]
    ) -> list[Assertion]:
        """What these users said in these channels and as openly as this, oldest first."""
        ...


class Facts(Protocol):
    """The graph of facts. Writing the same facts twice changes nothing. Raises `StoreUnavailable`."""

    async def replace(
        self, bot_name: str, user_id: str, *, user_name: str, slot: Slot, facts: Sequence[Fact]
    ) -> list[Fact]:
        """Make these the facts of the slot.

        Returns:
            The facts that were there and are not any more.
        """
        ...

    async def about(self, bot_name: str, user_ids: Sequence[str], *, as_of: datetime | None = None) -> list[Fact]:
        """All facts of these users, also ended ones; with `as_of` only those that are true at that instant.

        Sorted by `valid_from`, then id.
        """
        ...

    async def forget(self, bot_name: str, user_id: str) -> int:
        """Remove the user, their entities and facts; returns how many facts there were."""
        ...
