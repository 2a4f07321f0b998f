"""What jobs tell of themselves, in words."""

from datetime import UTC, datetime

import pytest

from mindfleet.awaiting import Event
from mindfleet.cli.events import as_data, in_words

AT = datetime(2026, 3, 2, 12, 3, 4, tzinfo=UTC)


@pytest.mark.parametrize(
    ("kind", "fields", "words"),
    [
        ("started", {"worker": "w1", "start": "2"}, "started   by w1, start 2"),
        ("progress", {"done": "3", "total": "10", "note": "half of it"}, "progress  3 of 10: half of it"),
        ("progress", {"done": "3", "total": "10", "note": ""}, "progress  3 of 10"),
        ("retrying", {"outcome": "retried", "delay": "1500", "reason": "E: x"}, "retrying  in 1.5 s: E: x"),
        ("retrying", {"reason": "its worker was lost"}, "retrying  its worker was lost"),
        ("done", {"outcome": "skipped", "text": "null"}, "done      skipped"),
        ("odd", {}, "odd"),
    ],
)
def test_an_event_is_a_line(kind: str, fields: dict[str, str], words: str) -> None:
    assert in_words(Event("1-0", kind, AT, fields)) == f"12:03:04Z  {words}"


def test_an_event_is_data_with_its_fields() -> None:
    told = as_data(Event("1-0", "done", AT, {"outcome": "done"}))
    assert told == {"id": "1-0", "event": "done", "at": "2026-03-02T12:03:04+00:00", "outcome": "done"}
