"""When a clock on the wall, in one time zone, next shows one of some times; right where clocks are put forward or back.

A time that the clock skips counts at the first instant after the gap; one that it shows twice counts the first time. A
pattern of every hour follows time as it passes instead, so that it is never silent for an hour and never early.

Pure: no clock, no I/O. `datetime` compares and adds by the wall within one zone, so all arithmetic here is done in UTC.
"""

from bisect import bisect_left, bisect_right
from calendar import monthrange
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import MAXYEAR, UTC, date, datetime, time, timedelta, tzinfo
from itertools import product

SECOND = timedelta(seconds=1)
DAY = timedelta(days=1)
NEVER = "there is no such time before the year 9999"

LONGEST_MONTHS = (31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31)
"""Days of each month in its longest year. Every such date falls on every weekday within 400 years."""


@dataclass(frozen=True)
class Occurrence:
    """One time of a pattern."""

    due: datetime
    """The instant, aware, in UTC."""

    local_date: date
    """The date that it belongs to where the clock hangs, also when a gap moves `due` past midnight."""


@dataclass(frozen=True, kw_only=True)
class Wall:
    """The times that are looked for: those that match every field. Weekdays count from Monday, 0.

    Raises:
        ValueError: a field is empty, or no year has such a date.
    """

    months: frozenset[int] = frozenset(range(1, 13))
    days: frozenset[int] = frozenset(range(1, 32))
    weekdays: frozenset[int] = frozenset(range(7))
    hours: frozenset[int] = frozenset(range(24))
    minutes: frozenset[int] = frozenset(range(60))
    seconds: frozenset[int] = frozenset({0})
    _clock: "_Times" = field(init=False, repr=False, compare=False)
    _days_of_year: tuple[tuple[int, int], ...] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        for name in ("months", "days", "weekdays", "hours", "minutes", "seconds"):
            if not getattr(self, name):
                raise ValueError(f"it has no {name}")
        days = sorted(at for at in product(self.months, self.days) if at[1] <= LONGEST_MONTHS[at[0] - 1])
        if not days:
            raise ValueError(f"there is no day {_listed(self.days)} in month {_listed(self.months)} of any year")
        object.__setattr__(self, "_days_of_year", tuple(days))
        object.__setattr__(self, "_clock", _Times(self.hours, self.minutes, self.seconds))

    @property
    def is_daily(self) -> bool:
        """Whether there is one time a day at most."""
        return len(self._clock) == 1

    @property
    def follows_time(self) -> bool:
        """Whether it is a pattern of every hour."""
        return len(self.hours) == 24  # noqa: PLR2004 - hours of a day

    def after(self, instant: datetime, zone: tzinfo) -> Occurrence:
        """The first occurrence strictly after an instant.

        Args:
            instant: aware, in any zone.
            zone: where the clock hangs.

        Raises:
            OverflowError: there is none before the year 9999 ends.
        """
        instant = instant.astimezone(UTC)
        return self._passing(instant, zone) if self.follows_time else self._shown(instant, zone)

    def _shown(self, instant: datetime, zone: tzinfo) -> Occurrence:
        """By the wall. Starts a day early: a gap may move what belongs to yesterday past midnight."""
        for day in self._dates(instant.astimezone(zone).date() - DAY):
            found = self._shown_on(day, instant, zone)
            if found and not _is_left_out(day, zone):
                return found
        raise OverflowError(NEVER)

    def _shown_on(self, day: date, instant: datetime, zone: tzinfo) -> Occurrence | None:
        place = bisect_right(self._clock, instant, key=lambda at: first_shown(day, at, zone))
        return Occurrence(first_shown(day, self._clock[place], zone), day) if place < len(self._clock) else None

    def _passing(self, instant: datetime, zone: tzinfo) -> Occurrence:
        """By time as it passes: from one change of the zone's offset to the next."""
        at = (instant + SECOND).replace(microsecond=0)
        while True:
            shown = _shown_at(at, zone)
            coming = at + (self._next_on_wall(shown) - shown)
            change = _a_change(at, coming, zone)
            if change is None and self._matches(wall := _shown_at(coming, zone)):
                return Occurrence(coming, wall.date())
            at = change or coming

    def _next_on_wall(self, shown: datetime) -> datetime:
        """The first time, from the one shown on, that matches, or the start of the next day that does."""
        if self._has(shown.date()):
            place = bisect_left(self._clock, shown.time())
            if place < len(self._clock):
                return datetime.combine(shown.date(), self._clock[place])
        for day in self._dates(shown.date() + DAY):
            return datetime.combine(day, time())
        raise OverflowError(NEVER)

    def _matches(self, shown: datetime) -> bool:
        return self._has(shown.date()) and shown.minute in self.minutes and shown.second in self.seconds

    def _has(self, day: date) -> bool:
        return day.month in self.months and day.day in self.days and day.weekday() in self.weekdays

    def _dates(self, first: date) -> Iterator[date]:
        past = bisect_left(self._days_of_year, (first.month, first.day))
        for year in range(first.year, MAXYEAR):
            for month, day in self._days_of_year[past:]:
                if day <= monthrange(year, month)[1] and (found := date(year, month, day)).weekday() in self.weekdays:
                    yield found
            past = 0


class _Times:
    """The times of a day in order, by their place; never listed, as there may be 86,400."""

    def __init__(self, hours: frozenset[int], minutes: frozenset[int], seconds: frozenset[int]) -> None:
        self._hours, self._minutes, self._seconds = sorted(hours), sorted(minutes), sorted(seconds)

    def __len__(self) -> int:
        return len(self._hours) * len(self._minutes) * len(self._seconds)

    def __getitem__(self, place: int) -> time:
        rest, second = divmod(place, len(self._seconds))
        hour, minute = divmod(rest, len(self._minutes))
        return time(self._hours[hour], self._minutes[minute], self._seconds[second])


def first_shown(day: date, at: time, zone: tzinfo) -> datetime:
    """The first instant, in UTC, at which the clock of a zone shows that time or, where it skips it, a later one."""
    wall = datetime.combine(day, at)
    before = wall.replace(tzinfo=zone, fold=0)
    found = before.astimezone(UTC)
    if _shown_at(found, zone) == wall:
        return found
    too_early = wall.replace(tzinfo=zone, fold=1).astimezone(UTC)
    return _first_second(too_early, found, lambda instant: _shown_at(instant, zone) >= wall)


def _is_left_out(day: date, zone: tzinfo) -> bool:
    """Whether a place skipped the whole date, as Samoa did on its way over the date line."""
    return first_shown(day, time(), zone) == first_shown(day, time(23, 59, 59), zone)


def _a_change(start: datetime, end: datetime, zone: tzinfo) -> datetime | None:
    """An instant of (start, end] at which the offset changes; None when it is the same at both ends."""
    offset = start.astimezone(zone).utcoffset()
    if end.astimezone(zone).utcoffset() == offset:
        return None
    return _first_second(start, end, lambda instant: instant.astimezone(zone).utcoffset() != offset)


def _first_second(start: datetime, end: datetime, holds: Callable[[datetime], bool]) -> datetime:
    """The first whole second after `start`, up to `end`, from which on it holds."""
    seconds = range(1, int((end - start) / SECOND))
    earlier = bisect_right(seconds, 0, key=lambda passed: holds(start + SECOND * passed))
    return start + SECOND * (1 + earlier)


def _shown_at(instant: datetime, zone: tzinfo) -> datetime:
    return instant.astimezone(zone).replace(tzinfo=None, fold=0)


def _listed(numbers: frozenset[int]) -> str:
    return ", ".join(map(str, sorted(numbers)))
