"""A schedule as the author of a task writes it."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from mindfleet.schedule import BOT, CatchUp, Occurrence, Schedule, ScheduleInvalid

NIGHT = datetime(2026, 3, 2, 3, tzinfo=UTC)


def nightly(**options: Any) -> Schedule:
    return Schedule(hour=3, minute=0, zone="UTC", **options)


def nights(*numbers: int) -> list[date]:
    return [date(2026, 3, 2) + timedelta(days=number) for number in numbers]


def dates(schedule: Schedule, *, awake: datetime) -> list[date]:
    """What is run when nothing ran since the first night."""
    return [at.local_date for at in schedule.to_run(Occurrence(NIGHT, NIGHT.date()), awake)]


@pytest.mark.parametrize(
    ("expression", "fields"),
    [
        ("30 3 * * *", {"minute": 30, "hour": 3}),
        ("*/15 8-18 * * mon-fri", {"minute": {0, 15, 30, 45}, "hour": "8-18", "weekday": "mon-fri"}),
        ("0 0 1,15 JAN-mar *", {"minute": 0, "hour": 0, "day": [1, 15], "month": {1, 2, 3}}),
        ("5 4 * * 0", {"minute": 5, "hour": 4, "weekday": "sun"}),
        ("5 4 * * 7", {"minute": 5, "hour": 4, "weekday": "sun"}),
        ("5 4 * * 1-5", {"minute": 5, "hour": 4, "weekday": "mon-fri"}),
        ("5 4 * * fri-sun", {"minute": 5, "hour": 4, "weekday": {"fri", "sat", "sun"}}),
        ("5 4 * * sun,wed", {"minute": 5, "hour": 4, "weekday": ["sun", "wed"]}),
        ("20/20 * * * *", {"minute": {20, 40}, "hour": "*"}),
    ],
)
def test_cron_and_keywords_say_the_same(expression: str, fields: dict[str, Any]) -> None:
    assert Schedule.cron(expression).text == Schedule(**fields).text


@pytest.mark.parametrize(
    ("fields", "says"),
    [
        ({"hour": 3, "minute": 0, "day": 30, "month": 2}, "no day 30 in month 2 of any year"),
        ({"hour": 3, "minute": 0, "day": 31, "month": {"apr", "jun", 9, 11}}, "no day 31 in month 4, 6, 9, 11"),
        ({"hour": 24, "minute": 0}, "hour: there is no 24; it can be 0 to 23"),
        ({"hour": 3, "minute": -1}, "minute"),
        ({"hour": 3, "minute": "5-2"}, "minute: '5-2' holds nothing"),
        ({"hour": 3, "minute": "*/0"}, "holds nothing"),
        ({"hour": 3, "minute": "soon"}, "minute: there is no 'soon'"),
        ({"hour": 3, "minute": ""}, "neither number nor range"),
        ({"hour": 3, "minute": set()}, "minute: nothing is given"),
        ({"hour": True, "minute": 0}, "hour"),
        ({"hour": 3.5, "minute": 0}, "cannot be"),
        ({"hour": 3, "minute": None}, "cannot be"),
        ({"hour": 3, "minute": 0, "weekday": 0}, "weekday: there is no 0; it can be mon to sun"),
        ({"hour": 3, "minute": 0, "zone": "Europe/Olso"}, "Olso"),
        ({"hour": 3, "minute": 0, "zone": None}, "cannot be"),
        ({"hour": 3, "minute": 0, "catch_up": "sometimes"}, "sometimes"),
        ({"hour": 3, "minute": 0, "catch_up": "skip", "max_age": timedelta(days=1)}, "max_age means nothing"),
        ({"hour": 3, "minute": 0, "max_age": timedelta(seconds=1)}, "shorter"),
    ],
)
def test_what_cannot_be_is_refused_where_it_is_written(fields: dict[str, Any], says: str) -> None:
    with pytest.raises(ScheduleInvalid, match=says):
        Schedule(**fields)


@pytest.mark.parametrize("left_out", ["hour", "minute"])
def test_hour_and_minute_cannot_be_left_out(left_out: str) -> None:
    given: dict[str, Any] = {"hour": 3, "minute": 0}
    del given[left_out]

    with pytest.raises(TypeError, match=left_out):
        Schedule(**given)


@pytest.mark.parametrize(
    ("expression", "says"),
    [
        ("0 3 30 2 *", "no day 30"),
        ("0 3 * *", "five fields"),
        ("@daily", "five fields"),
        ("0 3 13 * fri", "would take either"),
        ("60 3 * * *", "there is no '60'"),
        ("0 3 * * 8", "weekday"),
        ("0 3 * * moonday", "weekday"),
    ],
)
def test_a_line_of_cron_that_cannot_be_is_refused(expression: str, says: str) -> None:
    with pytest.raises(ScheduleInvalid, match=says):
        Schedule.cron(expression)


def test_a_schedule_follows_the_bots_own_zone_or_one_that_is_named() -> None:
    own, fixed = Schedule(hour=3, minute=0), Schedule(hour=3, minute=0, zone="Europe/Berlin")

    assert own.zone is BOT
    assert own.next_after(NIGHT, bot_zone="America/New_York") == datetime(2026, 3, 2, 8, tzinfo=UTC)
    assert fixed.next_after(NIGHT, bot_zone="America/New_York") == datetime(2026, 3, 3, 2, tzinfo=UTC)


def test_what_is_next_is_strictly_after_and_in_utc() -> None:
    assert nightly().next_after(NIGHT) == NIGHT + timedelta(days=1)
    assert nightly().next_after(NIGHT - timedelta(microseconds=1)) == NIGHT
    assert nightly().next_after(NIGHT).tzinfo is UTC


@pytest.mark.parametrize(
    ("options", "late", "run"),
    [
        ({"catch_up": "skip"}, timedelta(minutes=4), nights(0)),
        ({"catch_up": "skip"}, timedelta(hours=1), []),
        ({"catch_up": "skip"}, timedelta(days=3, seconds=1), nights(3)),
        ({"catch_up": "once"}, timedelta(hours=1), nights(0)),
        ({"catch_up": "once"}, timedelta(days=3, hours=20), nights(3)),
        ({"catch_up": "once", "max_age": timedelta(hours=2)}, timedelta(days=3, hours=3), []),
        ({"catch_up": "all", "max_age": timedelta(days=30)}, timedelta(days=3, hours=1), nights(0, 1, 2, 3)),
        ({"catch_up": "all", "max_age": timedelta(days=2)}, timedelta(days=3, hours=1), nights(2, 3)),
        ({"catch_up": "all"}, timedelta(0), nights(0)),
        ({}, timedelta(seconds=-1), []),
    ],
)
def test_what_was_missed_is_made_up_for_by_the_rule(options: dict[str, Any], late: timedelta, run: list[date]) -> None:
    assert dates(nightly(**options), awake=NIGHT + late) == run


def test_the_newest_of_a_year_of_minutes_is_found_without_looking_at_each() -> None:
    minutely = Schedule(hour="*", minute="*", zone="UTC", max_age=timedelta(days=365))
    awake = NIGHT + timedelta(days=300, seconds=30)

    (found,) = minutely.to_run(Occurrence(NIGHT, NIGHT.date()), awake)
    assert found.due == awake - timedelta(seconds=30)


def test_once_finds_a_rare_time_far_back() -> None:
    yearly = Schedule(hour=3, minute=0, day=2, month=3, zone="UTC", max_age=timedelta(days=300))

    assert dates(yearly, awake=NIGHT + timedelta(days=200)) == nights(0)


def test_one_run_a_date_or_several_are_told_apart() -> None:
    assert nightly().is_daily
    assert not Schedule(hour={3, 4}, minute=0).is_daily
    assert not Schedule(hour="*", minute=0).is_daily


def test_the_rule_for_missed_ones_is_one_of_three_words() -> None:
    assert nightly(catch_up="all").catch_up is CatchUp.ALL
