"""How values lie in the graph: keys of nodes, instants, and facts as properties of an edge."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from mindfleet.ports.facts import Evidence, Fact


def key(*parts: str) -> str:
    """One text for several; different parts never give the same."""
    return "|".join(part.replace("\\", "\\\\").replace("|", "\\|") for part in parts)


def instant(at: datetime) -> str:
    """ISO 8601 in UTC, always of the same width, so that every server puts instants in order by comparing texts."""
    return at.astimezone(UTC).isoformat(timespec="microseconds")


def edge_of(fact: Fact) -> dict[str, object]:
    """A property that has no value is left out: an edge cannot hold null."""
    properties: dict[str, object] = {
        "id": str(fact.id),
        "bot_name": fact.bot_name,
        "user_id": fact.user_id,
        "slot": slot_key(fact.subject),
        "subject": fact.subject,
        "predicate": fact.predicate,
        "object": fact.object,
        "confidence": fact.confidence,
        "valid_from": instant(fact.valid_from),
        "message_ids": [str(evidence.message_id) for evidence in fact.evidence],
        "channel_ids": [evidence.channel_id for evidence in fact.evidence],
        "visibilities": [evidence.visibility for evidence in fact.evidence],
        "provider": fact.provider,
        "answer_key": str(fact.answer_key),
    }
    return properties if fact.valid_to is None else {**properties, "valid_to": instant(fact.valid_to)}


def slot_key(subject: str) -> str:
    """Subjects are compared without case."""
    return subject.casefold()


def fact_of(edge: Mapping[str, Any]) -> Fact:
    ends = edge.get("valid_to")
    said = zip(edge["message_ids"], edge["channel_ids"], edge["visibilities"], strict=True)
    return Fact(
        id=UUID(edge["id"]),
        bot_name=edge["bot_name"],
        user_id=edge["user_id"],
        subject=edge["subject"],
        predicate=edge["predicate"],
        object=edge["object"],
        confidence=edge["confidence"],
        valid_from=datetime.fromisoformat(edge["valid_from"]),
        valid_to=datetime.fromisoformat(ends) if ends else None,
        evidence=tuple(Evidence(message_id=UUID(m), channel_id=c, visibility=v) for m, c, v in said),
        provider=edge["provider"],
        answer_key=UUID(edge["answer_key"]),
    )
