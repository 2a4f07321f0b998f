"""Who may hear what: the one place that decides it."""

from collections.abc import Sequence
from typing import Protocol, TypeVar

from mindfleet.conversation.turn import Visibility

Audience = Visibility
"""Where the answer will be given: in the user's dm, in a closed channel, or in public."""

MAY_HEAR: dict[Audience, tuple[Visibility, ...]] = {
    "dm": ("dm", "channel", "public"),
    "channel": ("channel", "public"),
    "public": ("public",),
}
"""What was said in private is for private ears only."""


class _Heard(Protocol):
    @property
    def visibility(self) -> Visibility: ...


T = TypeVar("T", bound=_Heard)


def for_ears(things: Sequence[T], audience: Audience) -> list[T]:
    """Those that the audience may hear."""
    return [thing for thing in things if thing.visibility in MAY_HEAR[audience]]
