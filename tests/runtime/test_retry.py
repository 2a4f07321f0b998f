"""When to try again: the whole policy as a table."""

from datetime import timedelta

import pytest

from mindfleet.errors import GiveUp, StoreUnavailable
from mindfleet.retry import NEVER, Retry

POLICY = Retry(attempts=6, first=timedelta(seconds=2), cap=timedelta(seconds=10))


@pytest.mark.parametrize(("attempt", "seconds"), [(1, 2), (2, 4), (3, 8), (4, 10), (5, 10)])
def test_the_wait_doubles_up_to_the_cap(attempt: int, seconds: float) -> None:
    longest = POLICY.delay(StoreUnavailable("away"), attempt=attempt, random=lambda: 1.0)
    shortest = POLICY.delay(StoreUnavailable("away"), attempt=attempt, random=lambda: 0.0)

    assert longest == timedelta(seconds=seconds)
    assert shortest == timedelta(seconds=seconds / 2)


def test_after_the_last_attempt_there_is_none() -> None:
    assert POLICY.delay(StoreUnavailable("away"), attempt=6, random=lambda: 1.0) is None


@pytest.mark.parametrize("error", [GiveUp("no"), ValueError("bug"), KeyError("bug")])
def test_what_will_not_pass_is_not_tried_again(error: Exception) -> None:
    assert POLICY.delay(error, attempt=1, random=lambda: 1.0) is None


@pytest.mark.parametrize("error", [StoreUnavailable("away"), ConnectionResetError(), TimeoutError()])
def test_what_may_pass_is(error: Exception) -> None:
    assert POLICY.delay(error, attempt=1, random=lambda: 1.0) is not None


def test_never_is_never() -> None:
    assert NEVER.delay(TimeoutError(), attempt=1, random=lambda: 1.0) is None


def test_the_hundredth_wait_is_the_cap_like_those_before() -> None:
    retry = Retry(attempts=200, first=timedelta(hours=1), cap=timedelta(days=1))
    waits = {retry.delay(TimeoutError(), attempt=attempt, random=lambda: 1.0) for attempt in range(10, 200)}
    assert waits == {timedelta(days=1)}
