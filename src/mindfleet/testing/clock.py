"""A clock that stands still until it is moved."""

from datetime import UTC, datetime, timedelta


class FakeClock:
    """The port `Clock`, for tests."""

    def __init__(self, now: datetime = datetime(2026, 3, 2, 18, tzinfo=UTC)) -> None:
        self._now = now

    def now(self) -> datetime:
        return self._now

    def advance(self, by: timedelta) -> None:
        self._now += by
