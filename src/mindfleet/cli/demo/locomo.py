"""LoCoMo's conversations: two people in dated sessions, with questions (Maharana et al. 2024, arXiv:2402.17753)."""

import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, cast

from mindfleet.cli.demo.script import Message, Script, ScriptInvalid, asked

LISTENER = "listener"
"""What the bot is called when none of the two is the bot."""

PACE = timedelta(seconds=30)
"""Between one turn of a session and the next: the file gives a time for each session only."""

ASKED_CATEGORIES = (4, 2, 1)
"""Of each of these, the first question is asked: single-hop, temporal, multi-hop."""

STARTED = "%I:%M %p on %d %B, %Y"

Tree = Mapping[str, Any]


def recognises(content: object) -> bool:
    """Whether a JSON value looks like a conversation of LoCoMo, or a list of them."""
    if isinstance(content, list):
        several = cast("list[object]", content)
        return bool(several) and all(map(recognises, several))
    if not isinstance(content, dict):
        return False
    tree = _talk(cast("Tree", content))
    return "speaker_a" in tree or any(_SESSION.fullmatch(key) for key in tree)


def read(content: Any, path: Path, *, bot: str | None, ask: Sequence[str]) -> Script:  # noqa: ANN401 - JSON
    """The script of one conversation; see `conversations.read`."""
    whole = _only_one(content, path)
    talk = _talk(whole)
    speakers = _speakers(talk, path)
    if bot is not None and (bot := _spelt_as_in(speakers, bot)) is None:
        raise ScriptInvalid(f"{path}: --bot names nobody who speaks there; there are {' and '.join(speakers)}")
    messages = list(_messages(talk, path, channel_id=str(whole.get("sample_id") or path.stem), bot=bot))
    if not messages:
        raise ScriptInvalid(f"{path}: has no session with turns")
    users = list(dict.fromkeys(m.user_name or m.user_id for m in messages if m.role == "user"))
    if not users:
        raise ScriptInvalid(f"{path}: only {bot} speaks, so there is no user")
    names = {user: user for user in users}
    return Script(messages=messages, questions=asked(ask or _first(whole), messages, names), names=names)


_SESSION = re.compile(r"session_(\d+)")


def _talk(tree: Tree) -> Tree:
    inner = tree.get("conversation")
    return cast("Tree", inner) if isinstance(inner, dict) else tree


def _only_one(content: Any, path: Path) -> Tree:  # noqa: ANN401 - JSON
    if isinstance(content, list):
        several = cast("list[Tree]", content)
        if len(several) != 1:
            raise ScriptInvalid(
                f"{path}: holds {len(several)} conversations; put the one to replay in a file of its own"
            )
        return several[0]
    return cast("Tree", content)


def _speakers(talk: Tree, path: Path) -> list[str]:
    named = [str(talk[key]) for key in ("speaker_a", "speaker_b") if talk.get(key)]
    found = named or list(dict.fromkeys(str(turn.get("speaker", "")) for _, turns in _sessions(talk) for turn in turns))
    if not all(found):
        raise ScriptInvalid(f"{path}: a turn has no speaker")
    return found


def _spelt_as_in(speakers: Sequence[str], name: str) -> str | None:
    return next((speaker for speaker in speakers if speaker.casefold() == name.casefold()), None)


def _sessions(talk: Tree) -> Iterator[tuple[int, list[Tree]]]:
    """Those with turns, by their number."""
    numbers = sorted(int(found[1]) for key in talk if (found := _SESSION.fullmatch(key)))
    return ((number, talk[f"session_{number}"]) for number in numbers if talk[f"session_{number}"])


def _messages(talk: Tree, path: Path, *, channel_id: str, bot: str | None) -> Iterator[Message]:
    speakers = _speakers(talk, path)
    for number, turns in _sessions(talk):
        started = _started(talk, number, path)
        for place, turn in enumerate(turns):
            speaker = str(turn.get("speaker") or "")
            if content := _content(turn):
                yield Message(
                    bot_name=bot or LISTENER,
                    user_id=_user(speaker, bot, speakers),
                    channel_id=channel_id,
                    message_id=str(turn.get("dia_id") or f"D{number}:{place + 1}"),
                    role="assistant" if speaker == bot else "user",
                    content=content,
                    sent_at=started + place * PACE,
                    visibility="channel",
                    user_name=_user(speaker, bot, speakers),
                )


def _user(speaker: str, bot: str | None, speakers: Sequence[str]) -> str:
    """Who speaks; of what the bot says, who is answered."""
    return next((other for other in speakers if other != bot), speaker) if speaker == bot else speaker


def _started(talk: Tree, number: int, path: Path) -> datetime:
    text = str(talk.get(f"session_{number}_date_time") or "")
    try:
        return datetime.strptime(" ".join(text.split()), STARTED).replace(tzinfo=UTC)
    except ValueError:
        raise ScriptInvalid(
            f"{path}: session_{number}_date_time is {text!r}, but should look like '1:56 pm on 8 May, 2023'"
        ) from None


def _content(turn: Tree) -> str:
    """What was said, with what the picture shows that was sent with it; empty when there is neither."""
    text, caption = (str(turn.get(key) or "").strip() for key in ("text", "blip_caption"))
    return f"{text} [shared image: {caption}]".strip() if caption else text


def _first(whole: Tree) -> list[str]:
    """The first question of each asked category."""
    firsts: dict[int, str] = {}
    for entry in whole.get("qa") or ():
        if entry.get("question"):
            firsts.setdefault(entry.get("category"), str(entry["question"]))
    return [firsts[category] for category in ASKED_CATEGORIES if category in firsts]
