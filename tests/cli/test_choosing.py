"""Which parked jobs a command line means, and whether its person is sure."""

import io
from datetime import UTC, datetime, timedelta

import pytest

from mindfleet.cli.choosing import Asking, moment
from mindfleet.cli.exits import CommandFailed


class Terminal(io.StringIO):
    """Somebody who can be asked, and what they type."""

    def isatty(self) -> bool:
        return True


@pytest.mark.parametrize(("typed", "agrees"), [("y\n", True), ("n\n", False), ("\n", False)])
def test_a_person_is_told_how_many_and_asked(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], typed: str, agrees: bool
) -> None:
    monkeypatch.setattr("sys.stdin", Terminal(typed))
    ask = Asking("replay", yes=False, as_json=False)
    if agrees:
        ask.agreed(12)
    else:
        with pytest.raises(CommandFailed, match="nothing was done"):
            ask.agreed(12)

    asked = capsys.readouterr()
    assert "replay 12 parked jobs?" in asked.err
    assert asked.out.strip() == ""


def test_nobody_is_asked_about_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stdin", Terminal())
    Asking("discard", yes=False, as_json=False).agreed(0)


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        ("2026-03-02", datetime(2026, 3, 2, tzinfo=UTC)),
        ("2026-03-02T12:00+02:00", datetime(2026, 3, 2, 10, tzinfo=UTC)),
    ],
)
def test_a_date_is_in_utc_unless_it_says_otherwise(text: str, meant: datetime) -> None:
    assert moment(text) == meant


@pytest.mark.parametrize(
    ("text", "age"), [("90s", timedelta(seconds=90)), ("2h", timedelta(hours=2)), ("7d", timedelta(days=7))]
)
def test_an_age_counts_back_from_now(text: str, age: timedelta) -> None:
    earliest = datetime.now(UTC) - age
    assert earliest <= moment(text) <= datetime.now(UTC) - age


@pytest.mark.parametrize("text", ["yesterday", "", "3w", "-2h", "99999999d"])
def test_what_is_no_time_is_refused(text: str) -> None:
    with pytest.raises(CommandFailed, match="is no time"):
        moment(text)
