"""A schedule as the author of a task writes it; whatever cannot be is refused when the file is imported."""

from collections.abc import Iterator
from dataclasses import KW_ONLY, dataclass, field
from datetime import datetime, timedelta
from enum import Enum, StrEnum
from typing import Final, Literal, Self
from zoneinfo import ZoneInfo

from mindfleet.errors import MindfleetError
from mindfleet.schedule import fields
from mindfleet.schedule.fields import Numbers
from mindfleet.schedule.wall import Occurrence, Wall
from mindfleet.zones import known_zone

PUNCTUAL = timedelta(minutes=5)
"""A run that starts so late is on time: a worker was restarted, a loop was busy."""


class ScheduleInvalid(MindfleetError, ValueError):
    """A schedule that can never come true, or that says too little."""


class CatchUp(StrEnum):
    """What becomes of the times that passed while nothing ran, none older than the schedule's `max_age`."""

    SKIP = "skip"
    """They are gone."""

    ONCE = "once"
    """The newest is run, for all of them."""

    ALL = "all"
    """Each is run, the oldest first."""


class _Zone(Enum):
    BOT = "the bot's own"


BOT: Final = _Zone.BOT
"""The zone of the bot in whose name the task runs, as its file says."""

Zone = str | Literal[_Zone.BOT]


@dataclass(frozen=True)
class Schedule:
    """Local times at which a task is done by itself, once for each bot.

    A time that the clock skips is run at the first instant after the gap, and one that it shows twice is run once. With
    `hour="*"` the schedule follows time as it passes instead: it runs in each of two hours of the same name.

    Args:
        hour, minute: must be given; `"*"` is every one.
        weekday: by name, such as `"mon-fri"` or `{"sat", "sun"}`.
        day, month: of the month, and of the year. All fields must match.
        zone: a name of the IANA database, or `BOT`.
        catch_up: what becomes of times that passed while nothing ran.
        max_age: how long ago a missed time may lie, to be made up for; not with `skip`, where it is five minutes.

    Raises:
        ScheduleInvalid: no such time will ever be, there is no such zone, or a field says what it cannot hold.
    """

    _: KW_ONLY
    hour: Numbers
    minute: Numbers
    weekday: Numbers = "*"
    day: Numbers = "*"
    month: Numbers = "*"
    zone: Zone = BOT
    catch_up: CatchUp | Literal["skip", "once", "all"] = CatchUp.ONCE
    max_age: timedelta | None = None
    wall: Wall = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        try:
            wall = Wall(
                minutes=fields.MINUTE.read(self.minute),
                hours=fields.HOUR.read(self.hour),
                days=fields.DAY.read(self.day),
                months=fields.MONTH.read(self.month),
                weekdays=fields.WEEKDAY.read(self.weekday),
            )
            if self.zone is not BOT:
                known_zone(self.zone)
            _settle_catching_up(self)
        except (TypeError, ValueError) as wrong:
            raise ScheduleInvalid(f"the schedule cannot be: {wrong}") from wrong
        object.__setattr__(self, "wall", wall)

    @classmethod
    def cron(
        cls,
        expression: str,
        *,
        zone: Zone = BOT,
        catch_up: CatchUp | Literal["skip", "once", "all"] = CatchUp.ONCE,
        max_age: timedelta | None = None,
    ) -> Self:
        """The schedule of five fields of cron: minute, hour, day, month, weekday (0 and 7 are Sunday).

        Raises:
            ScheduleInvalid: as the class; also where day and weekday are both restricted, for cron then takes days
                that match either, and hardly anybody means that.
        """
        parts = expression.split()
        if len(parts) != 5:  # noqa: PLR2004 - fields of cron
            raise ScheduleInvalid(f"cron has five fields (minute hour day month weekday), not {expression!r}")
        minute, hour, day, month, weekday = parts
        if not day.startswith("*") and not weekday.startswith("*"):
            raise ScheduleInvalid(f"{expression!r} restricts day and weekday, and cron would take either: give one")
        days = _weekdays_of_cron(weekday)
        return cls(
            minute=minute, hour=hour, day=day, month=month, weekday=days, zone=zone, catch_up=catch_up, max_age=max_age
        )

    @property
    def is_daily(self) -> bool:
        """Whether there is one run a local date at most; what runs more often is told apart by the instant."""
        return self.wall.is_daily

    @property
    def text(self) -> str:
        """All that decides when it runs; two schedules of one text are the same."""
        wall = self.wall
        numbers = (wall.minutes, wall.hours, wall.days, wall.months, wall.weekdays)
        return " ".join(",".join(map(str, sorted(each))) for each in numbers)

    def zone_of(self, bot_zone: str) -> ZoneInfo:
        """Where its clock hangs, for a bot of that zone."""
        return ZoneInfo(bot_zone if self.zone is BOT else self.zone)

    def after(self, instant: datetime, *, bot_zone: str = "UTC") -> Occurrence:
        """The first occurrence strictly after an aware instant."""
        return self.wall.after(instant, self.zone_of(bot_zone))

    def next_after(self, instant: datetime, *, bot_zone: str = "UTC") -> datetime:
        """The first time strictly after an aware instant; aware, in UTC."""
        return self.after(instant, bot_zone=bot_zone).due

    def to_run(self, due: Occurrence, now: datetime, *, bot_zone: str = "UTC") -> Iterator[Occurrence]:
        """The occurrences from `due` up to now that have to be run, the oldest first, by the rule for missed ones."""
        at = self._not_before(now - (self.max_age or PUNCTUAL), due, bot_zone)
        if self.catch_up is not CatchUp.ALL:
            at = self._near(now, at, bot_zone)
        while at.due <= now:
            coming = self.after(at.due, bot_zone=bot_zone)
            if self.catch_up is CatchUp.ALL or coming.due > now:
                yield at
            at = coming

    def _not_before(self, oldest: datetime, at: Occurrence, bot_zone: str) -> Occurrence:
        return at if at.due >= oldest else self.after(oldest - timedelta(microseconds=1), bot_zone=bot_zone)

    def _near(self, now: datetime, at: Occurrence, bot_zone: str) -> Occurrence:
        """An occurrence from `at` on that is not long before the newest one, so that few are left to look at."""
        back = timedelta(hours=1)
        while now - back > at.due:
            found = self._not_before(now - back, at, bot_zone)
            if found.due <= now:
                return found
            back *= 2
        return at


def _settle_catching_up(schedule: Schedule) -> None:
    rule = CatchUp(schedule.catch_up)
    object.__setattr__(schedule, "catch_up", rule)
    if rule is CatchUp.SKIP:
        if schedule.max_age is not None:
            raise ValueError("nothing that was missed is run, so max_age means nothing")
    elif schedule.max_age is None:
        object.__setattr__(schedule, "max_age", timedelta(days=1))
    elif schedule.max_age < PUNCTUAL:
        raise ValueError(f"max_age is {schedule.max_age}, shorter than the {PUNCTUAL} that any run may be late")


def _weekdays_of_cron(text: str) -> set[str]:
    """The names of the days that cron means; the word for Sunday is 0 at the start of a range and 7 at its end."""
    try:
        found = fields.CRON_WEEKDAY.read(text.lower().replace("-sun", "-7"))
    except ValueError as wrong:
        raise ScheduleInvalid(f"the schedule cannot be: {wrong}") from wrong
    return {fields.DAYS_OF_WEEK[(number - 1) % 7] for number in found}
