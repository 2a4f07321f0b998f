"""One thing that somebody said."""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal
from uuid import UUID

Visibility = Literal["dm", "channel", "public"]
"""Where something was said: in private, in a closed channel, or where anyone can read."""

Role = Literal["user", "assistant"]


@dataclass(frozen=True, kw_only=True)
class Turn:
    """A message as it stands in the transcript."""

    id: UUID
    """uuid5 of bot, channel and message id; the name of the row in every store."""

    bot_name: str
    channel_id: str
    user_id: str
    """Who said it; on a reply of the bot (`role="assistant"`) whom it answers."""

    role: Role
    speaker: str
    """The name to print: of the user, or of the bot."""

    content: str
    sent_at: datetime
    visibility: Visibility
    message_id: str | None = None
    """The id that the bot's platform gave."""

    reply_to: str | None = None
    """The message id that it answers."""

    user_timezone: str | None = None
    """Of the user, where the bot knows it; an IANA name."""

    session_id: str | None = None
    number: int | None = None
    """Its place in the session, from 1."""
