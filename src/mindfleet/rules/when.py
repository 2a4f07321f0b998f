"""Time words to dates: what "last week" or "next Friday" mean to somebody who says it at a given instant and place.

Conventions, where English is undecided:

- weeks begin on Monday; "last/this/next week" are calendar weeks;
- "next Friday" is the Friday of the next calendar week, "this Friday" the one of this week or, if past, the coming one;
- "last Friday" is the latest Friday before today; a bare "Friday" is the coming one (today included), or with
  `past=True` the latest one (today included);
- a weekend is Saturday and Sunday; seasons are northern and meteorological (summer is June to August);
- "a couple" is two, "a few" and "several" are three.
"""

import re
from calendar import monthrange
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta, tzinfo

DAY = timedelta(days=1)


@dataclass(frozen=True, kw_only=True)
class When:
    """A stretch of days, and where in the text it is said."""

    first: date
    last: date
    """Inclusive."""

    start: int
    end: int
    """The span in the text that was read, prepositions included."""

    kind: str
    """`point` ("yesterday", "in May"), `since` ("since 2019", "for two years") or `until`."""


def when(text: str, sent_at: datetime, zone: tzinfo = UTC, *, past: bool = False) -> When | None:
    """The first time that `text` names, or None.

    Args:
        text: anything that was said.
        sent_at: the aware instant at which it was said.
        zone: where the speaker is; decides what "today" is.
        past: the sentence tells of the past, so that a bare "Friday" or "in May" lies behind.
    """
    return next(iter(times(text, sent_at, zone, past=past)), None)


def times(text: str, sent_at: datetime, zone: tzinfo = UTC, *, past: bool = False) -> list[When]:
    """Every time that `text` names, in order; arguments as for `when`."""
    if not _HINT.search(text):
        return []
    today = sent_at.astimezone(zone).date()
    return [found for match in _TIME.finditer(text) if (found := _read(match, today, past=past))]


Days = tuple[date, date]

_MONTHS = ("january", "february", "march", "april", "may", "june", "july",
           "august", "september", "october", "november", "december")  # fmt: skip
_WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
_SEASONS = {"spring": 3, "summer": 6, "autumn": 9, "fall": 9, "winter": 12}
_FEASTS = {"christmas": (12, 25), "christmas eve": (12, 24), "new year's eve": (12, 31), "new year's": (1, 1),
           "new year": (1, 1), "halloween": (10, 31), "valentine's day": (2, 14)}  # fmt: skip
_NUMBERS = {"a": 1, "an": 1, "one": 1, "two": 2, "three": 3, "four": 4, "five": 5, "six": 6, "seven": 7, "eight": 8,
            "nine": 9, "ten": 10, "eleven": 11, "twelve": 12, "fifteen": 15, "twenty": 20, "thirty": 30,
            "couple": 2, "few": 3, "several": 3}  # fmt: skip

_MONTH = r"(?:january|february|march|april|may|june|july|august|september|october|november|december" \
         r"|jan|feb|mar|apr|jun|jul|aug|sept|sep|oct|nov|dec)\b\.?"  # fmt: skip
_WEEKDAY = r"(?:mon|tues|wednes|thurs|fri|satur|sun)day"
_SHORT_WEEKDAY = r"(?:mon|tues?|wed|thurs?|fri|sat|sun)\b"
_NUMBER = rf"(?:(?:a|the last|the past)\s+)?(?:\d{{1,3}}|{'|'.join(sorted(_NUMBERS, key=len, reverse=True))})(?:\s+of)?"
_LEAD = r"(?:(?P<lead>since|until|till|from|by|on|in|at|during|over|for|back in|around|about|early|late|mid)\s+)?(?:the\s+)?"
_YEAR = r"(?:19|20)\d\d"

