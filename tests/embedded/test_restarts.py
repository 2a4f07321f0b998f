from datetime import UTC, datetime, timedelta

import pytest

from mindfleet.embedded.restarts import Restarts

NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)


def after(seconds: float) -> datetime:
    return NOON + timedelta(seconds=seconds)


@pytest.mark.parametrize(("exits", "whole"), [(1, 0.2), (2, 0.4), (3, 0.8), (4, 1.6), (5, 3.2), (6, 30), (20, 30)])
@pytest.mark.parametrize("random", [0.0, 0.5, 0.999])
def test_the_delay_doubles_with_each_exit_and_has_jitter(exits: int, whole: float, random: float) -> None:
    restarts = Restarts()
    delays = [restarts.after_exit(after(n), random=lambda: random).total_seconds() for n in range(exits)]
    assert delays[-1] == pytest.approx(whole * (0.5 + random / 2), abs=1e-5)


def test_five_exits_a_minute_are_no_crash_loop_and_six_are_one() -> None:
    restarts = Restarts()
    for n in range(5):
        restarts.after_exit(after(n), random=lambda: 0)
    assert not restarts.looping(after(5))
    restarts.after_exit(after(5), random=lambda: 0)
    assert restarts.looping(after(5))


def test_a_crash_loop_is_over_when_its_first_exit_is_a_minute_old() -> None:
    restarts = Restarts()
    for n in range(6):
        restarts.after_exit(after(n), random=lambda: 0)
    assert restarts.calm_after(after(10)) == timedelta(seconds=50)
    assert restarts.looping(after(59))
    assert not restarts.looping(after(60))


def test_old_exits_do_not_lengthen_the_delay() -> None:
    restarts = Restarts()
    for n in range(5):
        restarts.after_exit(after(n), random=lambda: 0)
    assert restarts.after_exit(after(120), random=lambda: 0) == timedelta(seconds=0.1)
