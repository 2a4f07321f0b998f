"""What Redis keeps of an error until it can be parked."""

import pytest

from mindfleet.runtime.failure import LONGEST, Failure, brief


def test_an_error_is_heard_as_it_was_told() -> None:
    failure = Failure(error="KeyError", message="no 'ünïcödé' \ud800 here", traceback="line 1\nline 2")

    told = failure.told()

    assert told.isascii()  # whatever can be sent to no server is escaped
    assert Failure.heard(told) == failure


def test_a_long_one_is_cut_where_it_says_least() -> None:
    failure = Failure(error="E", message="first" + "x" * LONGEST, traceback="x" * LONGEST + "last")

    heard = Failure.heard(failure.told())

    assert heard.message.startswith("first")
    assert heard.traceback.endswith("last")
    assert len(heard.message) == len(heard.traceback) == LONGEST


@pytest.mark.parametrize("told", ["it was too much", "[]", "{}", '{"error": "E"}', "null"])
def test_what_another_version_told_in_another_way_is_a_failure_all_the_same(told: str) -> None:
    assert Failure.heard(told) == Failure(error="Unreadable", message=told, traceback="")


@pytest.mark.parametrize(
    ("error", "message", "line"),
    [
        ("KeyError", "", "KeyError: "),
        ("KeyError", "\n", "KeyError: "),
        ("KeyError", "no 'ünïcödé'\u00a0here\r\nPayload: …", "KeyError: no 'ünïcödé'\u00a0here"),
        ("KeyError", "half \ud800, \x1b[31mred\x00", r"KeyError: half \ud800, \x1b[31mred\x00"),
        ("Odd\nName", "x", r"Odd\nName: x"),
        ("E", "x" * 1000, f"E: {'x' * 200}"),
        ("E" * 1000, "x", "E" * 300),
    ],
)
def test_of_an_error_one_line_is_told_that_any_server_takes(error: str, message: str, line: str) -> None:
    assert brief(error, message) == line
    assert len(brief(error, "\ud800" * 1000).encode()) <= 300
