"""Conversations that come with questions and the turns that answer them, from the folder `MINDFLEET_DATA`."""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import count
from pathlib import Path
from typing import Any
from uuid import UUID

from mindfleet import ids
from mindfleet.conversation.turn import Turn
from mindfleet.ports.memories import Document
from mindfleet.recall.indexing import document_of_turn

BOT = "measured"
_BETWEEN_TURNS = timedelta(seconds=30)
_LABELS = Path(__file__).with_name("memorybank_evidence.json")


@dataclass(frozen=True)
class Question:
    text: str
    category: str
    """LoCoMo's number, or `probe`."""

    evidence: frozenset[UUID]
    """The documents that answer it."""


@dataclass(frozen=True)
class Conversation:
    name: str
    speakers: tuple[str, ...]
    documents: tuple[Document, ...]
    questions: tuple[Question, ...]


def locomo(folder: Path) -> Iterator[Conversation]:
    """The conversations in `locomo/*.json`, each turn with the caption of the picture that was sent with it."""
    for path in sorted((folder / "locomo").glob("*.json")):
        content = json.loads(path.read_text(encoding="utf-8"))
        talk, name = content["conversation"], path.stem
        documents = tuple(document_of_turn(turn) for turn in _locomo_turns(talk, name))
        known = {document.id for document in documents}
        questions = (
            Question(asked["question"], str(asked["category"]), _locomo_evidence(asked, name) & known)
            for asked in content["qa"]
        )
        speakers = (talk["speaker_a"], talk["speaker_b"])
        # A few cite no turn, or one that does not exist.
        yield Conversation(name, speakers, documents, tuple(q for q in questions if q.evidence))


def memorybank(folder: Path) -> Iterator[Conversation]:
    """The chats in `memorybank/memory_bank_en.json` with its probing questions; which turns answer them is our label.

    Questions about everything that was said on a day, and those about what was never said, are left out.
    """
    chats = _stripped(json.loads((folder / "memorybank" / "memory_bank_en.json").read_text(encoding="utf-8")))
    lines = (folder / "memorybank" / "probing_questions_en.jsonl").read_text(encoding="utf-8").splitlines()
    asked = _stripped({user: texts for line in lines if line.strip() for user, texts in json.loads(line).items()})
    for user, labels in json.loads(_LABELS.read_text(encoding="utf-8")).items():
        documents = tuple(document_of_turn(turn) for turn in _memorybank_turns(chats[user]["history"], user))
        questions = (
            Question(text, "probe", frozenset(_turn_id(user, label) for label in evidence))
            for text, evidence in zip(asked[user], labels, strict=True)
        )
        yield Conversation(user, (user, BOT), documents, tuple(q for q in questions if q.evidence))


def _locomo_turns(talk: dict[str, Any], name: str) -> Iterator[Turn]:
    for number in count(1):
        session = talk.get(f"session_{number}")
        if session is None:
            return
        began = datetime.strptime(talk[f"session_{number}_date_time"], "%I:%M %p on %d %B, %Y").replace(tzinfo=UTC)
        for n, said in enumerate(session):
            caption = f" [shared image: {said['blip_caption']}]" if said.get("blip_caption") else ""
            yield _turn(name, said["dia_id"], said["speaker"], said["text"] + caption, began + n * _BETWEEN_TURNS)


def _locomo_evidence(asked: dict[str, Any], name: str) -> frozenset[UUID]:
    """Some ids are written like `D8:6; D9:17` or `D30:05`."""
    cited = re.findall(r"D(\d+):(\d+)", " ".join(asked.get("evidence", [])))
    return frozenset(_turn_id(name, f"D{int(session)}:{int(number)}") for session, number in cited)


def _memorybank_turns(history: dict[str, list[dict[str, str]]], user: str) -> Iterator[Turn]:
    for date, exchanges in history.items():
        began = datetime.fromisoformat(date).replace(tzinfo=UTC)
        for n, exchange in enumerate(exchanges):
            at = began + n * _BETWEEN_TURNS
            yield _turn(user, f"{date[5:]}.{n}u", user, exchange["query"], at)
            yield _turn(user, f"{date[5:]}.{n}a", BOT, exchange["response"], at)


def _turn(conversation: str, label: str, speaker: str, content: str, at: datetime) -> Turn:
    return Turn(
        id=_turn_id(conversation, label),
        bot_name=BOT,
        channel_id=conversation,
        user_id=speaker,
        role="user",
        speaker=speaker,
        content=content,
        sent_at=at,
        visibility="channel",
    )


def _turn_id(conversation: str, label: str) -> UUID:
    return ids.name("measured", conversation, label)


def _stripped(by_user: dict[str, Any]) -> dict[str, Any]:
    """Some names in the data have blanks around them."""
    return {user.strip(): value for user, value in by_user.items()}
