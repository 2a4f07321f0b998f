"""Stretches of days as English names them: last week, next Friday, this summer, Christmas."""

from calendar import monthrange
from collections.abc import Callable
from datetime import date, timedelta

DAY = timedelta(days=1)
Days = tuple[date, date]
"""First and last day, inclusive."""

MONTHS = (
    "january", "february", "march", "april", "may", "june", "july", "august", "september", "october", "november",
    "december",
)  # fmt: skip
WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
FEASTS = {
    "christmas eve": (12, 24), "christmas": (12, 25), "new year's eve": (12, 31), "new year's": (1, 1),
    "halloween": (10, 31),
    "valentine's day": (2, 14),
}  # fmt: skip
"""Month and day of those that have one."""

SEASONS = {"spring": 3, "summer": 6, "autumn": 9, "fall": 9, "winter": 12}
"""The first month of each: northern, meteorological."""


def month_number(name: str) -> int | None:
    """1 to 12 for a month's name or its first three letters."""
    return _place(MONTHS, name)


def weekday_number(name: str) -> int | None:
    """1 (Monday) to 7 for a weekday's name or its first three letters."""
    return _place(WEEKDAYS, name)


def one(day: date) -> Days:
    return day, day


def week(today: date, step: int) -> Days:
    monday = today - today.weekday() * DAY + step * 7 * DAY
    return monday, monday + 6 * DAY


def weekend(today: date, step: int) -> Days:
    saturday = week(today, step)[0] + 5 * DAY
    return saturday, saturday + DAY


def month(year: int, number: int) -> Days:
    return date(year, number, 1), date(year, number, monthrange(year, number)[1])


def year(number: int) -> Days:
    return date(number, 1, 1), date(number, 12, 31)


def season(in_year: int, name: str) -> Days:
    """The season that begins in that year; winter runs into the next."""
    first = SEASONS[name.lower()]
    months = in_year * 12 + first + 1
    return date(in_year, first, 1), month(months // 12, months % 12 + 1)[1]


def shifted(today: date, count: int, unit: str) -> Days:
    """So many units from today: a day for days and weeks, otherwise the whole month or year that it falls into."""
    if unit in {"day", "night"}:
        return one(today + count * DAY)
    if unit == "week":
        return one(today + count * 7 * DAY)
    if unit == "weekend":
        return weekend(today, count)
    if unit == "month":
        months = today.year * 12 + today.month - 1 + count
        return month(months // 12, months % 12 + 1)
    return year(today.year + count * (10 if unit == "decade" else 1))


def relative(today: date, unit: str, step: int) -> Days | None:
    """The last (step -1), this (0) or next (1) one of a unit, season, feast, weekday or month; None for other words."""
    calendar = _CALENDAR.get(unit)
    if calendar:
        return calendar(today, step)
    if unit in SEASONS:
        return _relative_season(today, unit, step)
    if unit in FEASTS:
        return feast(today, unit, past=step < 0)
    weekday, number = weekday_number(unit), month_number(unit)
    if weekday is not None:
        return _relative_weekday(today, weekday, step)
    return None if number is None else _relative_month(today, number, step)


def weekday_near(today: date, weekday: int, *, past: bool) -> Days:
    """The coming one, or the latest; today included."""
    ahead = (weekday - 1 - today.weekday()) % 7
    return one(today + (ahead - 7 if past and ahead else ahead) * DAY)


def month_near(today: date, number: int, *, past: bool) -> Days:
    """The one that comes (or lasts), or the latest that came (or lasts)."""
    later = number > today.month
    earlier = number < today.month
    return month(today.year - (past and later) + (not past and earlier), number)


def day_near(today: date, number: int, day: int, *, past: bool) -> Days:
    """The next, or the latest, such day of a year; today included."""
    found = date(today.year, number, day)
    if past and found > today:
        return one(date(today.year - 1, number, day))
    return one(date(today.year + 1, number, day) if not past and found < today else found)


def feast(today: date, name: str, *, past: bool) -> Days:
    """The next such feast, or the one before today."""
    number, day = FEASTS[name.lower()]
    return day_near(today - DAY if past else today, number, day, past=past)


def _place(names: tuple[str, ...], name: str) -> int | None:
    short = name.lower().rstrip(".")[:3]
    return next((place for place, known in enumerate(names, start=1) if known.startswith(short)), None)


def _months(today: date, step: int) -> Days:
    return shifted(today, step, "month")


def _years(today: date, step: int) -> Days:
    return year(today.year + step)


_CALENDAR: dict[str, Callable[[date, int], Days]] = {
    "week": week, "weekend": weekend, "month": _months, "year": _years,
}  # fmt: skip


def _relative_season(today: date, name: str, step: int) -> Days:
    """Last: the latest that is over. Next: the first that has not begun. This: of this year."""
    found = season(today.year, name)
    if step < 0:
        return found if found[1] < today else season(today.year - 1 - (season(today.year - 1, name)[1] >= today), name)
    return season(today.year + 1, name) if step > 0 and found[0] <= today else found


def _relative_weekday(today: date, weekday: int, step: int) -> Days:
    if step < 0:
        return one(today - ((today.weekday() - weekday) % 7 + 1) * DAY)
    if step > 0:
        return one(week(today, 1)[0] + (weekday - 1) * DAY)
    return weekday_near(today, weekday, past=False)


def _relative_month(today: date, number: int, step: int) -> Days:
    back, on = step < 0 and number >= today.month, step > 0 and number <= today.month
    return month(today.year - back + on, number)
