"""One field of a schedule, as an author may write it: a number, several, or the words of cron."""

import re
from collections.abc import Collection
from dataclasses import dataclass

Numbers = int | str | Collection[int | str]
"""`5`, `{5, 17}`, `"*/15"`, `"1-5"`, `"mon-fri"`, `"0,30"`."""

PIECE = re.compile(r"(?:(?P<all>\*)|(?P<first>\w+)(?:-(?P<last>\w+))?)(?:/(?P<step>[0-9]+))?", re.ASCII)


@dataclass(frozen=True)
class Field:
    """What one field of a schedule may hold."""

    name: str
    lowest: int
    highest: int
    words: tuple[str, ...] = ()
    """Words for the numbers from `lowest` on."""

    has_numbers: bool = True

    def read(self, given: Numbers) -> frozenset[int]:
        """The numbers that are meant.

        Raises:
            ValueError: what is wrong, and what can be written.
        """
        if isinstance(given, str):
            return frozenset(number for piece in given.split(",") for number in self._piece(piece.strip().lower()))
        if isinstance(given, int):
            return frozenset({self._number(str(given), given)})
        found = [self.read(one) for one in given]
        if not found:
            raise ValueError(f"{self.name}: nothing is given; {self._can_be}")
        return frozenset[int]().union(*found)

    @property
    def every(self) -> frozenset[int]:
        """All numbers that there are."""
        return frozenset(range(self.lowest, self.highest + 1))

    def _piece(self, text: str) -> range:
        found = PIECE.fullmatch(text)
        if found is None:
            raise ValueError(f"{self.name}: {text!r} is neither number nor range; {self._can_be}")
        first, last, step = found["first"], found["last"], int(found["step"] or 1)
        start = self.lowest if found["all"] else self._number(first, first)
        end = self.highest if found["all"] or (found["step"] and not last) else self._number(last or first, text)
        if not step or end < start:
            raise ValueError(f"{self.name}: {text!r} holds nothing; {self._can_be}")
        return range(start, end + 1, step)

    def _number(self, text: str, shown: object) -> int:
        if text in self.words:
            return self.lowest + self.words.index(text)
        if not (self.has_numbers and text.isdecimal() and self.lowest <= int(text) <= self.highest):
            raise ValueError(f"{self.name}: there is no {shown!r}; {self._can_be}")
        return int(text)

    @property
    def _can_be(self) -> str:
        numbers = f"{self.lowest} to {self.highest}" if self.has_numbers else ""
        words = f"{self.words[0]} to {self.words[-1]}" if self.words else ""
        return f"it can be {' or '.join(filter(None, (numbers, words)))}, or *"


DAYS_OF_WEEK = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")

MINUTE = Field("minute", 0, 59)
HOUR = Field("hour", 0, 23)
DAY = Field("day", 1, 31)
MONTH = Field("month", 1, 12, MONTHS)

WEEKDAY = Field("weekday", 0, 6, DAYS_OF_WEEK, has_numbers=False)
"""By name only: cron counts from Sunday and Python from Monday, so that a number would mean either."""

CRON_WEEKDAY = Field("weekday", 0, 7, ("sun", *DAYS_OF_WEEK[:-1]))
"""As cron counts: 0 and 7 are Sunday."""
