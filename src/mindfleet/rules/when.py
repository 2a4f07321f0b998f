"""Time words to dates: what "last week" or "next Friday" mean to somebody who says it at a given instant and place.

Conventions, where English is undecided:

- weeks begin on Monday; "last/this/next week" are calendar weeks;
- "next Friday" is the Friday of the next calendar week, "this Friday" the coming one;
- "last Friday" is the latest Friday before today; a bare "Friday" is the coming one (today included), or with
  `past=True` the latest one (today included);
- a weekend is Saturday and Sunday; seasons are northern and meteorological (summer is June to August);
- "a couple" is two, "a few" and "several" are three.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime, tzinfo

from mindfleet.rules import stretches
from mindfleet.rules.stretches import Days


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
    return [found for match in _TIME.finditer(text) if (found := _read(_Said(match, today, past)))]


@dataclass(frozen=True)
class _Said:
    """A time as it stands in the text, and from where it is seen."""

    match: re.Match[str]
    today: date
    past: bool

    @property
    def lead(self) -> str:
        return (self.match["lead"] or "").lower()

    def __getitem__(self, group: str) -> str:
        return (self.match[group] or "").lower()


def _read(said: _Said) -> When | None:
    days = _days(said)
    if days is None:
        return None
    kind = {"since": "since", "from": "since", "until": "until", "till": "until", "by": "until"}.get(said.lead, "point")
    if said["ahead"] and said.lead not in {"in", ""}:
        kind = "since"
    return When(first=days[0], last=days[1], start=said.match.start(), end=said.match.end(), kind=kind)


def _days(said: _Said) -> Days | None:
    for group, meaning in _MEANINGS.items():
        if said[group]:
            try:
                return meaning(said)
            except (ValueError, OverflowError):  # "31 February" and "9000 years ago" are no dates
                return None
    return None


def _word(said: _Said) -> Days:
    if "day after" in said["word"]:
        shift = 2
    elif "day before" in said["word"]:
        shift = -2
    else:
        shift = {"tomorrow": 1, "yesterday": -1, "last night": -1}.get(said["word"], 0)
    return stretches.one(said.today + shift * stretches.DAY)


def _ago(said: _Said) -> Days:
    return stretches.shifted(said.today, -_number(said["ago"]), said["ago_unit"])


def _ahead(said: _Said) -> Days | None:
    count, unit = _number(said["ahead"]), said["ahead_unit"]
    if said.lead in {"for", "since", "over"}:
        return stretches.shifted(said.today, -count, unit)
    return stretches.shifted(said.today, count, unit) if said.lead == "in" or said["from_now"] else None


def _which(said: _Said) -> Days | None:
    step = {"last": -1, "past": -1, "previous": -1, "next": 1}.get(said["which"].split()[-1], 0)
    return stretches.relative(said.today, said["unit"].rstrip("."), step)


def _iso(said: _Said) -> Days:
    return stretches.one(date.fromisoformat(said["iso"]))


def _day_of_month(said: _Said) -> Days | None:
    day, name, year = (
        (said["day1"], said["month1"], said["year1"]) if said["day1"] else (said["day2"], said["month2"], said["year2"])
    )
    number = stretches.month_number(name)
    if number is None or (name in {"may", "march"} and not re.search(r"M|\d(?:st|nd|rd|th)", said.match.group())):
        return None
    if year:
        return stretches.one(date(int(year), number, int(day)))
    return stretches.day_near(said.today, number, int(day), past=said.past)


def _month_of_year(said: _Said) -> Days | None:
    number = stretches.month_number(said["month3"])
    return None if number is None else stretches.month(int(said["year3"]), number)


def _season_of_year(said: _Said) -> Days:
    return stretches.season(int(said["season_year"]), said["season"])


def _month(said: _Said) -> Days | None:
    number = stretches.month_number(said["month"])
    name = said.match["month"]
    if number is None or not name[0].isupper() or said.lead in {"", "at", "on"}:  # "may" and "march" are verbs too
        return None
    return stretches.month_near(said.today, number, past=said.past or said.lead == "since")


def _weekday(said: _Said) -> Days | None:
    number = stretches.weekday_number(said["weekday"])
    return (
        None if number is None else stretches.weekday_near(said.today, number, past=said.past or said.lead == "since")
    )


def _weekend(said: _Said) -> Days | None:
    """For "over the weekend": the latest one in the past, otherwise the coming one."""
    if said.lead not in {"over", "on", "at", "during"}:
        return None
    this = stretches.weekend(said.today, 0)
    return stretches.weekend(said.today, -1) if said.past and this[0] >= said.today else this


def _feast(said: _Said) -> Days | None:
    return stretches.feast(said.today, said["feast"], past=said.past) if said.lead else None


def _year(said: _Said) -> Days | None:
    return stretches.year(int(said["year"])) if said.lead in _BEFORE_YEARS else None


_MEANINGS: dict[str, Callable[[_Said], Days | None]] = {
    "word": _word, "ago": _ago, "ahead": _ahead, "which": _which, "iso": _iso, "day1": _day_of_month,
    "day2": _day_of_month,
    "month3": _month_of_year, "season": _season_of_year, "month": _month, "weekday": _weekday, "weekend": _weekend,
    "feast": _feast, "year": _year,
}  # fmt: skip

_NUMBERS = {
    "a": 1, "an": 1, "one": 1, "two": 2, "three": 3, "four": 4, "five": 5, "six": 6, "seven": 7, "eight": 8,
    "nine": 9, "ten": 10,
    "eleven": 11, "twelve": 12, "fifteen": 15, "twenty": 20, "thirty": 30, "couple": 2, "few": 3, "several": 3,
}  # fmt: skip


def _number(text: str) -> int:
    word = text.removesuffix(" of").split()[-1]
    return int(word) if word.isdigit() else _NUMBERS[word]


_BEFORE_YEARS = frozenset(
    {"in", "since", "until", "till", "back in", "from", "by", "around", "during", "early", "late"}
)
_MONTH = (
    r"(?:january|february|march|april|may|june|july|august|september|october|november|december"
    r"|jan|feb|mar|apr|jun|jul|aug|sept?|oct|nov|dec)\b\.?"
)
_WEEKDAY = r"(?:mon|tues|wednes|thurs|fri|satur|sun)day"
_SHORT_WEEKDAY = r"(?:mon|tues?|wed|thurs?|fri|sat|sun)\b"
_COUNT = rf"(?:(?:a|the last|the past)\s+)?(?:\d{{1,3}}|{'|'.join(sorted(_NUMBERS, key=len, reverse=True))})(?:\s+of)?"
_LEAD = (
    r"(?:(?P<lead>since|until|till|from|by|on|in|at|during|over|for|back in|around|about|early|late|mid)\s+)?"
    r"(?:the\s+)?"
)
_YEAR = r"(?:19|20)\d\d"
_TIME = re.compile(
    rf"\b{_LEAD}(?:"
    r"(?P<word>the day after tomorrow|day after tomorrow|the day before yesterday|day before yesterday"
    r"|today|tonight|tomorrow|yesterday|last night|this (?:morning|afternoon|evening))"
    rf"|(?P<ago>{_COUNT})\s+(?P<ago_unit>day|night|week|weekend|month|year|decade)s?\s+(?:ago|back|before now)"
    rf"|(?:(?:like|about|around|over|almost|nearly|roughly|more than"
    rf"|at least)\s+)?(?P<ahead>{_COUNT})\s+(?P<ahead_unit>day|week|month|year)s?(?P<from_now>\s+from now|'? time)?"
    rf"|(?P<which>(?:this\s+)?(?:last|next|this|past|coming|previous))\s+(?P<unit>week(?:end)?|month|year"
    rf"|spring|summer|autumn|fall|winter|{_WEEKDAY}|{_SHORT_WEEKDAY}|{_MONTH}|christmas|halloween)"
    rf"|(?P<iso>{_YEAR}-\d\d-\d\d)"
    rf"|(?P<day1>\d{{1,2}})(?:st|nd|rd|th)?\s+(?:of\s+)?(?P<month1>{_MONTH})(?:,?\s+(?P<year1>{_YEAR}))?"
    rf"|(?P<month2>{_MONTH})\s+(?:the\s+)?(?P<day2>\d{{1,2}})(?:st|nd|rd|th)?\b(?!\s*(?:%|km"
    rf"|miles))(?:,?\s+(?P<year2>{_YEAR}))?"
    rf"|(?P<month3>{_MONTH})(?:\s+of)?,?\s+(?P<year3>{_YEAR})"
    rf"|(?P<season>spring|summer|autumn|fall|winter)(?:\s+of)?\s+(?P<season_year>{_YEAR})"
    rf"|(?P<month>{_MONTH})"
    rf"|(?<!every )(?<!each )(?<!most )(?<!some )(?P<weekday>{_WEEKDAY})(?:\s+(?:morning|afternoon|evening|night))?"
    r"|(?P<weekend>weekend)"
    r"|(?P<feast>christmas eve|christmas|new year's eve|new year's|halloween|valentine's day)"
    rf"|(?P<year>{_YEAR})"
    r")\b(?!'s\s+resolution)",
    re.IGNORECASE,
)
_HINT = re.compile(
    r"\d|day|night|week|month|year|tomorrow|morning|afternoon|evening|spring|summer|autumn|fall|winter|last|next|past"
    r"|jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec|christmas|halloween|decade",
    re.IGNORECASE,
)
