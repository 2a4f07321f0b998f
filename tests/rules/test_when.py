"""Time words to dates: a table, said on Wednesday, 8 May 2024."""

from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

import pytest

from mindfleet.rules.when import times, when

WEDNESDAY = datetime(2024, 5, 8, 15, tzinfo=UTC)

DAYS = {
    "today": "2024-05-08",
    "tonight": "2024-05-08",
    "yesterday": "2024-05-07",
    "last night": "2024-05-07",
    "tomorrow": "2024-05-09",
    "the day after tomorrow": "2024-05-10",
    "the day before yesterday": "2024-05-06",
    "three days ago": "2024-05-05",
    "2 weeks ago": "2024-04-24",
    "a couple of days ago": "2024-05-06",
    "in two weeks": "2024-05-22",
    "two weeks from now": "2024-05-22",
    "on Friday": "2024-05-10",
    "this Friday": "2024-05-10",
    "next Friday": "2024-05-17",
    "next Wednesday": "2024-05-15",
    "last Friday": "2024-05-03",
    "last Wednesday": "2024-05-01",
    "last Tues": "2024-05-07",
    "on Sunday morning": "2024-05-12",
    "on 9 May": "2024-05-09",
    "on 5 May": "2025-05-05",
    "May 5th, 2023": "2023-05-05",
    "the 3rd of June": "2024-06-03",
    "2023-11-30": "2023-11-30",
    "on Christmas": "2024-12-25",
    "last Christmas": "2023-12-25",
}
STRETCHES = {
    "last week": ("2024-04-29", "2024-05-05"),
    "this week": ("2024-05-06", "2024-05-12"),
    "next week": ("2024-05-13", "2024-05-19"),
    "last weekend": ("2024-05-04", "2024-05-05"),
    "this weekend": ("2024-05-11", "2024-05-12"),
    "two weekends ago": ("2024-04-27", "2024-04-28"),
    "last month": ("2024-04-01", "2024-04-30"),
    "next month": ("2024-06-01", "2024-06-30"),
    "in 3 months": ("2024-08-01", "2024-08-31"),
    "last year": ("2023-01-01", "2023-12-31"),
    "two years ago": ("2022-01-01", "2022-12-31"),
    "last summer": ("2023-06-01", "2023-08-31"),
    "next summer": ("2024-06-01", "2024-08-31"),
    "last winter": ("2023-12-01", "2024-02-29"),
    "summer of 2019": ("2019-06-01", "2019-08-31"),
    "in May": ("2024-05-01", "2024-05-31"),
    "in March": ("2025-03-01", "2025-03-31"),
    "last May": ("2023-05-01", "2023-05-31"),
    "in June 2021": ("2021-06-01", "2021-06-30"),
    "in 2019": ("2019-01-01", "2019-12-31"),
}
KINDS = {
    "since 2019": "since",
    "since last week": "since",
    "for three years": "since",
    "for the past 5 years": "since",
    "until June": "until",
    "by next Friday": "until",
    "in 2019": "point",
}
NO_TIMES = [
    "I may go",
    "march on",
    "every Sunday",
    "may 5 people come",
    "31 February",
    "room 2019",
    "a week",
    "I have 3 kids",
]


@pytest.mark.parametrize(("text", "day"), DAYS.items())
def test_names_a_day(text: str, day: str) -> None:
    found = when(text, WEDNESDAY)
    assert found is not None
    assert (found.first, found.last) == (date.fromisoformat(day), date.fromisoformat(day))


@pytest.mark.parametrize(("text", "days"), STRETCHES.items())
def test_names_a_stretch_of_days(text: str, days: tuple[str, str]) -> None:
    found = when(text, WEDNESDAY)
    assert found is not None
    assert (found.first.isoformat(), found.last.isoformat()) == days


@pytest.mark.parametrize(("text", "kind"), KINDS.items())
def test_tells_a_point_from_a_beginning_and_an_end(text: str, kind: str) -> None:
    found = when(text, WEDNESDAY)
    assert found is not None
    assert found.kind == kind


@pytest.mark.parametrize("text", NO_TIMES)
def test_hears_no_time(text: str) -> None:
    assert when(text, WEDNESDAY) is None


def test_a_duration_reaches_back_to_its_year() -> None:
    found = when("for three years", WEDNESDAY)
    assert found is not None
    assert found.first == date(2021, 1, 1)


def test_a_bare_weekday_lies_behind_when_the_past_is_told() -> None:
    found = when("we met on Friday", WEDNESDAY, past=True)
    assert found is not None
    assert found.first == date(2024, 5, 3)


def test_the_weekend_is_the_last_one_when_the_past_is_told() -> None:
    found = when("over the weekend", WEDNESDAY, past=True)
    assert found is not None
    assert (found.first, found.last) == (date(2024, 5, 4), date(2024, 5, 5))


def test_today_is_where_the_speaker_is() -> None:
    late = datetime(2024, 5, 8, 23, 30, tzinfo=UTC)
    found = when("today", late, ZoneInfo("Asia/Tokyo"))
    assert found is not None
    assert found.first == date(2024, 5, 9)


def test_tells_where_each_time_stands() -> None:
    text = "I moved in 2019 and left last week"
    assert [text[found.start : found.end] for found in times(text, WEDNESDAY)] == ["in 2019", "last week"]


def test_next_friday_said_on_a_sunday_is_five_days_ahead() -> None:
    sunday = datetime(2024, 5, 12, 12, tzinfo=UTC)
    found = when("next Friday", sunday)
    assert found is not None
    assert found.first == date(2024, 5, 17)
