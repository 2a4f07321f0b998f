"""Whose turn it is: by order key, priority and user, through retries and from several queues."""

from datetime import UTC, datetime

import pytest

from tests.runtime.desk import START, Desk

pytestmark = pytest.mark.stack


def at(ms: int) -> datetime:
    return datetime.fromtimestamp((START + ms) / 1000, UTC)


async def test_jobs_of_one_key_run_one_at_a_time_in_the_order_of_enqueueing(desk: Desk) -> None:
    for name in ("a", "b", "c"):
        await desk.put(name, lane="talk")

    [a] = await desk.claim()
    assert a.job_id == "a"
    assert await desk.started() == []
    await desk.settle(a)
    assert await desk.work_off() == ["b", "c"]


async def test_jobs_of_one_key_start_by_due_time_whatever_their_priority(desk: Desk) -> None:
    await desk.put("late", lane="talk", priority=10, due=at(20))
    await desk.put("early", lane="talk", priority=0, due=at(10))
    desk.now += 100

    assert await desk.work_off() == ["early", "late"]


async def test_a_job_that_is_due_earlier_takes_the_place_of_a_head_that_has_not_started(desk: Desk) -> None:
    await desk.put("later", lane="talk")
    await desk.put("earlier", lane="talk", due=at(-50))

    assert await desk.work_off() == ["earlier", "later"]


async def test_a_job_that_waits_out_a_retry_keeps_its_place(desk: Desk) -> None:
    await desk.put("a", lane="talk")
    await desk.put("b", lane="talk")
    await desk.put("other", lane="elsewhere")
    [a, other] = await desk.claim()
    await desk.settle(other)

    await desk.retry(a, 5000)
    assert await desk.started() == []
    desk.now += 5001

    assert await desk.work_off() == ["a", "b"]


async def test_a_key_waits_for_a_retry_only_so_long_in_all(desk: Desk) -> None:
    await desk.put("a", lane="talk")
    await desk.put("b", lane="talk")
    [a] = await desk.claim()

    await desk.retry(a, 5000, hold=8000)
    assert await desk.started() == []
    desk.now += 5001
    [a] = await desk.claim()
    await desk.retry(a, 5000, hold=8000)

    assert await desk.work_off() == ["b"]
    desk.now += 5001
    assert await desk.work_off() == ["a"]


async def test_a_job_that_came_too_early_lets_the_others_pass(desk: Desk) -> None:
    await desk.put("a", lane="talk")
    await desk.put("b", lane="talk")
    [a] = await desk.claim()

    await desk.retry(a, 1000, hold=0, failed=False)

    assert await desk.work_off() == ["b"]
    desk.now += 1001
    assert await desk.work_off() == ["a"]


async def test_a_key_goes_on_when_its_head_ended_badly_and_when_its_worker_died(desk: Desk) -> None:
    for name in ("a", "b"):
        await desk.put(name, lane="talk")
    await desk.claim()
    await desk.outlast_leases()

    [a] = await desk.claim()
    assert (a.job_id, a.deaths) == ("a", 1)
    await desk.settle(a)

    assert await desk.work_off() == ["b"]


async def test_what_is_handed_back_comes_before_the_others_of_its_key(desk: Desk) -> None:
    for name in ("a", "b"):
        await desk.put(name, lane="talk")
    [a] = await desk.claim()

    await desk.hand_back(a)

    assert await desk.work_off() == ["a", "b"]


async def test_a_key_spans_queues(desk: Desk) -> None:
    await desk.open("arq:action")
    await desk.put("a", lane="talk")
    await desk.put("b", lane="talk", queue="arq:action")
    await desk.put("c", lane="talk")

    [a] = await desk.claim()
    assert await desk.started(queue="arq:action") == []
    await desk.settle(a)
    [b] = await desk.claim(queue="arq:action")
    assert await desk.started() == []
    await desk.settle(b)

    assert await desk.started() == ["c"]


async def test_the_higher_priority_starts_first_and_equal_ones_in_their_order(desk: Desk) -> None:
    for number, priority in enumerate((1, 5, 9, 5, 10, 0)):
        await desk.put(f"{priority}-{number}", priority=priority)

    assert await desk.work_off() == ["10-4", "9-2", "5-1", "5-3", "1-0", "0-5"]


async def test_a_low_priority_is_not_starved(desk: Desk) -> None:
    await desk.put("low", priority=1)
    await desk.claim(0)
    started: list[str] = []

    for number in range(200):
        for _ in range(3):
            await desk.put(f"high-{number}-{_}", priority=9)
        for claim in await desk.claim(1):
            started.append(claim.job_id)
            await desk.settle(claim)
        desk.now += 1000

    assert "low" in started
    assert 29 <= started.index("low") <= 29 + 10


async def test_users_take_turns_however_much_each_has_to_do(desk: Desk) -> None:
    for number in range(20):
        await desk.put(f"busy-{number}", user="busy")
    for number in range(3):
        await desk.put(f"calm-{number}", user="calm")

    order = await desk.work_off()

    assert [name for name in order[:7] if name.startswith("calm")] == ["calm-0", "calm-1", "calm-2"]
    assert [name for name in order if name.startswith("busy")] == [f"busy-{number}" for number in range(20)]


async def test_a_user_does_not_pay_for_what_was_done_long_ago(desk: Desk) -> None:
    for number in range(20):
        await desk.put(f"old-{number}", user="once busy")
    await desk.work_off()
    for number in range(3):
        await desk.put(f"new-{number}", user="newcomer")
        await desk.put(f"again-{number}", user="once busy")

    order = await desk.work_off()

    assert order.index("again-0") <= 1
    assert order.index("again-2") <= 5


async def test_a_job_that_comes_back_keeps_its_turn_among_users(desk: Desk) -> None:
    await desk.put("a", user="one")
    await desk.put("b", user="two")
    [a] = await desk.claim(1)
    await desk.put("c", user="one")

    await desk.retry(a, 0)

    assert await desk.work_off() == ["a", "b", "c"]


async def test_who_overtakes_a_head_that_kept_its_turn_does_not_overtake_those_behind_it(desk: Desk) -> None:
    """Jobs that Redis lost come back when later ones of their lane have begun."""
    await desk.put("late", lane="l")
    assert await desk.started() == ["late"]
    await desk.put("first", lane="l", due=_seconds_before(2))
    await desk.outlast_leases()
    await desk.claim(0)

    await desk.put("second", lane="l", due=_seconds_before(1))

    assert await desk.work_off() == ["first", "second", "late"]


def _seconds_before(seconds: int) -> datetime:
    return datetime.fromtimestamp(START / 1000 - seconds, UTC)


async def test_jobs_that_a_newer_one_took_the_place_of_cost_their_user_no_turn(desk: Desk) -> None:
    for number in range(20):
        await desk.put(f"mine{number}", name="n", unique="done", supersede=True, user="me")
    await desk.put("other0", user="other")
    await desk.put("other1", user="other")

    assert await desk.work_off() == ["mine19", "other0", "other1"]


async def test_jobs_that_were_cancelled_cost_their_user_no_turn(desk: Desk) -> None:
    for number in range(5):
        await desk.put(f"mine{number}", user="me")
    await desk.put("other0", user="other")
    for number in range(4, -1, -1):
        await desk.cancel(f"mine{number}")
    await desk.put("mine", user="me")
    await desk.put("other1", user="other")

    assert await desk.work_off() == ["other0", "mine", "other1"]
