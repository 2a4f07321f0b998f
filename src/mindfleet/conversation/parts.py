"""Turns as lines of text, in parts that a model can take."""

from collections.abc import Sequence
from datetime import UTC

from mindfleet.conversation.turn import Turn
from mindfleet.tokens import clipped, estimate

LONGEST_TURN = 1000
"""Tokens; a longer text is cut, and shows it."""


def line(turn: Turn) -> str:
    """`Ana (2026-03-02 18:04): …`, on one line."""
    text = clipped(" ".join(turn.content.split()), LONGEST_TURN)
    return f"{turn.speaker} ({turn.sent_at.astimezone(UTC):%Y-%m-%d %H:%M}): {text}"


def parts(turns: Sequence[Turn], limit: int) -> list[list[Turn]]:
    """The turns in order, in groups whose lines have at most `limit` tokens together."""
    groups: list[list[Turn]] = []
    room = 0
    for turn in turns:
        cost = estimate(line(turn))
        if cost > room:
            groups.append([])
            room = limit
        groups[-1].append(turn)
        room -= cost
    return groups
