"""The zone of the machine is that of its name, in summer and in winter."""

import time
from collections.abc import Callable, Generator
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from mindfleet.schedule.machine_zone import MachineZone
from mindfleet.schedule.wall import Wall

SetZone = Callable[[str], None]


@pytest.fixture
def set_zone() -> Generator[SetZone]:
    """Sets this process to another zone."""
    with pytest.MonkeyPatch.context() as patch:

        def to(name: str) -> None:
            patch.setenv("TZ", name)
            time.tzset()

        yield to
    time.tzset()


@pytest.mark.parametrize("name", ["Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "Asia/Kolkata", "UTC"])
def test_every_half_hour_of_a_year_is_shown_as_in_the_named_zone(set_zone: SetZone, name: str) -> None:
    set_zone(name)
    zone, named = MachineZone(), ZoneInfo(name)

    for passed in range(0, 365 * 48, 7):
        instant = datetime(2026, 1, 1, tzinfo=UTC) + passed * timedelta(minutes=30)
        shown, expected = instant.astimezone(zone), instant.astimezone(named)
        assert shown.isoformat() == expected.isoformat()
        assert shown.fold == expected.fold
        assert shown.astimezone(UTC) == instant
        assert shown.tzname() == expected.tzname()


def test_a_night_on_which_clocks_change_has_one_run_there(set_zone: SetZone) -> None:
    set_zone("America/New_York")
    at_half_past_two = Wall(hours=frozenset({2}), minutes=frozenset({30}))

    found = at_half_past_two.after(datetime(2026, 3, 8, 0, tzinfo=UTC), MachineZone())
    assert found.due == datetime(2026, 3, 8, 7, tzinfo=UTC)