_TIME = re.compile(
    rf"\b{_LEAD}(?:"
    rf"(?P<word>the day after tomorrow|day after tomorrow|the day before yesterday|day before yesterday"
    rf"|today|tonight|tomorrow|yesterday|last night|this (?:morning|afternoon|evening))"
    rf"|(?P<ago>{_NUMBER})\s+(?P<ago_unit>day|night|week|weekend|month|year|decade)s?\s+(?:ago|back|before now)"
    rf"|(?P<ahead>{_NUMBER})\s+(?P<ahead_unit>day|week|month|year)s?(?P<from_now>\s+from now|'? time)?"
    rf"|(?P<which>(?:this\s+)?(?:last|next|this|past|coming|previous))\s+(?P<unit>week(?:end)?|month|year"
    rf"|spring|summer|autumn|fall|winter|{_WEEKDAY}|{_SHORT_WEEKDAY}|{_MONTH}|christmas|halloween)"
    rf"|(?P<iso>{_YEAR}-\d\d-\d\d)"
    rf"|(?P<day1>\d{{1,2}})(?:st|nd|rd|th)?\s+(?:of\s+)?(?P<month1>{_MONTH})(?:,?\s+(?P<year1>{_YEAR}))?"
    rf"|(?P<month2>{_MONTH})\s+(?:the\s+)?(?P<day2>\d{{1,2}})(?:st|nd|rd|th)?\b(?!\s*(?:%|km|miles))(?:,?\s+(?P<year2>{_YEAR}))?"
    rf"|(?P<month3>{_MONTH})(?:\s+of)?,?\s+(?P<year3>{_YEAR})"
    rf"|(?P<season>spring|summer|autumn|fall|winter)(?:\s+of)?\s+(?P<season_year>{_YEAR})"
    rf"|(?P<month>{_MONTH})"
    rf"|(?<!every )(?<!each )(?<!most )(?<!some )(?P<weekday>{_WEEKDAY})(?:\s+(?:morning|afternoon|evening|night))?"
    rf"|(?P<feast>christmas eve|christmas|new year's eve|new year's|halloween|valentine's day)"
    rf"|(?P<year>{_YEAR})"
    rf")\b(?!'s\s+resolution)",
    re.IGNORECASE,
)  # fmt: skip
_HINT = re.compile(
    r"\d|day|night|week|month|year|tomorrow|morning|afternoon|evening|spring|summer|autumn|fall|winter|last|next|past"
    r"|jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec|christmas|halloween|decade|\bfri\b",
    re.IGNORECASE,
)


def _read(match: re.Match[str], today: date, *, past: bool) -> When | None:
    lead = (match["lead"] or "").lower()
    days = _days(match, lead, today, past=past)
    if days is None:
        return None
    kind = {"since": "since", "from": "since", "until": "until", "till": "until", "by": "until"}.get(lead, "point")
    if lead == "for" or (match["ahead"] and lead not in {"in", ""}):
        kind = "since"
    return When(first=days[0], last=days[1], start=match.start(), end=match.end(), kind=kind)


def _days(match: re.Match[str], lead: str, today: date, *, past: bool) -> Days | None:
    for group, meaning in _MEANINGS.items():
        if match[group]:
            try:
                return meaning(match, lead, today, past)
            except (ValueError, OverflowError):  # "31 February" and "900 years ago" are no dates
                return None
    return None


def _word(match: re.Match[str], _lead: str, today: date, _past: bool) -> Days:
    text = match["word"].lower()
    if "day after" in text:
        shift = 2
    elif "day before" in text:
        shift = -2
    else:
        shift = {"tomorrow": 1, "yesterday": -1, "last night": -1}.get(text, 0)
    return _one(today + shift * DAY)


def _ago(match: re.Match[str], _lead: str, today: date, _past: bool) -> Days:
    return _shifted(today, -_number(match["ago"]), match["ago_unit"].lower())


def _ahead(match: re.Match[str], lead: str, today: date, _past: bool) -> Days | None:
    count, unit = _number(match["ahead"]), match["ahead_unit"].lower()
    if lead in {"for", "since", "over"}:
        return _shifted(today, -count, unit)
    return _shifted(today, count, unit) if lead == "in" or match["from_now"] else None


def _which(match: re.Match[str], _lead: str, today: date, past: bool) -> Days | None:
    which, unit = match["which"].lower().split()[-1], match["unit"].lower().rstrip(".")
    step = {"last": -1, "past": -1, "previous": -1, "this": 0, "next": 1, "coming": 0}[which]
    if unit in _UNITS:
        return _UNITS[unit](today, step)
    if unit in _SEASONS:
        return _season(today, unit, step)
    if unit in _FEASTS:
        return _feast_of(unit, today, step, past=past)
    weekday = _index(_WEEKDAYS, unit)
    if weekday is not None and unit not in {"mar"}:
        return _weekday_of(today, weekday, step)
    month = _index(_MONTHS, unit)
    return None if month is None else _month_of(today, month + 1, step)


def _iso(match: re.Match[str], _lead: str, _today: date, _past: bool) -> Days:
    return _one(date.fromisoformat(match["iso"]))


def _day_month(match: re.Match[str], _lead: str, today: date, past: bool) -> Days | None:
    return _dated(match["day1"], match["month1"], match["year1"], today, past=past)


def _month_day(match: re.Match[str], _lead: str, today: date, past: bool) -> Days | None:
    return _dated(match["day2"], match["month2"], match["year2"], today, past=past)


def _month_year(match: re.Match[str], _lead: str, _today: date, _past: bool) -> Days | None:
    month = _index(_MONTHS, match["month3"])
    return None if month is None else _month_days(int(match["year3"]), month + 1)


def _season_year(match: re.Match[str], _lead: str, _today: date, _past: bool) -> Days:
    return _season_days(int(match["season_year"]), match["season"].lower())


def _month(match: re.Match[str], lead: str, today: date, past: bool) -> Days | None:
    if not lead or not match["month"][0].isupper() or lead in {"at", "on"}:  # "may" and "march" are verbs too
        return None
    month = _index(_MONTHS, match["month"])
    if month is None:
        return None
    if lead == "since":
        past = True
    year = today.year
    if past and month + 1 > today.month:
        year -= 1
    if not past and month + 1 < today.month:
        year += 1
    return _month_days(year, month + 1)


