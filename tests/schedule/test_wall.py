"""Local times, in every zone that has ever changed its clocks."""

from collections.abc import Iterable
from datetime import UTC, date, datetime, time, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo, available_timezones

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mindfleet.schedule.wall import Occurrence, Wall, first_shown

ZONES = sorted(available_timezones())
FROM = datetime(1970, 1, 1, tzinfo=UTC)

zones = st.sampled_from(ZONES).map(ZoneInfo)
numbers = st.integers(0, 59)


@st.composite
def near_a_change(draw: st.DrawFn) -> tuple[datetime, ZoneInfo]:
    """An instant within two days of a change of a zone's clock, where there is one."""
    zone = draw(zones)
    start = draw(st.integers(0, 67 * 365).map(lambda days: FROM + timedelta(days=days)))
    days = (start + timedelta(days=ahead) for ahead in range(366))
    changed = next((day for day, then in pairwise(days) if offset(day, zone) != offset(then, zone)), start)
    return changed + timedelta(seconds=draw(st.integers(-2 * 86_400, 2 * 86_400))), zone


def offset(instant: datetime, zone: ZoneInfo) -> timedelta | None:
    return instant.astimezone(zone).utcoffset()


def wall(hour: Iterable[int] | None, minute: Iterable[int], **fields: Iterable[int]) -> Wall:
    given = {name: frozenset(value) for name, value in fields.items()}
    hours = {} if hour is None else {"hours": frozenset(hour)}
    return Wall(minutes=frozenset(minute), **hours, **given)


def following(pattern: Wall, zone: str | ZoneInfo, start: datetime, count: int) -> list[Occurrence]:
    zone = ZoneInfo(zone) if isinstance(zone, str) else zone
    found: list[Occurrence] = []
    for _ in range(count):
        found.append(pattern.after(start, zone))
        start = found[-1].due
    return found


