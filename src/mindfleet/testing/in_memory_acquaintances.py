"""Acquaintances, counted in transcripts in memory."""

from datetime import UTC

from mindfleet.ports.relationships import Acquaintance
from mindfleet.testing.in_memory_conversations import InMemoryConversations


class InMemoryAcquaintances:
    """`Acquaintances` of what `conversations` holds."""

    def __init__(self, conversations: InMemoryConversations) -> None:
        self._conversations = conversations

    async def of(self, bot_name: str, user_id: str) -> Acquaintance | None:
        rows = self._conversations.rows(bot_name)
        turns = [row.turn for row in rows if row.is_turn and row.turn.user_id == user_id]
        if not turns:
            return None
        said = [turn for turn in turns if turn.role == "user"]
        names = [turn.speaker for turn in said if turn.speaker != user_id]
        return Acquaintance(
            bot_name=bot_name,
            user_id=user_id,
            user_name=names[-1] if names else user_id,
            user_turns=len(said),
            bot_turns=len(turns) - len(said),
            sessions=len({turn.session_id for turn in turns} - {None}),
            days=len({turn.sent_at.astimezone(UTC).date() for turn in turns}),
            first_at=turns[0].sent_at,
            last_at=turns[-1].sent_at,
        )
