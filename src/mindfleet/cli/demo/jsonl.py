"""Conversations as JSON Lines: each line holds the keyword arguments of `task_queue.enqueue_message`."""

import json
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, Literal

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, ValidationError

from mindfleet.cli.demo.script import Message, Question, Script, ScriptInvalid, asked, users_of
from mindfleet.conversation.turn import Visibility
from mindfleet.job import Name
from mindfleet.payloads import Content, SpeakerRole
from mindfleet.zones import ZoneName


class Line(BaseModel):
    """One message."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    bot_name: Name
    user_id: Name
    channel_id: Name
    message_id: Name
    role: SpeakerRole
    content: Content
    sent_at: AwareDatetime
    visibility: Visibility = "dm"
    user_name: Name | None = None
    reply_to: Name | None = None
    timezone: ZoneName | None = None


class Asked(BaseModel):
    """One question of a header."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    user_id: Name
    audience: Visibility
    question: Content


class Header(BaseModel):
    """What the first line may say of the file."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    mindfleet: Literal["conversation"]
    version: Literal[1]
    bot: Name | None = None
    questions: list[Asked] = Field(default_factory=list[Asked])


def read(text: str, path: Path, *, bot: str | None, ask: Sequence[str]) -> Script:
    """The script in the lines of a file; see `conversations.read`."""
    lines = [(number, line) for number, line in enumerate(text.splitlines(), start=1) if line.strip()]
    problems: list[str] = []
    header = _header(lines, path, problems)
    messages = list(_messages(lines[1:] if header else lines, path, problems))
    if not problems:
        problems += _contradictions(messages, header, bot, path)
    if problems:
        raise ScriptInvalid("\n".join([*problems[:_MOST_SHOWN], *_and_more(problems)]))
    messages = _with_names(messages)
    names = users_of(messages)
    return Script(
        messages=messages,
        questions=asked(ask, messages, names) if ask else _own_questions(header, messages),
        bots=path.parent,
        names=names,
    )


_MOST_SHOWN = 20


def _and_more(problems: Sequence[str]) -> list[str]:
    hidden = len(problems) - _MOST_SHOWN
    return [f"and {hidden} more"] if hidden > 0 else []


def _header(lines: Sequence[tuple[int, str]], path: Path, problems: list[str]) -> Header | None:
    if not lines or not _is_header(lines[0][1]):
        return None
    try:
        return Header.model_validate_json(lines[0][1])
    except ValidationError as error:
        problems += _told(error, f"{path}:{lines[0][0]}")
        return Header(mindfleet="conversation", version=1)


def _is_header(line: str) -> bool:
    try:
        found: Any = json.loads(line)
    except ValueError:
        return False
    return isinstance(found, dict) and "mindfleet" in found


def _messages(lines: Sequence[tuple[int, str]], path: Path, problems: list[str]) -> Iterator[Message]:
    for number, line in lines:
        try:
            yield Message(**dict(Line.model_validate_json(line)))
        except ValidationError as error:
            problems += _told(error, f"{path}:{number}")


def _told(error: ValidationError, place: str) -> list[str]:
    return [f"{place}: {'.'.join(map(str, e['loc'])) or 'the line'}: {e['msg']}" for e in error.errors()]


def _contradictions(messages: Sequence[Message], header: Header | None, bot: str | None, path: Path) -> Iterator[str]:
    if not messages:
        yield f"{path}: holds no message"
        return
    bots = {message.bot_name for message in messages}
    if bot is not None and bot not in bots:
        yield f"{path}: no message of it has the bot {bot!r}; it has {', '.join(sorted(bots))}"
    users = {message.user_id for message in messages}
    for question in header.questions if header else ():
        if question.user_id not in users:
            yield f"{path}: the question {question.question!r} is in the name of {question.user_id!r}, who never speaks"


def _with_names(messages: Sequence[Message]) -> list[Message]:
    """Every message of a user with the name that one of them gives."""
    names = {message.user_id: message.user_name for message in messages if message.user_name}
    return [replace(m, user_name=m.user_name or names.get(m.user_id)) for m in messages]


def _own_questions(header: Header | None, messages: Sequence[Message]) -> list[Question]:
    if header is None:
        return []
    bot_name = header.bot or messages[0].bot_name
    return [Question(bot_name=bot_name, **dict(question)) for question in header.questions]