def utc(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


@pytest.mark.parametrize(
    ("zone", "at", "start", "local"),
    [
        # Put forward: the time does not exist, so it is the first instant after the gap.
        ("America/New_York", time(2, 30), "2026-03-08T00:00", "2026-03-08T03:00:00-04:00"),
        ("Europe/Berlin", time(2), "2026-03-28T12:00", "2026-03-29T03:00:00+02:00"),
        ("Australia/Lord_Howe", time(2, 15), "2026-10-03T00:00", "2026-10-04T02:30:00+11:00"),
        ("Africa/Casablanca", time(2, 30), "2026-03-21T12:00", "2026-03-22T03:00:00+01:00"),
        ("America/Santiago", time(0), "2026-09-05T12:00", "2026-09-06T01:00:00-03:00"),
        ("Asia/Beirut", time(0, 30), "2026-03-28T12:00", "2026-03-29T01:00:00+03:00"),
        # Put back: the time is there twice, and the first one counts.
        ("America/New_York", time(1, 30), "2026-11-01T00:00", "2026-11-01T01:30:00-04:00"),
        ("Europe/Berlin", time(2, 59), "2026-10-24T12:00", "2026-10-25T02:59:00+02:00"),
        ("Australia/Lord_Howe", time(1, 45), "2026-04-04T12:00", "2026-04-05T01:45:00+11:00"),
        ("Africa/Casablanca", time(2, 30), "2026-02-14T12:00", "2026-02-15T02:30:00+01:00"),
        ("America/Santiago", time(23, 30), "2026-04-04T12:00", "2026-04-04T23:30:00-03:00"),
        ("Asia/Beirut", time(23, 30), "2026-10-24T12:00", "2026-10-24T23:30:00+03:00"),
    ],
)
def test_a_night_on_which_clocks_change_has_one_run(zone: str, at: time, start: str, local: str) -> None:
    found, then = following(wall([at.hour], [at.minute]), zone, utc(start), 2)

    assert found.due.astimezone(ZoneInfo(zone)).isoformat() == local
    assert found.local_date == date.fromisoformat(local[:10])
    assert then.local_date == found.local_date + timedelta(days=1)
    assert then.due.astimezone(ZoneInfo(zone)).time() == at


def test_a_pattern_of_every_hour_is_never_silent_while_clocks_are_put_back() -> None:
    found = following(wall(None, range(0, 60, 10)), "America/New_York", utc("2026-11-01T04:00"), 30)

    assert {then.due - this.due for this, then in pairwise(found)} == {timedelta(minutes=10)}


def test_a_pattern_of_every_hour_runs_no_faster_while_clocks_are_put_forward() -> None:
    found = following(wall(None, range(0, 60, 10)), "America/New_York", utc("2026-03-08T06:00"), 30)

    assert {then.due - this.due for this, then in pairwise(found)} == {timedelta(minutes=10)}


def test_a_gap_of_half_an_hour_leaves_out_what_it_skips_of_a_pattern_of_every_hour() -> None:
    found = following(wall(None, [15]), "Australia/Lord_Howe", utc("2026-10-03T14:00"), 3)

    assert [at.due.astimezone(ZoneInfo("Australia/Lord_Howe")).isoformat() for at in found] == [
        "2026-10-04T01:15:00+10:30",
        "2026-10-04T03:15:00+11:00",
        "2026-10-04T04:15:00+11:00",
    ]


def test_a_date_that_a_place_skipped_has_no_run() -> None:
    found = following(wall([3], [0]), "Pacific/Apia", utc("2011-12-29T00:00"), 3)

    assert [at.local_date for at in found] == [date(2011, 12, 29), date(2011, 12, 31), date(2012, 1, 1)]


def test_a_gap_over_midnight_keeps_the_date_that_the_run_belongs_to() -> None:
    found = following(wall([23], [45]), "America/Toronto", utc("1919-03-30T12:00"), 2)

    assert [at.local_date for at in found] == [date(1919, 3, 30), date(1919, 3, 31)]
    assert found[0].due.astimezone(ZoneInfo("America/Toronto")).isoformat() == "1919-03-31T00:30:00-04:00"


def test_all_fields_must_match() -> None:
    friday_13th = wall([9], [0], days=[13], weekdays=[4])

    found = following(friday_13th, "UTC", utc("2026-01-01T00:00"), 4)
    assert [str(at.local_date) for at in found] == ["2026-02-13", "2026-03-13", "2026-11-13", "2027-08-13"]


def test_the_rarest_date_is_found_at_once() -> None:
    leap_monday = wall(None, [0], months=[2], days=[29], weekdays=[0])

    assert leap_monday.after(utc("2080-01-01T00:00"), ZoneInfo("UTC")).local_date == date(2112, 2, 29)


@pytest.mark.parametrize(("months", "days"), [([2], [30]), ([4, 6, 9, 11], [31]), ([2], [30, 31])])
def test_a_date_of_no_year_is_refused(months: list[int], days: list[int]) -> None:
    with pytest.raises(ValueError, match="of any year"):
        wall([3], [0], months=months, days=days)


def test_the_end_of_time_is_said_and_not_looked_for_for_ever() -> None:
    with pytest.raises(OverflowError):
        wall([3], [0], months=[2], days=[29]).after(utc("9998-01-01T00:00"), ZoneInfo("UTC"))


@given(near_a_change(), st.times(), st.integers(1, 5))
def test_every_date_that_there_is_has_one_run_and_none_comes_early(
    at: tuple[datetime, ZoneInfo], clock: time, count: int
) -> None:
    start, zone = at
    pattern = wall([clock.hour], [clock.minute])

    found = following(pattern, zone, start, count)
    for this, then in pairwise(found):
        assert this.due < then.due
        assert this.local_date < then.local_date
        skipped = [this.local_date + timedelta(days=n) for n in range(1, (then.local_date - this.local_date).days)]
        assert all(exists_nowhere(day, zone) for day in skipped)
    for run in found:
        assert shows_first(run, clock.replace(second=0, microsecond=0), zone)


def shows_first(run: Occurrence, at: time, zone: ZoneInfo) -> bool:
    """At that instant the clock shows that time or, after a gap, a later one; a second before it showed neither."""
    wanted = datetime.combine(run.local_date, at)
    now = run.due.astimezone(zone).replace(tzinfo=None)
    just_before = (run.due - timedelta(seconds=1)).astimezone(zone).replace(tzinfo=None)
    return now >= wanted > just_before


def exists_nowhere(day: date, zone: ZoneInfo) -> bool:
    noon = datetime.combine(day, time(12), tzinfo=zone)
    return noon.astimezone(UTC).astimezone(zone).date() != day


@given(near_a_change(), st.frozensets(numbers, min_size=1))
def test_a_pattern_of_every_hour_runs_at_each_instant_that_matches(
    at: tuple[datetime, ZoneInfo], minutes: frozenset[int]
) -> None:
    start, zone = at
    found = Wall(minutes=minutes).after(start, zone)

    passed = start.replace(microsecond=0) + timedelta(seconds=1)
    while not (passed.astimezone(zone).minute in minutes and passed.astimezone(zone).second == 0):
        passed += timedelta(seconds=1)
    assert found == Occurrence(passed, passed.astimezone(zone).date())


@given(
    near_a_change(),
    st.frozensets(st.integers(0, 23), min_size=1),
    st.frozensets(numbers, min_size=1),
    st.frozensets(st.integers(0, 6), min_size=1),
)
def test_what_comes_after_an_instant_is_the_nearest_of_all_times(
    at: tuple[datetime, ZoneInfo], hours: frozenset[int], minutes: frozenset[int], weekdays: frozenset[int]
) -> None:
    start, zone = at
    if len(hours) == 24:
        return
    found = Wall(hours=hours, minutes=minutes, weekdays=weekdays).after(start, zone)

    first = start.astimezone(zone).date() - timedelta(days=2)
    days = [first + timedelta(days=ahead) for ahead in range(12)]
    every = [
        first_shown(day, time(hour, minute), zone)
        for day in days
        if day.weekday() in weekdays and not exists_nowhere(day, zone)
        for hour in hours
        for minute in minutes
    ]
    assert found.due == min(instant for instant in every if instant > start)
