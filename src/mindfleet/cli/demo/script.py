"""What the demo replays and asks: messages in order, and questions."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from mindfleet.cli.exits import CommandFailed, Exit
from mindfleet.conversation.turn import Role, Visibility


class ScriptInvalid(CommandFailed):
    """A file is no conversation that can be replayed; one line for each thing that is wrong."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason, then="the formats are described in docs/conversation-format.md", code=Exit.USAGE)


@dataclass(frozen=True, kw_only=True)
class Message:
    """One message, as `task_queue.enqueue_message` takes it."""

    bot_name: str
    user_id: str
    channel_id: str
    message_id: str
    role: Role
    content: str
    sent_at: datetime
    visibility: Visibility = "dm"
    user_name: str | None = None
    reply_to: str | None = None
    timezone: str | None = None


@dataclass(frozen=True, kw_only=True)
class Question:
    """What is asked once everything is learnt."""

    bot_name: str
    user_id: str
    """In whose name."""

    audience: Visibility
    question: str


@dataclass(frozen=True, kw_only=True)
class Script:
    """One conversation, or several of the same people."""

    messages: Sequence[Message]
    questions: Sequence[Question]
    bots: Path | None = None
    """The folder where the bots' YAML files may lie, each called as its bot."""

    names: dict[str, str] = field(default_factory=dict[str, str])
    """Users, in the order in which they first speak: id → name."""

    @property
    def lanes(self) -> list[tuple[str, str]]:
        """Bots and channels, in order of their first message."""
        return list(dict.fromkeys((message.bot_name, message.channel_id) for message in self.messages))

    @property
    def people(self) -> list[tuple[str, str]]:
        """Bots and the users they know, in order of their first message."""
        return list(dict.fromkeys((message.bot_name, message.user_id) for message in self.messages))

    @property
    def bot_names(self) -> list[str]:
        return list(dict.fromkeys(message.bot_name for message in self.messages))

    @property
    def bot_files(self) -> list[Path]:
        """The YAML files of its bots, as far as there are some."""
        files = [self.bots / f"{name}.yaml" for name in self.bot_names] if self.bots else []
        return [file for file in files if file.is_file()]

    @property
    def over_at(self) -> datetime:
        """When the last message was sent."""
        return max(message.sent_at for message in self.messages)


def users_of(messages: Sequence[Message]) -> dict[str, str]:
    """The users, in the order in which they first speak or are spoken to: id → newest name, or id."""
    names: dict[str, str] = {}
    for message in messages:
        if message.user_name or message.user_id not in names:
            names[message.user_id] = message.user_name or message.user_id
    return names


def asked(texts: Sequence[str], messages: Sequence[Message], names: dict[str, str]) -> list[Question]:
    """Questions in the name of the user whom they mention first, otherwise of the first who speaks.

    They are heard where that user speaks with the bot most privately.
    """
    return [_question(text, messages, names) for text in texts]


def _question(text: str, messages: Sequence[Message], names: dict[str, str]) -> Question:
    user_id = _mentioned(text, names) or next(iter(names))
    theirs = [message for message in messages if message.user_id == user_id]
    private = min(theirs, key=lambda message: _PRIVACY.index(message.visibility))
    return Question(bot_name=private.bot_name, user_id=user_id, audience=private.visibility, question=text)


_PRIVACY: tuple[Visibility, ...] = ("dm", "channel", "public")


def _mentioned(text: str, names: dict[str, str]) -> str | None:
    places = {
        user_id: found.start()
        for user_id, name in names.items()
        if (found := re.search(rf"\b({re.escape(name)}|{re.escape(user_id)})\b", text, re.IGNORECASE))
    }
    return min(places, key=lambda user_id: places[user_id]) if places else None
