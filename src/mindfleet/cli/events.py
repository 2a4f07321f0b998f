"""What jobs tell of themselves, in words and as data."""

from typing import Any

from mindfleet.awaiting import Event


def in_words(event: Event) -> str:
    """`12:03:04Z  progress  3 of 10: a note`"""
    return f"{event.at:%H:%M:%S}Z  {event.kind:<8}  {_told(event)}".rstrip()


def as_data(event: Event) -> dict[str, Any]:
    """One event for `--json`, with its fields as the stream has them."""
    return {"id": event.id, "event": event.kind, "at": event.at.isoformat(), **event.fields}


def _told(event: Event) -> str:
    told = event.fields
    match event.kind:
        case "started":
            return f"by {told.get('worker', '')}, start {told.get('start', '')}"
        case "progress":
            note = told.get("note", "")
            return f"{told.get('done', '')} of {told.get('total', '')}{': ' if note else ''}{note}"
        case "retrying":
            delay = f"in {int(told['delay']) / 1000:g} s: " if "delay" in told else ""
            return f"{delay}{told.get('reason', '')}"
        case _:
            return told.get("outcome", "")