def _weekday(match: re.Match[str], lead: str, today: date, past: bool) -> Days | None:
    index = _index(_WEEKDAYS, match["weekday"])
    if index is None:
        return None
    if past or lead == "since":
        return _one(today - (today.weekday() - index) % 7 * DAY)
    return _one(today + (index - today.weekday()) % 7 * DAY)


def _feast(match: re.Match[str], lead: str, today: date, past: bool) -> Days | None:
    return _feast_of(match["feast"].lower(), today, 0, past=past) if lead else None


def _year_of(match: re.Match[str], lead: str, _today: date, _past: bool) -> Days | None:
    if lead not in {"in", "since", "until", "till", "back in", "from", "by", "around", "during", "early", "late"}:
        return None
    return _year_days(int(match["year"]))


_MEANINGS: dict[str, Callable[[re.Match[str], str, date, bool], Days | None]] = {
    "word": _word, "ago": _ago, "ahead": _ahead, "which": _which, "iso": _iso, "day1": _day_month, "day2": _month_day,
    "month3": _month_year, "season": _season_year, "month": _month, "weekday": _weekday, "feast": _feast,
    "year": _year_of,
}  # fmt: skip


def _one(day: date) -> Days:
    return day, day


def _number(text: str) -> int:
    word = text.lower().removesuffix(" of").split()[-1]
    return int(word) if word.isdigit() else _NUMBERS[word]


def _index(names: tuple[str, ...], text: str) -> int | None:
    short = text.lower().rstrip(".")[:3]
    return next((i for i, name in enumerate(names) if name.startswith(short)), None)


def _shifted(today: date, count: int, unit: str) -> Days:
    if unit in {"day", "night"}:
        return _one(today + count * DAY)
    if unit == "week":
        return _one(today + count * 7 * DAY)
    if unit == "weekend":
        return _weekend(today, count)
    if unit == "month":
        months = today.year * 12 + today.month - 1 + count
        return _month_days(months // 12, months % 12 + 1)
    return _year_days(today.year + count * (10 if unit == "decade" else 1))


def _week(today: date, step: int) -> Days:
    monday = today - today.weekday() * DAY + step * 7 * DAY
    return monday, monday + 6 * DAY


def _weekend(today: date, step: int) -> Days:
    saturday = _week(today, step)[0] + 5 * DAY
    return saturday, saturday + DAY


def _months(today: date, step: int) -> Days:
    return _shifted(today, step, "month")


def _years(today: date, step: int) -> Days:
    return _year_days(today.year + step)


_UNITS: dict[str, Callable[[date, int], Days]] = {
    "week": _week, "weekend": _weekend, "month": _months, "year": _years,
}  # fmt: skip


def _month_days(year: int, month: int) -> Days:
    return date(year, month, 1), date(year, month, monthrange(year, month)[1])


def _year_days(year: int) -> Days:
    return date(year, 1, 1), date(year, 12, 31)


def _season_days(year: int, season: str) -> Days:
    month = _SEASONS[season]
    last = _month_days(year + (month == 12), (month + 1) % 12 + 1)  # noqa: PLR2004 - winter runs over the new year
    return date(year, month, 1), last[1]


def _season(today: date, season: str, step: int) -> Days:
    year = today.year
    if step == 0:
        return _season_days(year, season)
    if step < 0:
        while _season_days(year, season)[1] >= today:
            year -= 1
        return _season_days(year, season)
    while _season_days(year, season)[0] <= today:
        year += 1
    return _season_days(year, season)


def _weekday_of(today: date, weekday: int, step: int) -> Days:
    if step < 0:
        return _one(today - ((today.weekday() - weekday - 1) % 7 + 1) * DAY)
    if step > 0:
        return _one(_week(today, 1)[0] + weekday * DAY)
    return _one(today + (weekday - today.weekday()) % 7 * DAY)


def _month_of(today: date, month: int, step: int) -> Days:
    year = today.year
    if step < 0 and month >= today.month:
        year -= 1
    if step > 0 and month <= today.month:
        year += 1
    return _month_days(year, month)


def _dated(day: str, month: str, year: str | None, today: date, *, past: bool) -> Days | None:
    index = _index(_MONTHS, month)
    if index is None:
        return None
    if year:
        return _one(date(int(year), index + 1, int(day)))
    found = date(today.year, index + 1, int(day))
    if past and found > today:
        found = date(today.year - 1, index + 1, int(day))
    if not past and found < today:
        found = date(today.year + 1, index + 1, int(day))
    return _one(found)


def _feast_of(name: str, today: date, step: int, *, past: bool) -> Days:
    month, day = _FEASTS[name]
    found = date(today.year, month, day)
    if (step < 0 or past) and found >= today:
        found = date(today.year - 1, month, day)
    if step >= 0 and not past and found < today:
        found = date(today.year + 1, month, day)
    return _one(found)
