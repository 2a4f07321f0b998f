"""How long an endpoint wants to be left alone, as far as its headers say."""

import re
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime

_LONGEST = timedelta(days=1)
_DURATION = re.compile(
    r"(?:(\d{1,6})d)?(?:(\d{1,6})h)?(?:(\d{1,6})m(?!s))?(?:(\d{1,6}(?:\.\d{1,9})?)s)?(?:(\d{1,6}(?:\.\d{1,9})?)ms)?"
)
_NUMBER = re.compile(r"\d{1,13}(?:\.\d{1,9})?")
_RESETS = ("x-ratelimit-reset-requests", "x-ratelimit-reset-tokens", "x-ratelimit-reset")
_FIRST_EPOCH_SECOND = 1e9
"""Larger numbers are instants: a wait of 30 years is not meant."""
_FIRST_EPOCH_MILLISECOND = 1e12


def retry_after(headers: Mapping[str, str], *, now: datetime) -> timedelta | None:
    """The wait that the headers ask for, between zero and a day; None when they say nothing that can be read.

    `Retry-After-Ms`, then `Retry-After` (seconds or an HTTP date, RFC 9110 §10.2.3), then `X-RateLimit-Reset*`
    (a duration such as `6m0s` as OpenAI and Groq send it, seconds, or an instant as OpenRouter does).

    Args:
        headers: with lower-case names.
        now: aware; the answer's own `Date` is preferred, for the two clocks may differ.
    """
    now = _instant(headers.get("date", "")) or now
    milliseconds = _number(headers.get("retry-after-ms", ""))
    if milliseconds is not None:
        return _sane(timedelta(milliseconds=milliseconds))
    asked = headers.get("retry-after", "").strip()
    if asked:
        return _sane(_wait(asked, now))
    return _sane(_until_reset(headers, now))


def _until_reset(headers: Mapping[str, str], now: datetime) -> timedelta | None:
    """Until what is used up is there again: the longest of the exhausted limits, or the shortest of all."""
    waits = {name: wait for name in _RESETS if (wait := _wait(headers.get(name, "").strip(), now)) is not None}
    exhausted = [wait for name, wait in waits.items() if headers.get(name.replace("reset", "remaining")) == "0"]
    return max(exhausted) if exhausted else min(waits.values(), default=None)


def _wait(value: str, now: datetime) -> timedelta | None:
    number = _number(value)
    if number is not None:
        return _of_number(number, now)
    duration = _DURATION.fullmatch(value)
    if value and duration:
        days, hours, minutes, seconds, milliseconds = (float(part or 0) for part in duration.groups())
        return timedelta(days=days, hours=hours, minutes=minutes, seconds=seconds, milliseconds=milliseconds)
    instant = _instant(value)
    return instant - now if instant else None


def _of_number(number: float, now: datetime) -> timedelta:
    if number < _FIRST_EPOCH_SECOND:
        return timedelta(seconds=number)
    seconds = number / 1000 if number >= _FIRST_EPOCH_MILLISECOND else number
    return timedelta(seconds=seconds - now.timestamp())


def _number(value: str) -> float | None:
    return float(value) if _NUMBER.fullmatch(value) else None


def _instant(value: str) -> datetime | None:
    try:
        parsed = parsedate_to_datetime(value)
    except ValueError:
        return None
    return parsed if parsed.tzinfo else parsed.replace(tzinfo=UTC)


def _sane(wait: timedelta | None) -> timedelta | None:
    return None if wait is None else min(max(wait, timedelta(0)), _LONGEST)
